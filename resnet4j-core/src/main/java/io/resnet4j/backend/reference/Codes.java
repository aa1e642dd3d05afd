package io.resnet4j.backend.reference;

import io.resnet4j.graph.Scaling;
import io.resnet4j.tensor.DType;

/**
 * The arithmetic of 8-bit codes. Sums of products are exact, as in 32-bit integers; what follows is
 * in double and rounded to codes once.
 */
final class Codes {
  private Codes() {}

  /** The nearest code, ties to even; the first or last one where the number is out of range. */
  static double nearest(double value, DType type) {
    int most = Scaling.most(type);
    return Math.max(type == DType.U8 ? 0 : -most - 1, Math.min(most, Math.rint(value)));
  }

  static double[] quantise(double[] numbers, Scaling y) {
    return Elementwise.map(numbers.length, i -> nearest(numbers[i] / y.scale(), y.type()));
  }

  static double[] dequantise(double[] codes, Scaling x) {
    return Elementwise.map(codes.length, i -> codes[i] * x.scale());
  }

  /** Numbers [N,O,pixels] of exact sums of products. */
  static double[] scale(double[] sums, Scaling x, double[] weight, double[] bias, int pixels) {
    return Elementwise.map(
        sums.length,
        i -> {
          int o = i / pixels % bias.length;
          return sums[i] * x.scale() * weight[o] + bias[o];
        });
  }
}
