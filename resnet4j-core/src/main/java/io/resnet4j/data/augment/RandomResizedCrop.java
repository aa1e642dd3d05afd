package io.resnet4j.data.augment;

import io.resnet4j.data.Framing;
import io.resnet4j.data.Picture;
import io.resnet4j.data.PictureSize;
import io.resnet4j.random.KeyedRandom;

/**
 * Cuts out a rectangle of random area, shape and place and resizes it (Szegedy et al. 2015,
 * arXiv:1409.4842), as torchvision: up to ten tries, then the middle, as large as the shapes allow.
 * Two draws a try and two for the place.
 *
 * @param smallest share of the picture's area
 * @param largest share of the picture's area
 * @param tallest ratio of width to height
 * @param widest ratio of width to height
 */
public record RandomResizedCrop(double smallest, double largest, double tallest, double widest)
    implements NamedAugmentation, Framing {
  private static final int TRIES = 10;

  /** Checks the ranges. */
  public RandomResizedCrop {
    Ranges.requireBounds("randomResizedCrop", "share of area", smallest, largest, 1);
    Ranges.requireBounds("randomResizedCrop", "ratio", tallest, widest, Double.MAX_VALUE);
  }

  /** A rectangle in a picture. */
  private record Window(int top, int left, int height, int width) {}

  /** A share of 0.08 to 1 and shapes from 3:4 to 4:3. */
  public RandomResizedCrop() {
    this(0.08, 1, 3 / 4.0, 4 / 3.0);
  }

  @Override
  public void frame(Picture whole, byte[] to, PictureSize size, KeyedRandom random) {
    Window window = choose(whole.height(), whole.width(), random);
    whole
        .crop(window.top, window.left, window.height, window.width)
        .resize(size.height(), size.width())
        .copyTo(to);
  }

  @Override
  public void apply(byte[] from, byte[] to, PictureSize size, KeyedRandom random) {
    frame(Picture.of(size, from), to, size, random);
  }

  private Window choose(int height, int width, KeyedRandom random) {
    double area = (double) height * width;
    for (int i = 0; i < TRIES; i++) {
      double target = area * Ranges.uniform(random, smallest, largest);
      double ratio = Ranges.ratio(random, tallest, widest);
      int w = (int) Math.rint(Math.sqrt(target * ratio));
      int h = (int) Math.rint(Math.sqrt(target / ratio));
      if (w > 0 && w <= width && h > 0 && h <= height) {
        return new Window(random.nextInt(height - h + 1), random.nextInt(width - w + 1), h, w);
      }
    }
    double ratio = (double) width / height;
    int w = ratio > widest ? (int) Math.rint(height * widest) : width;
    int h = ratio < tallest ? (int) Math.rint(width / tallest) : height;
    return new Window((height - h) / 2, (width - w) / 2, h, w);
  }

  @Override
  public String text() {
    return AugmentationText.write("randomResizedCrop", smallest, largest, tallest, widest);
  }
}
