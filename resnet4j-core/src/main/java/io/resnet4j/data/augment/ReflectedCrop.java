package io.resnet4j.data.augment;

import io.resnet4j.data.Picture;
import io.resnet4j.data.PictureSize;
import io.resnet4j.random.KeyedRandom;

/**
 * Pads every side with the picture's own mirror image and cuts a window of the original size at a
 * uniformly random place; the edge is not repeated. Two draws: the row, then the column.
 *
 * @param padding pixels added at each side, from 1 to 4096; fewer where the picture is no larger
 */
public record ReflectedCrop(int padding) implements NamedAugmentation {
  /** Checks the range. */
  public ReflectedCrop {
    Ranges.require(
        padding >= 1 && padding <= 4096, "reflectedCrop", "padding", padding, "1 to 4096 pixels");
  }

  @Override
  public void apply(byte[] from, byte[] to, PictureSize size, KeyedRandom random) {
    Picture padded = Picture.of(size, from).reflected(padding);
    int top = random.nextInt(padded.height() - size.height() + 1);
    int left = random.nextInt(padded.width() - size.width() + 1);
    padded.crop(top, left, size.height(), size.width()).copyTo(to);
  }

  @Override
  public String text() {
    return AugmentationText.write("reflectedCrop", padding);
  }
}
