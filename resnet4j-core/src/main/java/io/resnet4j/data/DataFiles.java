package io.resnet4j.data;

import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What the readers of data files share: looking for files and saying what is wrong with them. */
final class DataFiles {
  private static final long LARGEST_TEXT = 1 << 20;

  private DataFiles() {}

  /** {@code folder} itself, if it is a folder that can be read. */
  static Path requireFolder(Path folder, String contents) {
    if (!Files.exists(folder)) {
      throw new InvalidInputException(
          folder + ": no such folder; expected one that holds " + contents);
    }
    if (!Files.isDirectory(folder)) {
      throw new InvalidInputException(
          folder + ": is a file; expected the folder that holds " + contents);
    }
    return folder;
  }

  /** The size in bytes of a file that must exist. */
  static long requireFile(Path file, String remedy) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(
          file + (Files.exists(file) ? ": is not a regular file; " : ": no such file; ") + remedy);
    }
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** The lines of a small text file, without blank ones and without space at their ends. */
  static List<String> lines(Path file) {
    long size = requireFile(file, "expected a text file with one class name on a line");
    if (size > LARGEST_TEXT) {
      throw new InvalidInputException(
          file + ": " + size + " bytes; expected a short text file with one class name on a line");
    }
    try {
      List<String> lines = new ArrayList<>();
      for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
        if (!line.isBlank()) {
          lines.add(line.strip());
        }
      }
      return lines;
    } catch (MalformedInputException e) {
      throw new InvalidInputException(
          file + ": is not UTF-8 text; expected one class name on a line", e);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** The names in {@code file}, which must be {@code count} different ones. */
  static List<String> classNames(Path file, int count) {
    List<String> names = lines(file);
    if (names.size() != count) {
      throw new InvalidInputException(
          file
              + ": "
              + names.size()
              + " class names, expected "
              + count
              + "; correct or remove the file");
    }
    return names;
  }

  /** The names {@code 0} to {@code count - 1}. */
  static List<String> numbers(int count) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add(Integer.toString(i));
    }
    return names;
  }

  /** The user's mistake if the file may not be read, a failure of the machine otherwise. */
  static RuntimeException unreadable(Path file, IOException e) {
    if (e instanceof AccessDeniedException) {
      return new InvalidInputException(file + ": may not be read; change its permissions", e);
    }
    if (e instanceof NoSuchFileException) {
      return new InvalidInputException(file + ": no such file", e);
    }
    return new UncheckedIOException(file + ": cannot be read: " + e.getMessage(), e);
  }
}
