package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import java.util.List;
import java.util.Locale;

/** Options that take one of a few words. */
final class Choices {
  private Choices() {}

  /**
   * {@code given} in lower case.
   *
   * @throws InvalidInputException if it is not among {@code known}
   */
  static String require(String option, String given, List<String> known) {
    String lower = given.toLowerCase(Locale.ROOT);
    if (!known.contains(lower)) {
      throw new InvalidInputException(
          option
              + " "
              + given
              + ": expected "
              + String.join(", ", known)
              + Nearest.suggestion(lower, known));
    }
    return lower;
  }

  /** Whether {@code given} is on. */
  static boolean onOff(String option, String given) {
    return require(option, given, List.of("on", "off")).equals("on");
  }
}
