package io.resnet4j.lab;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Eigenvalues of a small symmetric matrix, the largest first, and its eigenvectors.
 *
 * @param values in falling order
 * @param vectors {@code vectors[k]} belongs to {@code values[k]} and has the length one
 */
record Eigen(double[] values, double[][] vectors) {
  private static final int SWEEPS = 60;

  /** By Jacobi's rotations; the matrix stays as it is. */
  static Eigen of(double[][] symmetric) {
    int n = symmetric.length;
    double[][] a = new double[n][];
    double[][] v = new double[n][n];
    for (int i = 0; i < n; i++) {
      a[i] = symmetric[i].clone();
      v[i][i] = 1;
    }
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
      for (int p = 0; p < n; p++) {
        for (int q = p + 1; q < n; q++) {
          rotate(a, v, p, q);
        }
      }
    }
    int[] order =
        IntStream.range(0, n)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -a[i][i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] values = new double[n];
    double[][] vectors = new double[n][n];
    for (int k = 0; k < n; k++) {
      values[k] = a[order[k]][order[k]];
      for (int i = 0; i < n; i++) {
        vectors[k][i] = v[i][order[k]];
      }
    }
    return new Eigen(values, vectors);
  }

  /** Makes a[p][q] zero: Golub and Van Loan, Matrix Computations, section 8.5. */
  private static void rotate(double[][] a, double[][] v, int p, int q) {
    if (Math.abs(a[p][q]) < 1e-300) {
      return;
    }
    double tau = (a[q][q] - a[p][p]) / (2 * a[p][q]);
    double t = Math.copySign(1, tau) / (Math.abs(tau) + Math.hypot(1, tau));
    double c = 1 / Math.hypot(1, t);
    double s = t * c;
    for (int k = 0; k < a.length; k++) {
      double kp = a[k][p];
      a[k][p] = c * kp - s * a[k][q];
      a[k][q] = s * kp + c * a[k][q];
    }
    for (int k = 0; k < a.length; k++) {
      double pk = a[p][k];
      a[p][k] = c * pk - s * a[q][k];
      a[q][k] = s * pk + c * a[q][k];
      double kp = v[k][p];
      v[k][p] = c * kp - s * v[k][q];
      v[k][q] = s * kp + c * v[k][q];
    }
  }

  /** Where row {@code i} of a matrix lies along its principal direction {@code k}. */
  double coordinate(int k, int i) {
    return k < values.length ? Math.sqrt(Math.max(0, values[k])) * vectors[k][i] : 0;
  }
}
