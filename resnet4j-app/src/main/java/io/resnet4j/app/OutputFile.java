package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
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
}
