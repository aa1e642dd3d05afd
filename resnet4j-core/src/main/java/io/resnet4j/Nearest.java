package io.resnet4j;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Finds what a mistyped name probably meant. */
public final class Nearest {
  private Nearest() {}

  /**
   * {@code "; did you mean 'resnet20'?"} where a known name is at most a third of {@code name} away
   * in insertions, deletions, substitutions and swaps of neighbours, else the empty text. Of
   * equally near names the first is taken.
   */
  public static String suggestion(String name, Collection<String> known) {
    int least = Math.max(1, name.length() / 3) + 1;
    String best = "";
    for (String candidate : known) {
      int distance = distance(name, candidate);
      if (distance < least) {
        least = distance;
        best = "; did you mean '" + candidate + "'?";
      }
    }
    return best;
  }

  /** The {@code count} known names that are nearest to {@code name}, the nearest first. */
  public static List<String> of(String name, Collection<String> known, int count) {
    return known.stream()
        .sorted(Comparator.comparingInt(candidate -> distance(name, candidate)))
        .limit(count)
        .toList();
  }

  /** Optimal string alignment distance. */
  static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        d[i][j] = Math.min(d[i - 1][j - 1] + change, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }
}
