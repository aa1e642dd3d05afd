package io.resnet4j.data.augment;

import io.resnet4j.data.PictureSize;
import io.resnet4j.random.KeyedRandom;

/**
 * Mirrors left and right. One draw.
 *
 * @param probability from 0 to 1
 */
public record HorizontalFlip(double probability) implements NamedAugmentation {
  private static final double HALF = 0.5;

  /** Checks the range. */
  public HorizontalFlip {
    Ranges.requireShare("flip", "probability", probability);
  }

  /** With probability one half. */
  public HorizontalFlip() {
    this(HALF);
  }

  @Override
  public void apply(byte[] from, byte[] to, PictureSize size, KeyedRandom random) {
    boolean mirror =
        probability == HALF ? random.nextBoolean() : random.nextUniform() < probability;
    if (mirror) {
      mirror(from, to, size);
    } else {
      System.arraycopy(from, 0, to, 0, size.samples());
    }
  }

  static void mirror(byte[] from, byte[] to, PictureSize size) {
    int samples = size.samples();
    int width = size.width();
    for (int row = 0; row < samples; row += width) {
      int last = row + width - 1;
      for (int x = 0; x < width; x++) {
        to[row + x] = from[last - x];
      }
    }
  }

  @Override
  public String text() {
    return AugmentationText.write("flip", probability);
  }
}
