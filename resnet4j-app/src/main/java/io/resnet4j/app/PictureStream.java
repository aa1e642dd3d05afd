package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Pictures in the order in which they were named, read, decoded and prepared by threads of its own
 * while the caller computes. So many at most lie ready as the caller says.
 */
final class PictureStream implements AutoCloseable {
  private final BlockingQueue<Future<Optional<Prepared>>> queue;
  private final ExecutorService workers;
  private final Thread feeder;

  /**
   * A picture as the network takes it, or why it is none.
   *
   * @param values of all its views; none where it failed
   */
  record Prepared(String name, FloatBuffer values, @Nullable RuntimeException failure) {}

  /**
   * @param workers how many threads prepare
   * @param ahead how many pictures may lie ready
   * @param prepare makes of a picture what the network takes
   */
  PictureStream(
      Stream<PictureInput> pictures,
      int workers,
      int ahead,
      Function<PictureInput, FloatBuffer> prepare) {
    this.queue = new ArrayBlockingQueue<>(ahead);
    this.workers = Executors.newFixedThreadPool(workers, work -> daemon(work, "resnet4j-pictures"));
    // Names may come slowly: what is there must not wait for what is not yet.
    this.feeder = daemon(() -> feed(pictures.iterator(), prepare), "resnet4j-names");
    feeder.start();
  }

  private static Thread daemon(Runnable work, String name) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
  }

  private void feed(Iterator<PictureInput> pictures, Function<PictureInput, FloatBuffer> prepare) {
    try {
      try {
        while (pictures.hasNext()) {
          PictureInput each = pictures.next();
          queue.put(workers.submit(() -> Optional.of(prepared(each, prepare))));
        }
        queue.put(CompletableFuture.completedFuture(Optional.empty()));
      } catch (RuntimeException | Error e) {
        queue.put(CompletableFuture.failedFuture(e));
      }
    } catch (InterruptedException e) {
      // Closed; nobody waits for more.
      Thread.currentThread().interrupt();
    }
  }

  private static Prepared prepared(
      PictureInput picture, Function<PictureInput, FloatBuffer> prepare) {
    try {
      return new Prepared(picture.name(), prepare.apply(picture), null);
    } catch (InvalidInputException | UncheckedIOException e) {
      return new Prepared(picture.name(), FloatBuffer.allocate(0), e);
    }
  }

  /** The next picture, good or bad; empty at the end. */
  Optional<Prepared> next() {
    try {
      return queue.take().get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while pictures were read", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    }
  }

  /** Whether the next one, or the end, is there within so many milliseconds. */
  boolean soon(long millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    try {
      Future<Optional<Prepared>> next = queue.peek();
      while (next == null && System.nanoTime() < end) {
        Thread.sleep(1);
        next = queue.peek();
      }
      if (next == null) {
        return false;
      }
      next.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      // It is there, and next() says what it is.
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Ends its threads; what they have begun is thrown away. */
  @Override
  public void close() {
    feeder.interrupt();
    workers.shutdownNow();
  }
}
