package io.resnet4j.graph;

import io.resnet4j.InvalidInputException;
import io.resnet4j.tensor.DType;

/**
 * How 8-bit codes stand for numbers: number = scale x code, so that zero, and with it padding, is
 * exact. Codes are 0 to 255, or -128 to 127.
 *
 * @param type U8 for what is never negative, else S8
 * @param scale what a code of one stands for; a positive, finite, normal number
 */
public record Scaling(DType type, float scale) {
  /** Checks type and scale. */
  public Scaling {
    if (type != DType.U8 && type != DType.S8) {
      throw new InvalidInputException("codes of " + type + ": expected U8 or S8");
    }
    if (!(scale >= Float.MIN_NORMAL) || Float.isInfinite(scale)) {
      throw new InvalidInputException("scale " + scale + ": expected a number above zero");
    }
  }

  /** The scaling whose largest code stands for {@code largest}. */
  public static Scaling upTo(DType type, double largest) {
    return new Scaling(type, (float) (largest / most(type)));
  }

  /** The largest code of a type. */
  public static int most(DType type) {
    return type == DType.U8 ? 255 : 127;
  }

  /** The largest code. */
  public int most() {
    return most(type);
  }

  /** Such as {@code u8 x 0.01}. */
  @Override
  public String toString() {
    return (type == DType.U8 ? "u8 x " : "s8 x ") + scale;
  }
}
