package io.resnet4j.infer;

import io.resnet4j.data.Views;

/** Counts, batch by batch, what a network makes of labelled pictures. Not for several threads. */
public final class Tally {
  private final int classes;
  private int pictures;
  private int first;
  private int firstFive;
  private double loss;

  /** Nothing seen yet of a network that tells {@code classes} classes apart. */
  public Tally(int classes) {
    this.classes = classes;
  }

  /**
   * Counts a batch.
   *
   * @param logits row by row [N,K]
   * @param labels of the rows
   * @param count rows
   */
  public void add(float[] logits, int[] labels, int count) {
    for (int row = 0; row < count; row++) {
      int rank = Logits.rank(logits, row, classes, labels[row]);
      first += rank < 1 ? 1 : 0;
      firstFive += rank < 5 ? 1 : 0;
      loss += Logits.crossEntropy(logits, row, classes, labels[row]);
    }
    pictures += count;
  }

  /**
   * Counts a batch of pictures seen in several views, whose probabilities are averaged.
   *
   * @param logits view by view [pictures,views,K]
   * @param labels of the views
   * @param count pictures
   */
  public void add(float[] logits, int[] labels, int count, Views views) {
    add(
        Logits.average(logits, count, views.count(), classes),
        Logits.labels(labels, count, views.count()),
        count);
  }

  /** Pictures counted so far. */
  public int pictures() {
    return pictures;
  }

  /** Pictures whose class had the largest logit. */
  public int right() {
    return first;
  }

  /** Shares and mean over all that was counted. */
  public Evaluation evaluation() {
    double n = pictures;
    return new Evaluation(pictures, first / n, firstFive / n, loss / n);
  }
}
