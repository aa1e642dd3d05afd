package io.resnet4j.lab;

import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Tensor;
import java.util.Arrays;

/** Sums over tensors, in double. What is not finite in them is not finite in the result. */
final class Stats {
  /** Student's t, two-sided 95 %, for 1, 2, ... degrees of freedom. */
  private static final double[] STUDENT = {
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228
  };

  private Stats() {}

  static double[] values(Tensor tensor) {
    if (tensor.type() != DType.F32) {
      return tensor.toDoubles();
    }
    float[] narrow = tensor.toFloats();
    double[] wide = new double[narrow.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = narrow[i];
    }
    return wide;
  }

  /**
   * The Euclidean norm; scaled by the largest element, since the squares of gradients that have
   * vanished are zero in double long before the gradients are.
   */
  static double norm(double[] values) {
    double largest = 0;
    for (double value : values) {
      if (Double.isNaN(value)) {
        return value;
      }
      largest = Math.max(largest, Math.abs(value));
    }
    if (largest == 0 || !Double.isFinite(largest)) {
      return largest;
    }
    double sum = 0;
    for (double value : values) {
      double scaled = value / largest;
      sum += scaled * scaled;
    }
    return largest * Math.sqrt(sum);
  }

  /** <a, b> / (|a| |b|). */
  static double cosine(double[] a, double[] b) {
    return project(a, b) * norm(b) / norm(a);
  }

  /** <a, b> / |b|^2: the share of a sum {@code b} that its part {@code a} makes up. */
  static double project(double[] a, double[] b) {
    double size = norm(b);
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] / size * (b[i] / size);
    }
    return sum;
  }

  /** |a + b - c| / |c|. */
  static double gap(double[] a, double[] b, double[] c) {
    double[] difference = new double[c.length];
    for (int i = 0; i < c.length; i++) {
      difference[i] = a[i] + b[i] - c[i];
    }
    double size = norm(difference);
    return size == 0 ? 0 : size / norm(c);
  }

  static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  /** The middle one, or the mean of the middle two. */
  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    return sorted.length == 0
        ? Double.NaN
        : sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  /**
   * Half the width of the interval that holds the mean with 95 % confidence, by Student's t; NaN
   * for fewer than two values.
   */
  static double interval(double[] values) {
    int freedom = values.length - 1;
    if (freedom < 1) {
      return Double.NaN;
    }
    return student(freedom) * deviation(values) / Math.sqrt(freedom);
  }

  /** How many standard errors to either side hold a mean with 95 % confidence. */
  static double student(int freedom) {
    return freedom <= STUDENT.length ? STUDENT[freedom - 1] : 1.96 + 2.5 / freedom;
  }

  /** The standard deviation over all elements. */
  static double deviation(double[] values) {
    double mean = mean(values);
    double sum = 0;
    for (double value : values) {
      sum += (value - mean) * (value - mean);
    }
    return Math.sqrt(sum / values.length);
  }

  /** The mean cosine between different rows of a matrix of so many rows. */
  static double similarity(double[] values, int rows) {
    int width = values.length / rows;
    double[] sum = new double[width];
    double own = 0;
    for (int row = 0; row < rows; row++) {
      double[] one = Arrays.copyOfRange(values, row * width, (row + 1) * width);
      double size = norm(one);
      for (int i = 0; i < width && size > 0; i++) {
        double unit = one[i] / size;
        sum[i] += unit;
        own += unit * unit;
      }
    }
    // |sum of unit vectors|^2 is every cosine, those of a row with itself included.
    double total = norm(sum);
    return (total * total - own) / ((double) rows * (rows - 1));
  }

  /**
   * How many directions the rows of a matrix fill: (trace C)^2 / |C|^2 of their covariance C, the
   * participation ratio; at most the smaller extent.
   *
   * @param rows [n][features]
   */
  static double effectiveRank(double[][] rows) {
    int features = rows[0].length;
    for (int f = 0; f < features; f++) {
      double mean = 0;
      for (double[] row : rows) {
        mean += row[f] / rows.length;
      }
      for (double[] row : rows) {
        row[f] -= mean;
      }
    }
    // The Gram matrix of the rows has the covariance's eigenvalues, and is the smaller one.
    double trace = 0;
    double squares = 0;
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j <= i; j++) {
        double product = 0;
        for (int f = 0; f < features; f++) {
          product += rows[i][f] * rows[j][f];
        }
        trace += i == j ? product : 0;
        squares += (i == j ? 1 : 2) * product * product;
      }
    }
    return squares == 0 ? 0 : trace * trace / squares;
  }

  /** Means over pixels [N][C]. */
  static double[][] pooled(Tensor tensor) {
    int channels = tensor.shape().dim(1);
    int pixels = (int) (tensor.shape().elements() / tensor.shape().dim(0) / channels);
    double[] values = values(tensor);
    double[][] rows = new double[tensor.shape().dim(0)][channels];
    for (int i = 0; i < values.length; i++) {
      rows[i / pixels / channels][i / pixels % channels] += values[i] / pixels;
    }
    return rows;
  }

  /** The Gram matrix of rows from which their mean is taken. */
  static void centre(double[][] gram) {
    int n = gram.length;
    double[] means = new double[n];
    double whole = 0;
    for (int i = 0; i < n; i++) {
      means[i] = mean(gram[i]);
      whole += means[i] / n;
    }
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        gram[i][j] += whole - means[i] - means[j];
      }
    }
  }

  /**
   * Means and variances of the channels of [N,C,...].
   *
   * @param means of each channel
   * @param variances of each channel, over all its elements
   */
  record Moments(double[] means, double[] variances) {}

  /** The moments of each channel over pictures and pixels. */
  static Moments moments(Tensor tensor) {
    double[] values = values(tensor);
    int channels = tensor.shape().dim(1);
    int pixels = values.length / tensor.shape().dim(0) / channels;
    int each = values.length / channels;
    double[] means = new double[channels];
    double[] variances = new double[channels];
    for (int i = 0; i < values.length; i++) {
      means[i / pixels % channels] += values[i] / each;
    }
    for (int i = 0; i < values.length; i++) {
      double off = values[i] - means[i / pixels % channels];
      variances[i / pixels % channels] += off * off / each;
    }
    return new Moments(means, variances);
  }
}
