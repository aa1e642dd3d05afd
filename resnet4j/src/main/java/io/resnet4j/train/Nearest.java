package io.resnet4j.train;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;

/** Finds what someone may have meant. */
final class Nearest {
  private Nearest() {}

  /** The candidate with the least edit distance (Levenshtein 1966) to {@code given}. */
  static String of(String given, Collection<String> candidates) {
    return candidates.stream()
        .min(Comparator.comparingInt((String candidate) -> distance(given, candidate)))
        .orElseThrow();
  }

  private static int distance(String left, String right) {
    String a = left.toLowerCase(Locale.ROOT);
    String b = right.toLowerCase(Locale.ROOT);
    int[] row = new int[b.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int swapped = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(swapped, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
