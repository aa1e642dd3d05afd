package io.resnet4j.model;

import io.resnet4j.InvalidInputException;
import java.util.List;

/** What every description of a network must fulfil. */
final class Checks {
  private Checks() {}

  static void require(String name, boolean right, String field, Object given, String expected) {
    if (!right) {
      throw new InvalidInputException(
          "model " + name + ": " + field + " " + given + "; expected " + expected);
    }
  }

  static void picture(String name, int classes, int channels, int height, int width) {
    // It becomes part of a folder's name.
    require(
        name,
        name.matches("\\w[\\w.+ -]{0,99}"),
        "name",
        "'" + name + "'",
        "up to 100 letters, digits, blanks and . + - _, the first a letter or digit");
    require(name, classes >= 1 && classes <= 1 << 24, "classes", classes, "at least 1");
    require(name, channels >= 1 && channels <= 1 << 16, "channels", channels, "at least 1");
    require(
        name,
        Math.min(height, width) >= 1 && Math.max(height, width) <= 1 << 16,
        "picture",
        height + "x" + width,
        "1 to 65536 pixels a side");
  }

  /** Numbers of something per stage. */
  static void stages(String name, String field, List<Integer> numbers, int most) {
    require(name, !numbers.isEmpty() && numbers.size() <= 16, field, numbers, "1 to 16 stages");
    String what = field.equals("widths") ? " channels per stage" : " " + field + " per stage";
    require(
        name,
        numbers.stream().allMatch(n -> n >= 1 && n <= most),
        field,
        numbers,
        "1 to " + most + what);
  }
}
