package io.resnet4j.lab;

import java.util.Arrays;

/**
 * A linear classifier on fixed features: ridge regression on classes, in closed form (linear
 * probes: Alain and Bengio 2016, arXiv:1610.01644, who train theirs by gradient descent).
 */
final class LinearProbe {
  private static final double RIDGE = 1e-3;

  private final double[] means;
  private final double[] deviations;
  private final double[][] weights;

  /**
   * Learns.
   *
   * @param features [pictures][features]
   * @param labels of the pictures
   */
  LinearProbe(double[][] features, int[] labels, int classes) {
    int width = features[0].length;
    means = new double[width];
    deviations = new double[width];
    for (int f = 0; f < width; f++) {
      int column = f;
      double[] values = Arrays.stream(features).mapToDouble(row -> row[column]).toArray();
      means[f] = Stats.mean(values);
      deviations[f] = Math.max(1e-12, Stats.deviation(values));
    }
    double[][] normal = new double[width + 1][width + 1];
    double[][] right = new double[width + 1][classes];
    for (int n = 0; n < features.length; n++) {
      double[] x = standard(features[n]);
      for (int i = 0; i <= width; i++) {
        for (int j = 0; j <= i; j++) {
          normal[i][j] += x[i] * x[j];
        }
        right[i][labels[n]] += x[i];
      }
    }
    for (int i = 0; i <= width; i++) {
      normal[i][i] += RIDGE * features.length;
    }
    weights = solved(normal, right);
  }

  /** Means 0 and deviations 1, and a one for the bias. */
  private double[] standard(double[] features) {
    double[] x = new double[features.length + 1];
    for (int f = 0; f < features.length; f++) {
      x[f] = (features[f] - means[f]) / deviations[f];
    }
    x[features.length] = 1;
    return x;
  }

  /** The share of pictures that it takes for something else. */
  double error(double[][] features, int[] labels) {
    int wrong = 0;
    for (int n = 0; n < features.length; n++) {
      wrong += predicted(standard(features[n])) == labels[n] ? 0 : 1;
    }
    return (double) wrong / features.length;
  }

  private int predicted(double[] x) {
    int best = 0;
    double most = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < weights[0].length; k++) {
      double score = 0;
      for (int f = 0; f < x.length; f++) {
        score += weights[f][k] * x[f];
      }
      if (score > most) {
        most = score;
        best = k;
      }
    }
    return best;
  }

  /** A^-1 B by Cholesky's factors, A symmetric, positive and given in its lower half. */
  static double[][] solved(double[][] a, double[][] b) {
    int n = a.length;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = a[i][j];
        for (int k = 0; k < j; k++) {
          sum -= a[i][k] * a[j][k];
        }
        a[i][j] = i == j ? Math.sqrt(sum) : sum / a[j][j];
      }
    }
    for (int c = 0; c < b[0].length; c++) {
      for (int i = 0; i < n; i++) {
        for (int k = 0; k < i; k++) {
          b[i][c] -= a[i][k] * b[k][c];
        }
        b[i][c] /= a[i][i];
      }
      for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < n; k++) {
          b[i][c] -= a[k][i] * b[k][c];
        }
        b[i][c] /= a[i][i];
      }
    }
    return b;
  }
}
