package io.resnet4j.app.serve;

import io.resnet4j.infer.BatchLimits;
import io.resnet4j.infer.Batcher;
import io.resnet4j.infer.Explanation;
import io.resnet4j.infer.Explanations;
import io.resnet4j.infer.HeatMap;
import io.resnet4j.infer.Predictor;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Lock;

/**
 * One version of a model in memory. Requests hold leases; it is closed when it has been retired and
 * the last lease is given back, so that a request that began with it ends with it.
 */
final class ServedModel {
  private final String name;
  private final String version;
  private final Predictor predictor;
  private final Batcher batcher;
  private final Explanations explanations;
  private final Lock turns;
  private final int largest;
  private final Metrics metrics;

  /** The repository's own lease and those of requests; none can be had once it is 0. */
  private int leases = 1;

  private ServedModel(
      String name,
      String version,
      Predictor predictor,
      Batcher batcher,
      Lock turns,
      int largest,
      Metrics metrics) {
    this.name = name;
    this.version = version;
    this.predictor = predictor;
    this.batcher = batcher;
    this.explanations = Explanations.of(predictor);
    this.turns = turns;
    this.largest = largest;
    this.metrics = metrics;
  }

  /** Takes over {@code predictor}, which is closed if anything fails. */
  static ServedModel open(
      String name,
      String version,
      Predictor predictor,
      BatchLimits limits,
      Lock turns,
      Metrics metrics) {
    try {
      turns.lock();
      try {
        predictor.prepare(limits.largest());
      } finally {
        turns.unlock();
      }
      Batcher batcher =
          Batcher.over(
              predictor, limits, turns, (count, took) -> metrics.ranBatch(name, count, took));
      return new ServedModel(name, version, predictor, batcher, turns, limits.largest(), metrics);
    } catch (RuntimeException | Error e) {
      predictor.close();
      throw e;
    }
  }

  String name() {
    return name;
  }

  String version() {
    return version;
  }

  Predictor predictor() {
    return predictor;
  }

  /** Pictures that wait for a batch. */
  int waiting() {
    return batcher.waiting();
  }

  /** The logits of {@code count} pictures, as {@link Batcher#submit} gives them. */
  CompletableFuture<Batcher.Answer> submit(FloatBuffer images, int count, Duration patience) {
    return batcher
        .submit(images, count, patience)
        .whenComplete(
            (answer, failure) -> {
              if (answer != null) {
                metrics.waited(name, answer.waited());
              }
            });
  }

  /** What class activation maps look at; empty where there is no such layer. */
  String explainedLayer() {
    return explanations.layer().orElse("");
  }

  /**
   * Explains in steps no larger than a batch, so that batches come between them.
   *
   * @param before called before each step; what it throws ends the explanation
   */
  HeatMap explain(Explanation how, FloatBuffer image, int target, Runnable before) {
    return explanations.explain(how, image, target, new Explanations.Turns(turns, largest, before));
  }

  /** Whether a lease was given; not after the model has been closed. */
  synchronized boolean lease() {
    if (leases == 0) {
      return false;
    }
    leases++;
    return true;
  }

  /** Gives a lease back; the last one closes the model. */
  void release() {
    synchronized (this) {
      leases--;
      if (leases > 0) {
        return;
      }
    }
    // Not on the thread of a request, and never on the batcher's own, which could not wait for its
    // own end.
    Thread closing =
        new Thread(
            () -> {
              batcher.close();
              predictor.close();
            },
            "resnet4j-retire");
    closing.start();
  }
}
