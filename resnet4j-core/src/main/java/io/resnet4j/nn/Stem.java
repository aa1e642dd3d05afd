package io.resnet4j.nn;

import io.resnet4j.InvalidInputException;

/**
 * What stands before the first stage.
 *
 * @param kind which layers
 * @param width channels that leave it
 */
public record Stem(Kind kind, int width) {
  /** The layers of a stem. */
  public enum Kind {
    /** A 3x3 convolution at full resolution, for pictures of about 32x32. */
    CIFAR(1),
    /** A 7x7 convolution with stride 2 and a 3x3 max pool with stride 2. */
    IMAGENET(4),
    /**
     * Three 3x3 convolutions, the first with stride 2 and the first two of half the width, and a
     * 3x3 max pool with stride 2 (ResNet-C: He et al., arXiv:1812.01187).
     */
    DEEP(4),
    /**
     * As DEEP, with a 3x3 convolution with stride 2 instead of the max pool (ResNet-RS: Bello et
     * al., arXiv:2103.07579).
     */
    DEEP_STRIDED(4);

    private final int stride;

    Kind(int stride) {
      this.stride = stride;
    }

    /** Pixels of the picture per pixel that leaves the stem. */
    public int stride() {
      return stride;
    }
  }

  /** Checks the width. */
  public Stem {
    if (width < 1 || width > 1 << 16) {
      throw new InvalidInputException("stem: width " + width + "; expected 1 to 65536 channels");
    }
  }
}
