package io.resnet4j.data;

import io.resnet4j.InvalidInputException;

/**
 * Channels, height and width of a picture kept as 8-bit planes: byte {@code (c * height + y) *
 * width + x} is the sample of channel {@code c} in row {@code y}, column {@code x}.
 */
public record PictureSize(int channels, int height, int width) {
  /**
   * @throws InvalidInputException if a dimension is not positive or the picture passes 2^30 bytes
   */
  public PictureSize {
    if (channels < 1 || height < 1 || width < 1) {
      throw new InvalidInputException(
          "picture size "
              + describe(channels, height, width)
              + ": every dimension must be at least 1");
    }
    if ((double) channels * height * width > 1 << 30) {
      throw new InvalidInputException(
          "picture size " + describe(channels, height, width) + ": more than 2^30 samples");
    }
  }

  /** Samples of one channel. */
  public int plane() {
    return height * width;
  }

  /** Samples, which are bytes, of one picture. */
  public int samples() {
    return channels * height * width;
  }

  /** For example {@code 3x32x32}. */
  @Override
  public String toString() {
    return describe(channels, height, width);
  }

  private static String describe(int channels, int height, int width) {
    return channels + "x" + height + "x" + width;
  }
}
