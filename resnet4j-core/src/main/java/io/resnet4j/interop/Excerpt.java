package io.resnet4j.interop;

/** Text from a file, made fit for a message. */
final class Excerpt {
  private static final int LONGEST = 120;

  private Excerpt() {}

  /** One short line without characters that control a terminal. */
  static String of(String text) {
    String line = text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", "?");
    return line.length() > LONGEST ? line.substring(0, LONGEST) + "..." : line;
  }
}
