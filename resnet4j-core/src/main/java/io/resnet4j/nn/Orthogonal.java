package io.resnet4j.nn;

import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;

/** Random orthogonal matrices: normal draws made orthonormal row by row (modified Gram-Schmidt). */
final class Orthogonal {
  private Orthogonal() {}

  static Tensor make(Shape shape, KeyedRandom random) {
    int outputs = shape.dim(0);
    int inputs = Math.toIntExact(shape.elements() / outputs);
    boolean wide = outputs <= inputs;
    int count = Math.min(outputs, inputs);
    int length = Math.max(outputs, inputs);
    double[][] rows = new double[count][length];
    for (int r = 0; r < count; r++) {
      for (int i = 0; i < length; i++) {
        rows[r][i] = random.normalAt((long) r * length + i);
      }
      // Twice, because one pass leaves what rounding made of nearly parallel rows.
      for (int pass = 0; pass < 2; pass++) {
        for (int before = 0; before < r; before++) {
          add(rows[r], rows[before], -dot(rows[r], rows[before]));
        }
      }
      double norm = Math.sqrt(dot(rows[r], rows[r]));
      for (int i = 0; i < length; i++) {
        rows[r][i] /= norm;
      }
    }
    return Initialiser.fill(
        shape, i -> wide ? rows[i / inputs][i % inputs] : rows[i % inputs][i / inputs]);
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static void add(double[] to, double[] what, double factor) {
    for (int i = 0; i < to.length; i++) {
      to[i] += factor * what[i];
    }
  }
}
