package io.resnet4j.app.serve;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;

/** The web page: three files that need nothing from elsewhere. */
final class PageFiles {
  /** Nothing but this server's own files, and pictures that the page made itself. */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
          + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final Map<String, Answer> files = new HashMap<>();

  PageFiles() {
    files.put("", file("page.html", "text/html; charset=utf-8"));
    files.put("page.css", file("page.css", "text/css; charset=utf-8"));
    files.put("page.js", file("page.js", "text/javascript; charset=utf-8"));
    files.put("favicon.svg", file("favicon.svg", "image/svg+xml"));
  }

  private static Answer file(String name, String type) {
    try (InputStream in = PageFiles.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + ": not on the class path");
      }
      return Answer.of(type, in.readAllBytes())
          .with("Content-Security-Policy", POLICY)
          .with("Cache-Control", "no-cache");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  boolean has(String name) {
    return files.containsKey(name);
  }

  Answer get(String name) {
    return files.get(name);
  }
}
