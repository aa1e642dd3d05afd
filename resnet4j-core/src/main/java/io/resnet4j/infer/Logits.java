package io.resnet4j.infer;

import java.util.stream.IntStream;

/** What a row of logits [N,K] says. */
final class Logits {
  private Logits() {}

  /**
   * How many classes stand before {@code label} in row {@code row}: larger logits, and equal ones
   * of earlier classes. What is not a number stands before all others, so that a network that has
   * broken down is not taken for a good one.
   */
  static int rank(float[] logits, int row, int classes, int label) {
    int at = row * classes;
    float own = logits[at + label];
    int before = 0;
    for (int k = 0; k < classes; k++) {
      float other = logits[at + k];
      boolean behind = other < own || other == own && k >= label;
      if (!behind && k != label || Float.isNaN(own)) {
        before++;
      }
    }
    return before;
  }

  /** -log softmax(row)[label]. */
  static double crossEntropy(float[] logits, int row, int classes, int label) {
    return logSum(logits, row, classes) - logits[row * classes + label];
  }

  /**
   * One row for each {@code views} rows: the logarithm of their mean probabilities, which are
   * logits too. A single view stays as it is.
   */
  static float[] average(float[] logits, int rows, int views, int classes) {
    if (views == 1) {
      return logits;
    }
    float[] average = new float[rows * classes];
    for (int row = 0; row < rows; row++) {
      double[] sum = new double[classes];
      for (int view = 0; view < views; view++) {
        double[] shares = softmax(logits, row * views + view, classes);
        for (int k = 0; k < classes; k++) {
          sum[k] += shares[k];
        }
      }
      for (int k = 0; k < classes; k++) {
        average[row * classes + k] = (float) Math.log(sum[k] / views);
      }
    }
    return average;
  }

  /** The label of each picture, of which there are {@code views} rows. */
  static int[] labels(int[] ofRows, int pictures, int views) {
    return IntStream.range(0, pictures).map(i -> ofRows[i * views]).toArray();
  }

  /** exp(logit) / sum of exp, for each class of a row. */
  static double[] softmax(float[] logits, int row, int classes) {
    double logSum = logSum(logits, row, classes);
    return IntStream.range(0, classes)
        .mapToDouble(k -> Math.exp(logits[row * classes + k] - logSum))
        .toArray();
  }

  private static double logSum(float[] logits, int row, int classes) {
    int at = row * classes;
    double largest = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < classes; k++) {
      largest = Math.max(largest, logits[at + k]);
    }
    double sum = 0;
    for (int k = 0; k < classes; k++) {
      sum += Math.exp(logits[at + k] - largest);
    }
    return largest + Math.log(sum);
  }
}
