package io.resnet4j.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Where text goes: results to standard output, everything else to standard error. The only class
 * that writes to either.
 */
final class Console {
  private final PrintStream out;
  private final PrintStream err;
  private final boolean terminal;
  private boolean quiet;
  private boolean verbose;

  Console(PrintStream out, PrintStream err, boolean terminal) {
    this.out = out;
    this.err = err;
    this.terminal = terminal;
  }

  void setVerbosity(boolean nowQuiet, boolean nowVerbose) {
    quiet = nowQuiet;
    verbose = nowVerbose;
  }

  /** Standard input. */
  InputStream in() {
    return System.in;
  }

  PrintStream out() {
    return out;
  }

  PrintStream err() {
    return err;
  }

  /** Whether a progress bar may be drawn on standard error. */
  boolean terminal() {
    return terminal;
  }

  boolean quiet() {
    return quiet;
  }

  boolean verbose() {
    return verbose;
  }

  /** A line of the result. */
  void result(String line) {
    out.println(line);
    out.flush();
  }

  /** A line about what goes on, unless that is unwanted. */
  void info(String line) {
    if (!quiet) {
      err.println(line);
    }
  }

  /** A line of a log, as it is, whole even where several threads write. */
  void line(byte[] text) {
    byte[] line = Arrays.copyOf(text, text.length + 1);
    line[text.length] = '\n';
    err.write(line, 0, line.length);
    err.flush();
  }

  /** A line that only the curious want. */
  void detail(String line) {
    if (verbose) {
      err.println(line);
    }
  }

  /** Something that the user should know even when quiet. */
  void warn(String line) {
    err.println("warning: " + line);
  }

  void error(String line) {
    err.println("error: " + line);
    err.flush();
  }

  /**
   * Whether standard error is a terminal. {@code System.console()} would tell of standard input and
   * output, either of which may be redirected while a bar on standard error is still welcome.
   */
  static boolean errorsGoToTerminal() {
    return terminal(2);
  }

  /** Whether standard output is one. */
  static boolean resultsGoToTerminal() {
    return terminal(1);
  }

  private static boolean terminal(int number) {
    if ("dumb".equals(System.getenv("TERM"))) {
      return false;
    }
    Path descriptor = Path.of("/proc/self/fd/" + number);
    if (Files.isSymbolicLink(descriptor)) {
      try {
        String target = Files.readSymbolicLink(descriptor).toString();
        return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
      } catch (IOException e) {
        return false;
      }
    }
    return System.console() != null;
  }
}
