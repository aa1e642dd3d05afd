package io.resnet4j.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Words for what went wrong. */
final class Failures {
  private Failures() {}

  /** One line, whatever the exception's message looks like. */
  static String line(Throwable thrown) {
    String text = thrown.getMessage();
    if (thrown instanceof OutOfMemoryError) {
      boolean heap = text == null || text.contains("heap");
      text =
          "out of "
              + (heap ? "Java heap" : "memory outside the Java heap (" + text + ")")
              + ", whose limit is "
              + (Runtime.getRuntime().maxMemory() >> 20)
              + " MiB; use a smaller batch, or raise the limit with RESNET4J_JAVA_OPTS=-Xmx...";
    } else if (thrown instanceof UncheckedIOException && thrown.getCause() != null) {
      text = message(thrown.getCause(), text);
    } else if (text == null || text.isBlank()) {
      text = thrown.getClass().getSimpleName() + "; run again with --debug to see where";
    } else if (thrown instanceof Error || unnamed(thrown)) {
      text = thrown.getClass().getSimpleName() + ": " + text;
    }
    return text.strip().replaceAll("\\s*[\\r\\n]+\\s*", " ");
  }

  /** Why a file could not be used, without its name, which the message has already. */
  static String reason(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof NotDirectoryException || e instanceof FileAlreadyExistsException) {
      return "a file stands in its way";
    }
    if (e instanceof NoSuchFileException) {
      return "no such file";
    }
    if (e instanceof FileSystemException system && system.getReason() != null) {
      return system.getReason();
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  /** A wrapped exception's class name is of no use to the reader. */
  private static String message(Throwable cause, String text) {
    String prefix = cause.getClass().getName() + ": ";
    if (text == null) {
      return cause.getClass().getSimpleName();
    }
    return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
  }

  /** Exceptions whose message alone says nothing, such as an index or a class. */
  private static boolean unnamed(Throwable thrown) {
    return thrown instanceof NullPointerException
        || thrown instanceof IndexOutOfBoundsException
        || thrown instanceof ClassCastException;
  }
}
