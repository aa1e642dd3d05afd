package io.resnet4j.fetch;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Keeps two downloads of one file apart, in one process or in several. The system frees the lock of
 * a process that dies; the empty file it hangs on stays, since removing it would race.
 */
final class FetchLock implements AutoCloseable {
  private static final int POLL_MILLIS = 100;

  private final FileChannel channel;

  private FetchLock(FileChannel channel) {
    this.channel = channel;
  }

  /** Waits until nobody else fetches {@code target}. */
  static FetchLock take(Path target, Duration patience, FetchListener listener) {
    Path path = target.resolveSibling("." + target.getFileName() + ".lock");
    try {
      FileChannel channel =
          FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        await(channel, target, patience, listener);
        return new FetchLock(channel);
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (InterruptedIOException e) {
      throw new UncheckedIOException(target + ": interrupted", e);
    } catch (IOException e) {
      throw Disk.failed(path, "locked", e);
    }
  }

  private static void await(
      FileChannel channel, Path target, Duration patience, FetchListener listener)
      throws IOException {
    long begin = System.nanoTime();
    boolean told = false;
    while (lock(channel) == null) {
      if (!told) {
        listener.note(target.getFileName() + ": another download of it goes on; waiting for that");
        told = true;
      }
      if (System.nanoTime() - begin > patience.toNanos()) {
        throw new UncheckedIOException(
            target + ": another download of it has not ended in " + Words.seconds(patience),
            new IOException("locked"));
      }
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted");
      }
    }
  }

  private static @Nullable FileLock lock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // Another thread of this process.
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("a lock cannot be given back: " + e.getMessage(), e);
    }
  }
}
