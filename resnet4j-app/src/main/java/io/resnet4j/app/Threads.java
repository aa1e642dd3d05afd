package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import org.jspecify.annotations.Nullable;

/**
 * The threads that compute. OpenMP reads OMP_NUM_THREADS once, when its library is loaded, so the
 * launcher sets it from {@code --threads} before Java starts; here it can only be checked.
 */
final class Threads {
  private static final String VARIABLE = "OMP_NUM_THREADS";

  private Threads() {}

  /**
   * Refuses a number of threads that this process cannot give.
   *
   * @throws InvalidInputException if it is not the one that the process was started with
   */
  static void require(@Nullable Integer asked) {
    require(asked, System.getenv(VARIABLE));
  }

  static void require(@Nullable Integer asked, @Nullable String variable) {
    if (asked == null) {
      return;
    }
    if (asked < 1) {
      throw new InvalidInputException("--threads " + asked + ": give a number of at least 1");
    }
    if (variable == null || !variable.strip().equals(asked.toString())) {
      throw new InvalidInputException(
          "--threads "
              + asked
              + ": "
              + VARIABLE
              + " is "
              + (variable == null ? "not set" : variable)
              + ", and OpenMP reads only that, once; start through ./resnet4j, or set "
              + VARIABLE
              + "="
              + asked
              + " before Java starts");
    }
  }

  /** How many threads compute: what OpenMP was told, else every processor. */
  static int count() {
    return count(System.getenv(VARIABLE));
  }

  static int count(@Nullable String variable) {
    if (variable != null) {
      try {
        // A list gives the number for each level of nesting; only the first counts here.
        int threads = Integer.parseInt(variable.split(",")[0].strip());
        if (threads >= 1) {
          return threads;
        }
      } catch (NumberFormatException e) {
        // OpenMP ignores what it cannot read, too.
      }
    }
    return Runtime.getRuntime().availableProcessors();
  }
}
