package io.resnet4j.backend.reference;

import io.resnet4j.tensor.DType;

/** Rounds doubles to what an element type can hold, to nearest, ties to even. */
final class Rounding {
  private Rounding() {}

  /** Rounds every element in place and returns the array. */
  static double[] round(double[] values, DType type) {
    switch (type) {
      case F64 -> {}
      case F32 -> {
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) values[i];
        }
      }
      case BF16 -> {
        for (int i = 0; i < values.length; i++) {
          values[i] = bfloat16(values[i]);
        }
      }
      case U8, S8 -> {
        for (int i = 0; i < values.length; i++) {
          values[i] = Codes.nearest(values[i], type);
        }
      }
      default -> throw new IllegalStateException("reference: does not compute in " + type);
    }
    return values;
  }

  /** As bf16 hardware does it: from a single, whose lower half decides. */
  static double bfloat16(double value) {
    float single = (float) value;
    if (Float.isNaN(single)) {
      return single;
    }
    int bits = Float.floatToRawIntBits(single);
    int rounded = bits + 0x7fff + ((bits >>> 16) & 1);
    return Float.intBitsToFloat(rounded & 0xffff0000);
  }
}
