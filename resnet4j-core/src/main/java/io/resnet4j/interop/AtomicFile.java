package io.resnet4j.interop;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Writes a file so that its name always leads to something whole: the old content until the new one
 * is on the disk, then the new.
 */
public final class AtomicFile {
  /** What writes the content. */
  @FunctionalInterface
  public interface Content {
    /** Writes everything to {@code out}, which may take less than it is given at a time. */
    void write(FileChannel out) throws IOException;
  }

  private AtomicFile() {}

  /**
   * Writes {@code bytes} as {@link #write(Path, Content)} does.
   *
   * @throws IOException if the folder cannot be written or the disk is full
   */
  public static void write(Path file, byte[] bytes) throws IOException {
    write(file, out -> writeAll(out, ByteBuffer.wrap(bytes)));
  }

  /** Writes until nothing is left: a nearly full disk takes a part and fails at the next. */
  static void writeAll(WritableByteChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }

  /**
   * Writes to a file beside {@code file}, flushes it to the disk and renames it. Where anything
   * fails the file beside it is removed and {@code file} is as it was.
   *
   * @throws IOException if the folder cannot be written or the disk is full
   */
  public static void write(Path file, Content content) throws IOException {
    Path target = file.toAbsolutePath();
    Path aside = aside(target);
    boolean done = false;
    try {
      try (FileChannel out = FileChannel.open(aside, StandardOpenOption.WRITE)) {
        content.write(out);
        out.force(true);
      }
      move(aside, target);
      done = true;
    } finally {
      if (!done) {
        Files.deleteIfExists(aside);
      }
    }
  }

  /**
   * A new file {@code .NAME.NUMBER.PROCESS.part} beside {@code target}; its name says whose it is
   * if the process is killed. Not {@code Files.createTempFile}, which makes files that only their
   * owner may read.
   */
  private static Path aside(Path target) throws IOException {
    String end = "." + ProcessHandle.current().pid() + ".part";
    for (int number = 0; ; number++) {
      try {
        return Files.createFile(
            target.resolveSibling("." + target.getFileName() + "." + number + end));
      } catch (FileAlreadyExistsException e) {
        // Another thread's, or that of a process of the same number in another container.
      }
    }
  }

  /**
   * Gives {@code aside}, which is whole and flushed, the name {@code target} in the same folder.
   *
   * @throws IOException if it cannot be renamed; {@code target} is as it was
   */
  public static void move(Path aside, Path target) throws IOException {
    try {
      Files.move(
          aside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(aside, target, StandardCopyOption.REPLACE_EXISTING);
    }
    flushFolder(target.toAbsolutePath().getParent());
  }

  /** Makes the rename itself last, where the system lets a folder be opened. */
  private static void flushFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Windows opens no folders; the content is flushed, only the rename may be lost with power.
    }
  }
}
