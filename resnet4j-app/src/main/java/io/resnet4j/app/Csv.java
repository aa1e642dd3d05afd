package io.resnet4j.app;

/** Comma-separated values (RFC 4180). */
final class Csv {
  private Csv() {}

  /** Adds a line. */
  static void line(StringBuilder to, Object... values) {
    for (int i = 0; i < values.length; i++) {
      String text = values[i].toString();
      boolean quoted = text.matches("(?s).*[\",\r\n].*");
      to.append(i == 0 ? "" : ",").append(quoted ? '"' + text.replace("\"", "\"\"") + '"' : text);
    }
    to.append('\n');
  }
}
