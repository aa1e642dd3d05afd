package io.resnet4j.app;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Numbers as people read them. */
final class Text {
  static final String NONE = "-";

  private Text() {}

  /** With commas between thousands. */
  static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** Such as {@code 40.55M} or {@code 4.089G}. */
  static String large(long number) {
    if (number >= 1_000_000_000) {
      return String.format(Locale.ROOT, "%.3fG", number * 1e-9);
    }
    return number >= 1_000_000 ? String.format(Locale.ROOT, "%.2fM", number * 1e-6) : count(number);
  }

  /** A fraction of one as per cent. */
  static String percent(@Nullable Double fraction) {
    return fraction == null ? NONE : String.format(Locale.ROOT, "%.2f %%", 100 * fraction);
  }

  /** A fraction of one as per cent, without decimals that say nothing. */
  static String share(double fraction) {
    return String.format(Locale.ROOT, "%.3g", 100 * fraction).replaceAll("\\.?0+$", "") + " %";
  }

  /** Words as a shell takes them: those with a character that it would read are quoted. */
  static String shell(List<String> words) {
    return words.stream()
        .map(
            word -> word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'")
        .collect(Collectors.joining(" "));
  }

  /** Four decimals. */
  static String decimal(@Nullable Double number) {
    return number == null ? NONE : String.format(Locale.ROOT, "%.4f", number);
  }

  /** Pictures a second. */
  static String rate(double imagesPerSecond) {
    return String.format(
        Locale.ROOT, imagesPerSecond < 100 ? "%.1f img/s" : "%,.0f img/s", imagesPerSecond);
  }

  /** Bytes in MiB. */
  static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%,d MiB", bytes >> 20);
  }

  /** Such as {@code 1 h 02 min}, {@code 3 min 05 s} or {@code 12.3 s}. */
  static String seconds(double seconds) {
    long whole = Math.round(seconds);
    if (whole >= 3600) {
      return String.format(Locale.ROOT, "%d h %02d min", whole / 3600, whole % 3600 / 60);
    }
    if (whole >= 60) {
      return String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60);
    }
    return String.format(Locale.ROOT, seconds < 10 ? "%.1f s" : "%.0f s", seconds);
  }
}
