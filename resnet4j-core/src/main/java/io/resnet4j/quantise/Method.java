package io.resnet4j.quantise;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** How the largest number that codes can stand for is found from what a value was seen to hold. */
public enum Method {
  /**
   * The clipping whose distribution of codes tells most of that of the numbers: least
   * Kullback-Leibler divergence (Migacz, "8-bit inference with TensorRT", GTC 2017).
   */
  ENTROPY,
  /** What all but one of ten thousand numbers keep below. */
  PERCENTILE,
  /** The largest number seen. */
  MINMAX;

  /**
   * The method called {@code name}.
   *
   * @throws InvalidInputException if there is none
   */
  public static Method named(String name) {
    List<String> names = Arrays.stream(values()).map(Method::toString).toList();
    int at = names.indexOf(name.toLowerCase(Locale.ROOT));
    if (at < 0) {
      throw new InvalidInputException(
          "method '" + name + "' is unknown" + Nearest.suggestion(name, names) + "; use " + names);
    }
    return values()[at];
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
