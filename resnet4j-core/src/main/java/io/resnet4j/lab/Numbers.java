package io.resnet4j.lab;

import java.util.Locale;

/** Numbers as sentences have them. */
final class Numbers {
  private Numbers() {}

  /** Three digits: {@code 0.0123}, {@code 12.3}, {@code 1.2e-31}; NaN and infinity by name. */
  static String text(double value) {
    if (Double.isNaN(value)) {
      return "not a number";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "infinity" : "-infinity";
    }
    double size = Math.abs(value);
    if (value == 0) {
      return "0";
    }
    if (size < 1e-3 || size >= 1e6) {
      return String.format(Locale.ROOT, "%.1e", value).replace("e+0", "e+").replace("e-0", "e-");
    }
    int digits = (int) Math.max(0, 2 - Math.floor(Math.log10(size)));
    return String.format(Locale.ROOT, "%,." + digits + "f", value);
  }

  /** The mean of numbers, one for each seed, with its interval. */
  static String mean(double[] values) {
    return text(Stats.mean(values))
        + (values.length > 1
            ? " ± " + text(Stats.interval(values)) + " (95 %, " + values.length + " seeds)"
            : " (one seed)");
  }

  /** A share as per cent. */
  static String percent(double share) {
    return Double.isNaN(share) ? "not a number" : text(100 * share) + " %";
  }
}
