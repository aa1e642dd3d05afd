package io.resnet4j.interop;

import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Supplier;

/**
 * A folder that nobody else may write into until this is closed, in this process or another. The
 * system lets go of it with the process, however that ends.
 */
public final class FolderLock implements AutoCloseable {
  /** The file in the folder that is locked; it stays. */
  public static final String FILE = ".lock";

  private final FileChannel channel;

  private FolderLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes a folder that is there.
   *
   * @param work what is done in it, such as {@code a run}
   * @throws InvalidInputException if it cannot be written, or somebody else has it
   */
  public static FolderLock of(Path folder, String work) {
    FileChannel channel;
    try {
      channel =
          FileChannel.open(
              folder.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new InvalidInputException(
          folder.resolve(FILE)
              + ": cannot be written: "
              + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage()),
          e);
    }
    FolderLock lock = new FolderLock(channel);
    try {
      if (channel.tryLock() != null) {
        return lock;
      }
    } catch (OverlappingFileLockException e) {
      // Held by another one of this process.
    } catch (IOException e) {
      // A file system without locks: nothing tells of a second one.
      return lock;
    }
    lock.close();
    throw new InvalidInputException(
        folder + ": " + work + " is going on in it; wait for its end, or give another folder");
  }

  /** Does something while the folder is taken, as {@link #of}. */
  public static <T> T during(Path folder, String work, Supplier<T> what) {
    FolderLock lock = of(folder, work);
    try {
      return what.get();
    } finally {
      lock.close();
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // The system closes it with the process.
    }
  }
}
