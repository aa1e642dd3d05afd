package io.resnet4j.data.augment;

import io.resnet4j.data.PictureSize;
import io.resnet4j.random.KeyedRandom;
import java.util.List;

/**
 * Blanks a rectangle of random area and shape that lies in the picture (Zhong et al. 2017,
 * arXiv:1708.04896), as torchvision: up to ten tries, then nothing. One draw, two a try, two for
 * the place.
 *
 * @param probability that a picture is changed
 * @param smallest share of the picture's area
 * @param largest share of the picture's area
 * @param flattest ratio of height to width
 * @param tallest ratio of height to width
 * @param fill level of each channel; black where empty
 */
public record RandomErasing(
    double probability,
    double smallest,
    double largest,
    double flattest,
    double tallest,
    List<Integer> fill)
    implements NamedAugmentation {
  private static final int TRIES = 10;

  /** Checks the ranges. */
  public RandomErasing {
    fill = List.copyOf(fill);
    Ranges.requireShare("randomErasing", "probability", probability);
    Ranges.requireBounds("randomErasing", "share of area", smallest, largest, 1);
    Ranges.requireBounds("randomErasing", "ratio", flattest, tallest, Double.MAX_VALUE);
  }

  /** A share of 0.02 to 0.33 in shapes from 0.3 to 3.3. */
  public RandomErasing(double probability) {
    this(probability, 0.02, 0.33, 0.3, 3.3, List.of());
  }

  @Override
  public NamedAugmentation filled(List<Integer> levels) {
    return fill.isEmpty()
        ? new RandomErasing(probability, smallest, largest, flattest, tallest, levels)
        : this;
  }

  @Override
  public void apply(byte[] from, byte[] to, PictureSize size, KeyedRandom random) {
    System.arraycopy(from, 0, to, 0, size.samples());
    if (random.nextUniform() >= probability) {
      return;
    }
    for (int i = 0; i < TRIES; i++) {
      double area = size.plane() * Ranges.uniform(random, smallest, largest);
      double ratio = Ranges.ratio(random, flattest, tallest);
      int height = (int) Math.rint(Math.sqrt(area * ratio));
      int width = (int) Math.rint(Math.sqrt(area / ratio));
      if (height < size.height() && width < size.width()) {
        int top = random.nextInt(size.height() - height + 1);
        int left = random.nextInt(size.width() - width + 1);
        Ranges.fill(to, size, top, left, height, width, fill);
        return;
      }
    }
  }

  @Override
  public String text() {
    return AugmentationText.write(
        "randomErasing", probability, smallest, largest, flattest, tallest);
  }
}
