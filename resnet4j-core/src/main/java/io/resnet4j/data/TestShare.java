package io.resnet4j.data;

import io.resnet4j.random.KeyedRandom;
import java.util.List;

/**
 * Which pictures of a class are set aside for testing where a folder has no test part: about a
 * fifth.
 *
 * <p>Each name decides for itself, by a number drawn from it alone. So the choice is the same on
 * every machine and under every seed, and adding a picture moves no other. Small classes are the
 * exception: one with at least {@value #ENOUGH} pictures has one for testing, the lowest number,
 * where none would be, and one is always left to learn from.
 */
final class TestShare {
  private static final double SHARE = 0.2;
  private static final int ENOUGH = 5;

  private TestShare() {}

  /**
   * Whether each is set aside.
   *
   * @param names of the pictures of one class, its folder included, with slashes; at least one
   */
  static boolean[] of(List<String> names) {
    boolean[] aside = new boolean[names.size()];
    double[] draws = new double[aside.length];
    int count = 0;
    int lowest = 0;
    int highest = 0;
    for (int i = 0; i < aside.length; i++) {
      draws[i] = KeyedRandom.of(0, "data/test-share/" + names.get(i)).uniformAt(0);
      aside[i] = draws[i] < SHARE;
      count += aside[i] ? 1 : 0;
      lowest = draws[i] < draws[lowest] ? i : lowest;
      highest = draws[i] > draws[highest] ? i : highest;
    }
    if (count == 0 && aside.length >= ENOUGH) {
      aside[lowest] = true;
    }
    if (count == aside.length) {
      aside[highest] = false;
    }
    return aside;
  }
}
