package io.resnet4j.data.augment;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.PictureSize;
import io.resnet4j.random.KeyedRandom;
import java.util.Arrays;
import java.util.List;

/** What several augmentations check, draw and fill alike. */
final class Ranges {
  private Ranges() {}

  static void require(boolean holds, String name, String what, Object value, String expected) {
    if (!holds) {
      throw new InvalidInputException(name + ": " + what + " " + value + ", expected " + expected);
    }
  }

  static void requireShare(String name, String what, double value) {
    require(value >= 0 && value <= 1, name, what, value, "0 to 1");
  }

  /** Two positive bounds in order. */
  static void requireBounds(String name, String what, double low, double high, double most) {
    require(
        low > 0 && low <= high && high <= most,
        name,
        what,
        low + " to " + high,
        "two numbers in order, above 0" + (most < Double.MAX_VALUE ? " and at most " + most : ""));
  }

  static double uniform(KeyedRandom random, double low, double high) {
    return low + random.nextUniform() * (high - low);
  }

  /** Uniform in the logarithm, so that tall and wide are as likely. */
  static double ratio(KeyedRandom random, double low, double high) {
    return StrictMath.exp(uniform(random, StrictMath.log(low), StrictMath.log(high)));
  }

  /** Fills a rectangle with a level for each channel; black where there are none. */
  static void fill(
      byte[] planes,
      PictureSize size,
      int top,
      int left,
      int height,
      int width,
      List<Integer> fill) {
    for (int c = 0; c < size.channels(); c++) {
      byte level = level(fill, c);
      for (int y = top; y < top + height; y++) {
        int row = (c * size.height() + y) * size.width() + left;
        Arrays.fill(planes, row, row + width, level);
      }
    }
  }

  static byte level(List<Integer> fill, int channel) {
    return fill.isEmpty() ? 0 : (byte) (int) fill.get(channel);
  }
}
