package io.resnet4j.data.augment;

import io.resnet4j.data.PictureSize;

/**
 * What the policies choose from. Magnitudes are torchvision's {@code _apply_op}'s: shear as a
 * tangent, translation in pixels, rotation in degrees, enhancements as what is added to a factor of
 * 1, bits kept, the threshold of solarisation.
 */
enum Operation {
  IDENTITY(false) {
    @Override
    void apply(byte[] from, byte[] to, PictureSize size, double magnitude) {
      System.arraycopy(from, 0, to, 0, size.samples());
    }
  },
  SHEAR_X(true) {
    @Override
    void apply(byte[] from, byte[] to, PictureSize size, double magnitude) {
      Affine.shear(magnitude, 0).nearest(from, to, size);
    }
  },
  SHEAR_Y(true) {
    @Override
    void apply(byte[] from, byte[] to, PictureSize size, double magnitude) {
      Affine.shear(0, magnitude).nearest(from, to, size);
    }
  },
  TRANSLATE_X(true) {
    @Override
    void apply(byte[] from, byte[] to, PictureSize size, double magnitude) {
      Affine.translation((int) magnitude, 0).nearest(from, to, size);
    }
  },
  TRANSLATE_Y(true) {
    @Override
    void apply(byte[] from, byte[] to, PictureSize size, double magnitude) {
      Affine.translation(0, (int) magnitude).nearest(from, to, size);
    }
  },
  ROTATE(true) {
    @Override
    void apply(byte[] from, byte[] to, PictureSize size, double magnitude) {
      Affine.rotation(magnitude, size).nearest(from, to, size);
    }
  },
  BRIGHTNESS(true) {
    @Override
    void apply(byte[] from, byte[] to, PictureSize size, double magnitude) {
      Colours.brightness(from, to, size, 1 + magnitude);
    }
  },
  COLOUR(true) {
    @Override
    void apply(byte[] from, byte[] to, PictureSize size, double magnitude) {
      Colours.saturation(from, to, size, 1 + magnitude);
    }
  },
  CONTRAST(true) {
    @Override
    void apply(byte[] from, byte[] to, PictureSize size, double magnitude) {
      Colours.contrast(from, to, size, 1 + magnitude);
    }
  },
  SHARPNESS(true) {
    @Override
    void apply(byte[] from, byte[] to, PictureSize size, double magnitude) {
      Colours.sharpness(from, to, size, 1 + magnitude);
    }
  },
  POSTERIZE(false) {
    @Override
    void apply(byte[] from, byte[] to, PictureSize size, double magnitude) {
      Colours.posterize(from, to, size, (int) magnitude);
    }
  },
  SOLARIZE(false) {
    @Override
    void apply(byte[] from, byte[] to, PictureSize size, double magnitude) {
      Colours.solarize(from, to, size, magnitude);
    }
  },
  AUTO_CONTRAST(false) {
    @Override
    void apply(byte[] from, byte[] to, PictureSize size, double magnitude) {
      Colours.autoContrast(from, to, size);
    }
  },
  EQUALIZE(false) {
    @Override
    void apply(byte[] from, byte[] to, PictureSize size, double magnitude) {
      Colours.equalize(from, to, size);
    }
  },
  INVERT(false) {
    @Override
    void apply(byte[] from, byte[] to, PictureSize size, double magnitude) {
      Colours.solarize(from, to, size, 0);
    }
  };

  /** How far the magnitudes of a policy reach. */
  enum Range {
    /** AutoAugment's and RandAugment's, with translations in shares of the picture. */
    USUAL(0.3, Double.NaN, 30, 0.9, 4),
    /** TrivialAugment's "wide" one. */
    WIDE(0.99, 32, 135, 0.99, 6);

    private final double shear;
    private final double translation;
    private final double degrees;
    private final double enhancement;
    private final int bits;

    Range(double shear, double translation, double degrees, double enhancement, int bits) {
      this.shear = shear;
      this.translation = translation;
      this.degrees = degrees;
      this.enhancement = enhancement;
      this.bits = bits;
    }

    private double translation(int side) {
      return Double.isNaN(translation) ? 150.0 / 331.0 * side : translation;
    }
  }

  private final boolean signed;

  Operation(boolean signed) {
    this.signed = signed;
  }

  /** Whether magnitudes go both ways. */
  boolean signed() {
    return signed;
  }

  /** Reads the picture {@code from} and writes the changed one {@code to}, another array. */
  abstract void apply(byte[] from, byte[] to, PictureSize size, double magnitude);

  /**
   * The magnitude at {@code share} of the way to the strongest.
   *
   * @param share from 0 to 1
   */
  double magnitude(double share, Range range, PictureSize size) {
    return switch (this) {
      case SHEAR_X, SHEAR_Y -> share * range.shear;
      case TRANSLATE_X -> share * range.translation(size.width());
      case TRANSLATE_Y -> share * range.translation(size.height());
      case ROTATE -> share * range.degrees;
      case BRIGHTNESS, COLOUR, CONTRAST, SHARPNESS -> share * range.enhancement;
      case POSTERIZE -> 8 - Math.rint(share * range.bits);
      case SOLARIZE -> 255 * (1 - share);
      case IDENTITY, AUTO_CONTRAST, EQUALIZE, INVERT -> 0;
    };
  }
}
