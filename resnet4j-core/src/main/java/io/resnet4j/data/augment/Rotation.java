package io.resnet4j.data.augment;

import io.resnet4j.data.PictureSize;
import io.resnet4j.random.KeyedRandom;
import java.util.List;

/**
 * Turns the picture about its middle, bilinear. One draw.
 *
 * @param degrees the largest turn to either side, 0 to 180
 * @param fill level of each channel where the picture ends; black where empty
 */
public record Rotation(double degrees, List<Integer> fill) implements NamedAugmentation {
  /** Checks the range. */
  public Rotation {
    fill = List.copyOf(fill);
    Ranges.require(degrees >= 0 && degrees <= 180, "rotation", "degrees", degrees, "0 to 180");
  }

  /** Shows what it is {@link #filled} with where the picture ends. */
  public Rotation(double degrees) {
    this(degrees, List.of());
  }

  @Override
  public NamedAugmentation filled(List<Integer> levels) {
    return fill.isEmpty() ? new Rotation(degrees, levels) : this;
  }

  @Override
  public void apply(byte[] from, byte[] to, PictureSize size, KeyedRandom random) {
    double angle = Ranges.uniform(random, -degrees, degrees);
    Affine.rotation(angle, size).bilinear(from, to, size, fill);
  }

  @Override
  public String text() {
    return AugmentationText.write("rotation", degrees);
  }
}
