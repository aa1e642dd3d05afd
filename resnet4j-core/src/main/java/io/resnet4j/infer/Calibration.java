package io.resnet4j.infer;

import java.util.ArrayList;
import java.util.List;

/**
 * How far a network's confidence, the probability of the class it names, can be believed (Guo et
 * al. 2017, arXiv:1706.04599).
 *
 * @param bins of equal width over the confidences from 0 to 1
 * @param ece expected calibration error: the mean over all pictures of the distance between
 *     confidence and accuracy of their bin
 * @param temperature that logits were divided by
 */
public record Calibration(List<Bin> bins, double ece, double temperature) {
  /** How many bins there are, as in the paper. */
  public static final int BINS = 15;

  private static final int BISECTIONS = 100;
  private static final double COLDEST = 1e-3;
  private static final double HOTTEST = 1e3;

  /** Copies the list. */
  public Calibration {
    bins = List.copyOf(bins);
  }

  /**
   * Pictures of similar confidence.
   *
   * @param from least confidence, exclusive but for 0
   * @param to most confidence
   * @param count pictures
   * @param confidence their mean; 0 without any
   * @param accuracy share classified rightly; 0 without any
   */
  public record Bin(double from, double to, int count, double confidence, double accuracy) {}

  /**
   * Measures it.
   *
   * @param temperature that logits are divided by first; 1 for the network's own confidence
   */
  public static Calibration of(Answers answers, double temperature) {
    int[] count = new int[BINS];
    int[] right = new int[BINS];
    double[] sum = new double[BINS];
    for (int i = 0; i < answers.size(); i++) {
      int predicted = answers.predicted(i);
      double confidence = answers.probabilities(i, temperature)[predicted];
      int bin = Math.min(BINS - 1, Math.max(0, (int) Math.ceil(confidence * BINS) - 1));
      count[bin]++;
      sum[bin] += confidence;
      right[bin] += predicted == answers.label(i) ? 1 : 0;
    }
    List<Bin> bins = new ArrayList<>();
    double ece = 0;
    for (int b = 0; b < BINS; b++) {
      double n = Math.max(1, count[b]);
      bins.add(new Bin((double) b / BINS, (b + 1.0) / BINS, count[b], sum[b] / n, right[b] / n));
      ece += Math.abs(sum[b] - right[b]) / answers.size();
    }
    return new Calibration(bins, ece, temperature);
  }

  /**
   * The temperature that makes the cross-entropy least; to be fitted on a validation set, never on
   * the set that is then judged. The loss is convex in one over the temperature, so bisection of
   * its derivative finds it, within [{@value #COLDEST}, {@value #HOTTEST}].
   */
  public static double fitTemperature(Answers validation) {
    double low = 1 / HOTTEST;
    double high = 1 / COLDEST;
    for (int i = 0; i < BISECTIONS; i++) {
      double middle = Math.sqrt(low * high);
      if (slope(validation, middle) > 0) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return 1 / Math.sqrt(low * high);
  }

  /** Derivative of the summed loss by one over the temperature. */
  private static double slope(Answers answers, double inverse) {
    double sum = 0;
    for (int i = 0; i < answers.size(); i++) {
      double[] shares = answers.probabilities(i, 1 / inverse);
      for (int k = 0; k < shares.length; k++) {
        sum += shares[k] * answers.logit(i, k);
      }
      sum -= answers.logit(i, answers.label(i));
    }
    return sum;
  }
}
