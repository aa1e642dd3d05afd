package io.resnet4j.backend.reference;

import java.util.stream.IntStream;

/** Dense matrices as arrays of rows. */
final class Matrices {
  private static final int ROWS = 4;

  private Matrices() {}

  /**
   * The product of a [M,K] and b [K,N]. Each element is summed in the order of k, whatever the
   * thread count.
   */
  static double[][] multiply(double[][] a, double[][] b) {
    double[][] c = new double[a.length][b[0].length];
    IntStream.range(0, (a.length + ROWS - 1) / ROWS)
        .parallel()
        .forEach(block -> multiplyRows(a, b, c, block * ROWS));
    return c;
  }

  private static void multiplyRows(double[][] a, double[][] b, double[][] c, int from) {
    int to = Math.min(from + ROWS, a.length);
    for (int k = 0; k < b.length; k++) {
      if (to - from == ROWS) {
        addTo(c[from], a[from][k], c[from + 1], a[from + 1][k], b[k]);
        addTo(c[from + 2], a[from + 2][k], c[from + 3], a[from + 3][k], b[k]);
      } else {
        for (int m = from; m < to; m++) {
          addTo(c[m], a[m][k], b[k]);
        }
      }
    }
  }

  /** One index and no offsets, so that the compiler makes vector instructions of it. */
  private static void addTo(double[] sum, double factor, double[] row) {
    for (int j = 0; j < row.length; j++) {
      sum[j] += factor * row[j];
    }
  }

  private static void addTo(double[] s, double p, double[] t, double q, double[] row) {
    for (int j = 0; j < row.length; j++) {
      s[j] += p * row[j];
      t[j] += q * row[j];
    }
  }

  /** Rows become columns. */
  static double[][] transpose(double[][] a) {
    double[][] result = new double[a[0].length][a.length];
    IntStream.range(0, result.length)
        .parallel()
        .forEach(
            j -> {
              for (int i = 0; i < a.length; i++) {
                result[j][i] = a[i][j];
              }
            });
    return result;
  }
}
