package io.resnet4j.backend.onednn;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The one thread that calls oneDNN for a session: OpenMP keeps a team of threads per calling
 * thread, so a second caller would mean a second team. A closed session's thread serves the next
 * one, since the system's allocator, too, keeps memory for every thread that it has seen.
 */
final class EngineThread implements AutoCloseable {
  private static final Deque<ExecutorService> IDLE = new ArrayDeque<>();

  private final ExecutorService executor;
  private boolean closed;

  EngineThread() {
    synchronized (IDLE) {
      executor = IDLE.isEmpty() ? start() : IDLE.pop();
    }
  }

  private static ExecutorService start() {
    return Executors.newSingleThreadExecutor(
        task -> {
          Thread thread = new Thread(task, "resnet4j-engine");
          thread.setDaemon(true);
          return thread;
        });
  }

  <T> T call(Callable<T> task) {
    boolean interrupted = false;
    try {
      var future = executor.submit(task);
      while (true) {
        try {
          return future.get();
        } catch (InterruptedException e) {
          // A step cannot be abandoned halfway: its memory is in use until it ends.
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  void run(Runnable task) {
    call(Executors.callable(task));
  }

  /** Gives the thread back; a second call does nothing. */
  @Override
  public void close() {
    synchronized (IDLE) {
      if (!closed) {
        closed = true;
        IDLE.push(executor);
      }
    }
  }
}
