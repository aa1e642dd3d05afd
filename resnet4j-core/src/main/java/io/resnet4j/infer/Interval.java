package io.resnet4j.infer;

import io.resnet4j.InvalidInputException;

/**
 * Where a share most likely is that was measured on a sample.
 *
 * @param low end
 * @param high end
 */
public record Interval(double low, double high) {
  /** Quantile of the normal distribution that leaves 2.5 % on either side. */
  private static final double Z = 1.959963984540054;

  /**
   * Wilson's score interval at 95 % (Wilson 1927), which keeps within [0, 1] and is useful for few
   * pictures and shares near the ends.
   *
   * @param hits of the sample, 0 to {@code n}
   * @param n size of the sample; 0 gives [0, 1]
   */
  public static Interval wilson(long hits, long n) {
    if (hits < 0 || hits > n) {
      throw new InvalidInputException(hits + " hits of " + n + ": expected 0 to " + n);
    }
    if (n == 0) {
      return new Interval(0, 1);
    }
    double share = (double) hits / n;
    double square = Z * Z;
    double middle = (share + square / (2 * n)) / (1 + square / n);
    double half =
        Z / (1 + square / n) * Math.sqrt(share * (1 - share) / n + square / (4.0 * n * n));
    return new Interval(
        hits == 0 ? 0 : Math.max(0, middle - half), hits == n ? 1 : Math.min(1, middle + half));
  }
}
