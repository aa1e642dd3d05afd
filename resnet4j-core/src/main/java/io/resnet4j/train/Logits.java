package io.resnet4j.train;

/** What a row of logits says about a label. */
final class Logits {
  private Logits() {}

  /**
   * How many classes stand before {@code label} in row {@code row}: larger logits, and equal ones
   * of earlier classes. A logit that is not a number stands before all others, so that a network
   * that has broken down is not taken for a good one.
   */
  static int rank(float[] logits, int row, int classes, int label) {
    int at = row * classes;
    float own = logits[at + label];
    int before = Float.isNaN(own) ? classes : 0;
    for (int k = 0; k < classes; k++) {
      float other = logits[at + k];
      if (k != label && !(other < own || (other == own && k > label))) {
        before++;
      }
    }
    return before;
  }

  /** -log softmax(row)[label]. */
  static double crossEntropy(float[] logits, int row, int classes, int label) {
    int at = row * classes;
    double largest = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < classes; k++) {
      largest = Math.max(largest, logits[at + k]);
    }
    double sum = 0;
    for (int k = 0; k < classes; k++) {
      sum += Math.exp(logits[at + k] - largest);
    }
    return largest + Math.log(sum) - logits[at + label];
  }
}
