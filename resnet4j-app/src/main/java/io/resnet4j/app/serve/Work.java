package io.resnet4j.app.serve;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Threads for what is not the engine's. Few, so that few pictures are decoded at once; with bounded
 * queues, so that too much work is refused and not hoarded.
 */
final class Work implements AutoCloseable {
  private static final int EXPLANATIONS = 16;
  private static final int CHANGES = 64;

  /** Decoding, parsing and writing of answers. */
  private final ExecutorService requests;

  /** Answers that are ready to be written; there are never more than the queues let in. */
  private final ExecutorService answers = pool("answer", 2, Integer.MAX_VALUE);

  /** Explanations take the engine many times as long as an answer: one at a time. */
  private final ExecutorService explanations = pool("explain", 1, EXPLANATIONS);

  /** Changes of the models that are served: one at a time. */
  private final ExecutorService changes = pool("reload", 1, CHANGES);

  Work(int queue) {
    this.requests = pool("request", Math.max(2, Runtime.getRuntime().availableProcessors()), queue);
  }

  private static ExecutorService pool(String name, int threads, int queue) {
    AtomicInteger number = new AtomicInteger();
    return new ThreadPoolExecutor(
        threads,
        threads,
        0,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(queue),
        run -> {
          Thread thread = new Thread(run, "resnet4j-" + name + "-" + number.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
  }

  /** Takes part of a request; throws {@link HttpError} where there is too much. */
  Executor requests() {
    return refusing(requests);
  }

  /** Writes answers. */
  Executor answers() {
    return answers;
  }

  <T> CompletableFuture<T> explain(Supplier<T> what) {
    return CompletableFuture.supplyAsync(what, refusing(explanations));
  }

  <T> CompletableFuture<T> change(Supplier<T> what) {
    return CompletableFuture.supplyAsync(what, refusing(changes));
  }

  private static Executor refusing(ExecutorService pool) {
    return run -> {
      try {
        pool.execute(run);
      } catch (RejectedExecutionException e) {
        throw HttpError.busy("too many requests of this kind wait already; try again later", 1);
      }
    };
  }

  @Override
  public void close() {
    requests.shutdown();
    answers.shutdown();
    explanations.shutdown();
    changes.shutdown();
  }
}
