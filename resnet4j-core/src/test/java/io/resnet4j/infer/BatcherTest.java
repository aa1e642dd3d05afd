package io.resnet4j.infer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backends;
import io.resnet4j.model.Models;
import io.resnet4j.plan.Precision;
import io.resnet4j.random.KeyedRandom;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The engine is held by its lock while requests gather, so that no test hangs on times. */
@Timeout(180)
class BatcherTest {
  private static final int SAMPLES = 3 * 8 * 8;
  private static final Duration LONG = Duration.ofSeconds(20);

  private final ReentrantLock turns = new ReentrantLock(true);
  private final List<Integer> batches = Collections.synchronizedList(new ArrayList<>());
  private final Predictor predictor =
      Predictor.open(
          Models.resnet20(4)
              .withBlocks(List.of(1, 1, 1))
              .withWidths(List.of(2, 2, 2))
              .withInput(3, 8, 8)
              .initialise(1),
          Precision.F32,
          Backends.named("reference"));

  @AfterEach
  void close() {
    predictor.close();
  }

  private Batcher batcher(int largest, Duration budget, int queue) {
    return Batcher.over(
        predictor,
        new BatchLimits(largest, budget, queue),
        turns,
        (count, took) -> batches.add(count));
  }

  private static FloatBuffer images(int first, int count) {
    FloatBuffer images = FloatBuffer.allocate(count * SAMPLES);
    KeyedRandom random = KeyedRandom.of(9, "images");
    for (int i = 0; i < count * SAMPLES; i++) {
      images.put((float) random.normalAt((long) first * SAMPLES + i));
    }
    return images.flip();
  }

  private float[] alone(int index) {
    return predictor.logits(images(index, 1), 1);
  }

  /** Fills the engine with one request, so that the next ones queue. */
  private CompletableFuture<Batcher.Answer> occupy(Batcher batcher) throws InterruptedException {
    turns.lock();
    CompletableFuture<Batcher.Answer> first = batcher.submit(images(0, 1), 1, LONG);
    while (batcher.waiting() > 0) {
      Thread.sleep(1);
    }
    return first;
  }

  @Test
  void whatGathersRunsTogetherInPowersOfTwoAndEveryoneGetsTheirOwn() throws Exception {
    try (Batcher batcher = batcher(4, Duration.ZERO, 16)) {
      CompletableFuture<Batcher.Answer> first = occupy(batcher);
      List<CompletableFuture<Batcher.Answer>> others = new ArrayList<>();
      for (int i = 1; i <= 3; i++) {
        others.add(batcher.submit(images(i, 1), 1, LONG));
      }
      CompletableFuture<Batcher.Answer> four = batcher.submit(images(4, 4), 4, LONG);
      turns.unlock();
      assertArrayEquals(alone(0), first.get(20, TimeUnit.SECONDS).logits(), 1e-5f);
      for (int i = 1; i <= 3; i++) {
        Batcher.Answer answer = others.get(i - 1).get(20, TimeUnit.SECONDS);
        assertArrayEquals(alone(i), answer.logits(), 1e-5f);
        assertEquals(4, answer.largestBatch());
      }
      float[] all = four.get(20, TimeUnit.SECONDS).logits();
      for (int i = 0; i < 4; i++) {
        assertArrayEquals(alone(4 + i), Arrays.copyOfRange(all, 4 * i, 4 * i + 4), 1e-5f);
      }
    }
    assertEquals(List.of(1, 4, 2, 1), batches);
  }

  @Test
  void anIdleEngineDoesNotWaitForCompany() throws Exception {
    try (Batcher batcher = batcher(8, Duration.ofSeconds(60), 16)) {
      assertEquals(
          1, batcher.submit(images(0, 1), 1, LONG).get(20, TimeUnit.SECONDS).largestBatch());
    }
  }

  @Test
  void aFullBatchLeavesBeforeItsBudgetIsSpent() throws Exception {
    try (Batcher batcher = batcher(2, Duration.ofSeconds(60), 16)) {
      occupy(batcher);
      CompletableFuture<Batcher.Answer> one = batcher.submit(images(1, 1), 1, LONG);
      CompletableFuture<Batcher.Answer> two = batcher.submit(images(2, 1), 1, LONG);
      turns.unlock();
      assertEquals(2, one.get(20, TimeUnit.SECONDS).largestBatch());
      assertEquals(2, two.get(20, TimeUnit.SECONDS).largestBatch());
    }
  }

  @Test
  void aFullQueueRefusesAndTakesAgainLater() throws Exception {
    try (Batcher batcher = batcher(2, Duration.ZERO, 2)) {
      occupy(batcher);
      CompletableFuture<Batcher.Answer> taken = batcher.submit(images(1, 2), 2, LONG);
      QueueFullException full =
          assertThrows(QueueFullException.class, () -> batcher.submit(images(3, 1), 1, LONG));
      assertTrue(full.getMessage().contains("2 of 2"), full.getMessage());
      turns.unlock();
      taken.get(20, TimeUnit.SECONDS);
      batcher.submit(images(3, 1), 1, LONG).get(20, TimeUnit.SECONDS);
      assertThrows(InvalidInputException.class, () -> batcher.submit(images(0, 3), 3, LONG));
      assertThrows(
          InvalidInputException.class, () -> batcher.submit(FloatBuffer.allocate(3), 1, LONG));
    }
  }

  @Test
  void whoIsNoLongerWaitedForIsLeftOut() throws Exception {
    try (Batcher batcher = batcher(2, Duration.ZERO, 2)) {
      CompletableFuture<Batcher.Answer> first = occupy(batcher);
      CompletableFuture<Batcher.Answer> late =
          batcher.submit(images(1, 2), 2, Duration.ofMillis(1));
      CompletionException e = assertThrows(CompletionException.class, late::join);
      assertInstanceOf(TimeoutException.class, e.getCause());
      while (batcher.waiting() > 0) {
        Thread.sleep(1);
      }
      turns.unlock();
      first.get(20, TimeUnit.SECONDS);
    }
    assertEquals(List.of(1), batches);
  }

  @Test
  void closingAnswersWhatWasTakenAndRefusesTheRest() throws Exception {
    Batcher batcher = batcher(2, Duration.ofSeconds(60), 8);
    occupy(batcher);
    CompletableFuture<Batcher.Answer> last = batcher.submit(images(1, 1), 1, LONG);
    turns.unlock();
    batcher.close();
    assertTrue(last.isDone());
    assertArrayEquals(alone(1), last.join().logits(), 1e-5f);
    batcher.close();
    assertThrows(IllegalStateException.class, () -> batcher.submit(images(0, 1), 1, LONG));
  }

  @Test
  void aFailureReachesWhoWaitsAndTheNextBatchRuns() throws Exception {
    Batcher batcher = batcher(2, Duration.ZERO, 8);
    predictor.close();
    for (int i = 0; i < 2; i++) {
      CompletableFuture<Batcher.Answer> answer = batcher.submit(images(0, 1), 1, LONG);
      CompletionException e = assertThrows(CompletionException.class, answer::join);
      assertInstanceOf(IllegalStateException.class, e.getCause());
    }
    batcher.close();
  }

  @Test
  void aListenerThatThrowsKeepsNobodyFromAnAnswer() throws Exception {
    Batcher.Listener broken =
        (count, took) -> {
          batches.add(count);
          throw new IllegalStateException("a listener's own fault");
        };
    try (Batcher batcher =
        Batcher.over(predictor, new BatchLimits(2, Duration.ZERO, 8), turns, broken)) {
      for (int i = 0; i < 2; i++) {
        assertArrayEquals(
            alone(i),
            batcher.submit(images(i, 1), 1, LONG).get(20, TimeUnit.SECONDS).logits(),
            1e-5f);
      }
      // Of two batches: the first must not be the end of the second.
      assertEquals(
          2, batcher.submit(images(2, 3), 3, LONG).get(20, TimeUnit.SECONDS).largestBatch());
    }
    assertEquals(List.of(1, 1, 2, 1), batches);
  }

  /** Such as a heap that is full for a moment, wherever that shows. */
  @Test
  void whatFailsBesideTheEngineReachesWhoWaitsToo() throws Exception {
    ReentrantLock full =
        new ReentrantLock() {
          private static final long serialVersionUID = 1L;
          private boolean failed;

          @Override
          public void lock() {
            if (!failed) {
              failed = true;
              throw new OutOfMemoryError("once");
            }
            super.lock();
          }
        };
    try (Batcher batcher =
        Batcher.over(predictor, new BatchLimits(2, Duration.ZERO, 8), full, (count, took) -> {})) {
      // Its third picture is still in the queue when the first two fail.
      CompletableFuture<Batcher.Answer> first = batcher.submit(images(0, 3), 3, LONG);
      CompletionException e = assertThrows(CompletionException.class, first::join);
      assertInstanceOf(OutOfMemoryError.class, e.getCause());
      assertArrayEquals(
          alone(1),
          batcher.submit(images(1, 1), 1, LONG).get(20, TimeUnit.SECONDS).logits(),
          1e-5f);
      assertEquals(0, batcher.waiting());
    }
  }

  @Test
  void limitsOutOfRangeAreRefused() {
    assertThrows(InvalidInputException.class, () -> new BatchLimits(3, Duration.ZERO, 8));
    assertThrows(InvalidInputException.class, () -> new BatchLimits(256, Duration.ZERO, 512));
    assertThrows(InvalidInputException.class, () -> new BatchLimits(4, Duration.ofMillis(-1), 8));
    assertThrows(InvalidInputException.class, () -> new BatchLimits(4, Duration.ZERO, 3));
  }
}
