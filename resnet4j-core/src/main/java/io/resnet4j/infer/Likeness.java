package io.resnet4j.infer;

import java.util.Comparator;
import java.util.stream.IntStream;

/** How alike two lists or planes of numbers are. */
final class Likeness {
  /** Side of the windows that structures are compared in. */
  private static final int WINDOW = 7;

  /** The constants of the measure, for numbers between 0 and 1. */
  private static final double MEANS = 0.01 * 0.01;

  private static final double VARIANCES = 0.03 * 0.03;

  private Likeness() {}

  /**
   * Spearman's rank correlation; equal numbers share the mean of their ranks.
   *
   * @return -1 to 1; NaN where all numbers of a list are equal, so that nothing is ranked
   */
  static double ranks(float[] a, float[] b) {
    return correlation(ranks(a), ranks(b));
  }

  private static double[] ranks(float[] values) {
    int[] order =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> values[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] ranks = new double[values.length];
    for (int from = 0; from < order.length; ) {
      int to = from;
      while (to < order.length && values[order[to]] == values[order[from]]) {
        to++;
      }
      for (int i = from; i < to; i++) {
        ranks[order[i]] = (from + to - 1) / 2.0;
      }
      from = to;
    }
    return ranks;
  }

  private static double correlation(double[] a, double[] b) {
    // Ranks of either list have this mean, with ties too.
    double mean = (a.length - 1) / 2.0;
    double both = 0;
    double ofA = 0;
    double ofB = 0;
    for (int i = 0; i < a.length; i++) {
      both += (a[i] - mean) * (b[i] - mean);
      ofA += (a[i] - mean) * (a[i] - mean);
      ofB += (b[i] - mean) * (b[i] - mean);
    }
    return ofA == 0 || ofB == 0 ? Double.NaN : both / Math.sqrt(ofA * ofB);
  }

  /**
   * Structural similarity (Wang et al. 2004, equation 13), the mean over all square windows, each
   * counting alike, of planes of numbers between 0 and 1.
   *
   * @return at most 1, which equal planes have
   */
  static double structure(float[] a, float[] b, int height, int width) {
    int rows = Math.min(WINDOW, height);
    int columns = Math.min(WINDOW, width);
    double sum = 0;
    for (int top = 0; top + rows <= height; top++) {
      for (int left = 0; left + columns <= width; left++) {
        sum += window(a, b, top, left, rows, columns, width);
      }
    }
    return sum / ((height - rows + 1) * (width - columns + 1));
  }

  private static double window(
      float[] a, float[] b, int top, int left, int rows, int columns, int width) {
    double sumA = 0;
    double sumB = 0;
    double squaresA = 0;
    double squaresB = 0;
    double products = 0;
    for (int y = top; y < top + rows; y++) {
      for (int x = left; x < left + columns; x++) {
        double u = a[y * width + x];
        double v = b[y * width + x];
        sumA += u;
        sumB += v;
        squaresA += u * u;
        squaresB += v * v;
        products += u * v;
      }
    }
    int n = rows * columns;
    double meanA = sumA / n;
    double meanB = sumB / n;
    double varianceA = squaresA / n - meanA * meanA;
    double varianceB = squaresB / n - meanB * meanB;
    double covariance = products / n - meanA * meanB;
    return (2 * meanA * meanB + MEANS)
        * (2 * covariance + VARIANCES)
        / ((meanA * meanA + meanB * meanB + MEANS) * (varianceA + varianceB + VARIANCES));
  }
}
