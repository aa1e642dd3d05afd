package io.resnet4j.backend.reference;

import io.resnet4j.tensor.Shape;

/** Mean cross-entropy of softmax(logits) [N,K] against smoothed dense targets. */
final class Loss {
  private final int batch;
  private final int classes;
  private final double smoothing;

  Loss(Shape logits, double smoothing) {
    this.batch = logits.dim(0);
    this.classes = logits.dim(1);
    this.smoothing = smoothing;
  }

  /** The mean over the batch. */
  double value(double[] logits, double[] targets) {
    double sum = 0;
    for (int n = 0; n < batch; n++) {
      double normaliser = logSumExp(logits, n);
      for (int i = n * classes; i < (n + 1) * classes; i++) {
        sum += smooth(targets[i]) * (normaliser - logits[i]);
      }
    }
    return sum / batch;
  }

  /** The gradient of the mean by the logits. */
  double[] gradient(double[] logits, double[] targets) {
    double[] gradient = new double[logits.length];
    for (int n = 0; n < batch; n++) {
      double normaliser = logSumExp(logits, n);
      double mass = 0;
      for (int i = n * classes; i < (n + 1) * classes; i++) {
        mass += smooth(targets[i]);
      }
      for (int i = n * classes; i < (n + 1) * classes; i++) {
        double probability = Math.exp(logits[i] - normaliser);
        gradient[i] = (mass * probability - smooth(targets[i])) / batch;
      }
    }
    return gradient;
  }

  private double smooth(double target) {
    return (1 - smoothing) * target + smoothing / classes;
  }

  private double logSumExp(double[] logits, int n) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int i = n * classes; i < (n + 1) * classes; i++) {
      largest = Math.max(largest, logits[i]);
    }
    double sum = 0;
    for (int i = n * classes; i < (n + 1) * classes; i++) {
      sum += Math.exp(logits[i] - largest);
    }
    return largest + Math.log(sum);
  }
}
