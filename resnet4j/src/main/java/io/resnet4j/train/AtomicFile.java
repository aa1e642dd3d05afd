package io.resnet4j.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Replaces files so that whoever opens one, even after a power cut, finds either all of the old
 * content or all of the new: written aside, forced to the disk, renamed.
 */
final class AtomicFile {
  private static final String ASIDE = ".part";

  private AtomicFile() {}

  /** Writes a file at the path it is given. */
  @FunctionalInterface
  interface Writer {
    void write(Path path) throws IOException;
  }

  /**
   * Replaces {@code file} by what {@code writer} writes.
   *
   * @throws UncheckedIOException if that fails; {@code file} is as it was then
   */
  static void replace(Path file, Writer writer) {
    Path aside = file.resolveSibling(file.getFileName() + ASIDE);
    try {
      try {
        writer.write(aside);
        force(aside);
        Files.move(
            aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        forceFolder(file);
      } finally {
        Files.deleteIfExists(aside);
      }
    } catch (IOException e) {
      throw failed(file, e);
    } catch (UncheckedIOException e) {
      throw failed(file, e.getCause());
    }
  }

  static void replace(Path file, String text) {
    replace(file, path -> Files.write(path, text.getBytes(StandardCharsets.UTF_8)));
  }

  static UncheckedIOException failed(Path file, IOException e) {
    String kept = Files.exists(file) ? "; what stood there before is intact" : "";
    return new UncheckedIOException(
        file
            + ": cannot be written: "
            + reason(e)
            + kept
            + "; free space or permit writing, then go on with --resume",
        e);
  }

  static String reason(IOException e) {
    if (e instanceof java.nio.file.AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof java.nio.file.FileAlreadyExistsException) {
      return "a file stands in its place";
    }
    if (e instanceof java.nio.file.FileSystemException system && system.getReason() != null) {
      return system.getReason();
    }
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }

  private static void force(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  private static void forceFolder(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    // Windows cannot open folders; there the rename is as durable as it gets.
    if (System.getProperty("os.name").startsWith("Windows") || folder == null) {
      return;
    }
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
