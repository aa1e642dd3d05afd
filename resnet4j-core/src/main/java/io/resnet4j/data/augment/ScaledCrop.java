package io.resnet4j.data.augment;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.Framing;
import io.resnet4j.data.Picture;
import io.resnet4j.data.PictureSize;
import io.resnet4j.random.KeyedRandom;

/**
 * Resizes a picture so that its shorter side has a random length, and cuts a window of the input's
 * size at a random place (scale augmentation: Simonyan and Zisserman, arXiv:1409.1556; He et al.
 * 2015, section 3.4). Three draws: the length, the row, the column, each from whole pixels.
 *
 * @param shortest length of the shorter side in pixels
 * @param longest length of the shorter side in pixels
 */
public record ScaledCrop(int shortest, int longest) implements NamedAugmentation, Framing {
  private static final int LARGEST = 4096;

  /** Checks the range. */
  public ScaledCrop {
    if (shortest < 1 || longest < shortest || longest > LARGEST) {
      throw new InvalidInputException(
          "scaledCrop: shorter sides of "
              + shortest
              + " to "
              + longest
              + ": give two lengths from 1 to "
              + LARGEST
              + ", the smaller first");
    }
  }

  /** Shorter sides of 256 to 480 pixels, for inputs of 224. */
  public ScaledCrop() {
    this(256, 480);
  }

  @Override
  public void check(PictureSize size) {
    if (shortest < Math.max(size.height(), size.width())) {
      throw new InvalidInputException(
          "scaledCrop: a shorter side of "
              + shortest
              + " does not cover an input of "
              + size
              + "; give lengths of at least its sides");
    }
  }

  @Override
  public void frame(Picture whole, byte[] to, PictureSize size, KeyedRandom random) {
    PictureSize scaled = whole.covered(shortest + random.nextInt(longest - shortest + 1));
    int top = random.nextInt(scaled.height() - size.height() + 1);
    int left = random.nextInt(scaled.width() - size.width() + 1);
    whole.window(scaled, top, left, size.height(), size.width()).copyTo(to);
  }

  @Override
  public void apply(byte[] from, byte[] to, PictureSize size, KeyedRandom random) {
    frame(Picture.of(size, from), to, size, random);
  }

  @Override
  public String text() {
    return AugmentationText.write("scaledCrop", shortest, longest);
  }
}
