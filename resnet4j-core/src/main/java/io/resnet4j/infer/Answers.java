package io.resnet4j.infer;

import io.resnet4j.InvalidInputException;

/** The logits [N,K] that a network gave for labelled pictures, in the order of the data set. */
public final class Answers {
  private final float[] logits;
  private final int[] labels;
  private final int classes;

  private Answers(float[] logits, int[] labels, int classes) {
    this.logits = logits;
    this.labels = labels;
    this.classes = classes;
  }

  /**
   * Copies logits row by row, and the label of each row.
   *
   * @throws InvalidInputException if there is no row, the sizes do not fit, or a label is no class
   */
  public static Answers of(float[] logits, int[] labels, int classes) {
    Builder all = new Builder(labels.length, classes);
    if (labels.length == 0 || (long) labels.length * classes != logits.length) {
      throw new InvalidInputException(
          "answers: "
              + logits.length
              + " logits for "
              + labels.length
              + " labels of "
              + classes
              + " classes; expected a row of logits for each label, at least one");
    }
    for (int label : labels) {
      if (label < 0 || label >= classes) {
        throw new InvalidInputException(
            "answers: label " + label + ", expected 0 to " + (classes - 1));
      }
    }
    all.add(logits, labels, labels.length);
    return all.build();
  }

  /** Pictures. */
  public int size() {
    return labels.length;
  }

  /** Classes. */
  public int classes() {
    return classes;
  }

  /** The class of a picture. */
  public int label(int index) {
    return labels[index];
  }

  /** How many classes stand before the right one. */
  int rank(int index) {
    return Logits.rank(logits, index, classes, labels[index]);
  }

  double logit(int index, int k) {
    return logits[index * classes + k];
  }

  /** The class with the largest logit, the first of equal ones. */
  public int predicted(int index) {
    int best = 0;
    for (int k = 1; k < classes; k++) {
      if (logit(index, k) > logit(index, best)) {
        best = k;
      }
    }
    return best;
  }

  /**
   * The probabilities of a picture's classes: softmax of its logits over a temperature.
   *
   * @param temperature above 0; 1 for the network's own
   */
  public double[] probabilities(int index, double temperature) {
    float[] row = new float[classes];
    for (int k = 0; k < classes; k++) {
      row[k] = (float) (logit(index, k) / temperature);
    }
    return Logits.softmax(row, 0, classes);
  }

  /** -log of the probability of the right class. */
  double loss(int index) {
    return Logits.crossEntropy(logits, index, classes, labels[index]);
  }

  /** Collects batches. */
  static final class Builder {
    private final float[] logits;
    private final int[] labels;
    private final int classes;
    private int filled;

    Builder(int pictures, int classes) {
      long numbers = (long) pictures * classes;
      if (numbers > Integer.MAX_VALUE - 8) {
        throw new InvalidInputException(
            pictures + " pictures of " + classes + " classes: too many answers to keep at once");
      }
      logits = new float[(int) numbers];
      labels = new int[pictures];
      this.classes = classes;
    }

    void add(float[] some, int[] theirs, int count) {
      System.arraycopy(some, 0, logits, filled * classes, count * classes);
      System.arraycopy(theirs, 0, labels, filled, count);
      filled += count;
    }

    Answers build() {
      for (float logit : logits) {
        if (!Float.isFinite(logit)) {
          throw new IllegalStateException(
              "logits that are not finite numbers; the weights or the input are damaged");
        }
      }
      return new Answers(logits, labels, classes);
    }
  }
}
