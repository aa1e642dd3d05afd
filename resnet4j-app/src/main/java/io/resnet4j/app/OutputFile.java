package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.interop.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that a command is told to write. */
final class OutputFile {
  private OutputFile() {}

  /**
   * Checks, before the work begins, that a file can stand there.
   *
   * @throws InvalidInputException if it has no folder, or is one
   */
  static void require(String option, Path out) {
    Path folder = out.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new InvalidInputException(
          option + " " + out + ": there is no folder " + folder + "; make it, or name another");
    }
    if (Files.isDirectory(out)) {
      throw new InvalidInputException(option + " " + out + ": is a folder; name a file");
    }
  }

  /**
   * Makes a folder that files will be written into.
   *
   * @throws InvalidInputException if it cannot be made or is a file
   */
  static void folder(String option, Path out) {
    try {
      Files.createDirectories(out);
    } catch (IOException e) {
      throw new InvalidInputException(
          option + " " + out + ": cannot be made a folder; name another", e);
    }
  }

  /**
   * Writes a picture; the file appears whole or not at all.
   *
   * @throws InvalidInputException if it cannot be written
   */
  static void picture(String option, Path file, byte[] png) {
    try {
      AtomicFile.write(file, png);
    } catch (IOException e) {
      throw new InvalidInputException(
          option
              + " "
              + file
              + ": cannot be written: "
              + Failures.reason(e)
              + "; give another file",
          e);
    }
  }

  /** Writes text; the file appears whole or not at all. */
  static void write(Path file, String text) {
    try {
      AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": cannot be written", e);
    }
  }
}
