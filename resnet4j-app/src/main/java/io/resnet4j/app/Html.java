package io.resnet4j.app;

/** Text in HTML. */
final class Html {
  private Html() {}

  /** As text and as the value of an attribute. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
