package io.resnet4j.backend.reference;

/** The standard normal distribution in double, for GELU. */
final class Erf {
  private static final double ROOT_TWO_PI = Math.sqrt(2 * Math.PI);

  private Erf() {}

  static double normalDensity(double x) {
    return Math.exp(-x * x / 2) / ROOT_TWO_PI;
  }

  /**
   * Exact to rounding near zero by the series sum of x^(2k+1) / (1 3 5 ... (2k+1)), to 1e-15 beyond
   * by Laplace's continued fraction (Abramowitz and Stegun 26.2.11 and 26.2.14).
   */
  static double normalDistribution(double x) {
    if (Double.isNaN(x)) {
      return x;
    }
    double far = Math.abs(x);
    if (far < 3) {
      double term = x;
      double sum = x;
      for (int k = 1; Math.abs(term) > 1e-17 * Math.abs(sum); k++) {
        term *= x * x / (2 * k + 1);
        sum += term;
      }
      return 0.5 + sum * normalDensity(x);
    }
    double fraction = 0;
    for (int k = 200; k >= 1; k--) {
      fraction = k / (far + fraction);
    }
    double tail = far > 40 ? 0 : normalDensity(far) / (far + fraction);
    return x > 0 ? 1 - tail : tail;
  }
}
