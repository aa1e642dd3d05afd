package io.resnet4j.infer;

import io.resnet4j.InvalidInputException;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Gathers pictures of many callers into batches for one {@link Predictor}. A request that finds the
 * engine idle runs at once. Those that come while a batch runs wait for its end; then the next
 * batch leaves as soon as it is full or its oldest picture has waited for the budget of {@link
 * BatchLimits}. Batches are powers of two, so none is padded; what is left over begins the next
 * one. A request of several pictures may be spread over batches and is answered when all are done.
 *
 * <p>Safe for use by many threads. Several batchers of one machine should share the lock {@code
 * turns}: two networks that compute at once on the same cores are slower than one after the other.
 */
public final class Batcher implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Batcher.class.getName());

  /** How much a new measurement of the time for a picture counts. */
  private static final double FRESH = 0.2;

  /**
   * Hears of each batch; called by the thread that runs them. What it throws is logged and keeps
   * nobody from an answer.
   */
  @FunctionalInterface
  public interface Listener {
    /**
     * A batch has run, well or not.
     *
     * @param pictures in it
     * @param took from its begin to its end
     */
    void ran(int pictures, Duration took);
  }

  /**
   * Logits of a request.
   *
   * @param logits [count,K], row-major
   * @param waited from the request's arrival until its first batch began
   * @param largestBatch pictures in the largest batch that it was part of
   */
  public record Answer(float[] logits, Duration waited, int largestBatch) {}

  private final Predictor predictor;
  private final BatchLimits limits;
  private final Lock turns;
  private final Listener listener;
  private final Thread worker;
  private final int samples;
  private final int classes;
  private final FloatBuffer inputs;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();

  /** Guarded by the lock, as is all below. */
  private final Deque<Request> queue = new ArrayDeque<>();

  private int waiting;
  private boolean closed;
  private double nanosPerPicture;

  /** When the last batch ended: what arrived before that has had to queue. */
  private long idleSince = System.nanoTime();

  private Batcher(Predictor predictor, BatchLimits limits, Lock turns, Listener listener) {
    this.predictor = predictor;
    this.limits = limits;
    this.turns = turns;
    this.listener = listener;
    this.samples =
        predictor.spec().channels() * predictor.spec().height() * predictor.spec().width();
    this.classes = predictor.spec().classes();
    this.inputs = FloatBuffer.allocate(Math.multiplyExact(limits.largest(), samples));
    this.worker = new Thread(this::work, "resnet4j-batches");
    worker.setDaemon(true);
  }

  /**
   * Starts to gather for {@code predictor}, which stays the caller's to close, after this.
   *
   * @param turns held while a batch runs
   * @param listener hears of each batch
   */
  public static Batcher over(
      Predictor predictor, BatchLimits limits, Lock turns, Listener listener) {
    Batcher batcher = new Batcher(predictor, limits, turns, listener);
    batcher.worker.start();
    return batcher;
  }

  /** Pictures that wait for a batch. */
  public int waiting() {
    lock.lock();
    try {
      return waiting;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Asks for the logits of normalised inputs.
   *
   * @param images [count,C,H,W] from the buffer's position on; not to be changed until answered
   * @param count how many, at least 1 and no more than the queue holds
   * @param patience after which the answer is no longer wanted: the future then fails with a {@link
   *     java.util.concurrent.TimeoutException}, and what has not run is left out. So it is when the
   *     caller cancels or completes the future.
   * @throws InvalidInputException if the buffer holds fewer pictures, or the count is out of range
   * @throws QueueFullException if there is no room for them now
   * @throws IllegalStateException after {@link #close}
   */
  public CompletableFuture<Answer> submit(FloatBuffer images, int count, Duration patience) {
    if (count < 1 || count > limits.queue()) {
      throw new InvalidInputException(
          count + " pictures in one request: expected 1 to " + limits.queue());
    }
    if (images.remaining() < (long) count * samples) {
      throw new InvalidInputException(
          "images: the buffer holds "
              + images.remaining()
              + " numbers; expected "
              + count
              + " pictures of "
              + samples);
    }
    Request request = new Request(images.duplicate(), count, classes);
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException(
            "batches of " + predictor.spec().name() + ": closed; open new ones");
      }
      if (waiting + count > limits.queue()) {
        throw new QueueFullException(
            "the queue is full: "
                + waiting
                + " of "
                + limits.queue()
                + " pictures wait; try again later",
            Duration.ofNanos((long) (nanosPerPicture * waiting)));
      }
      queue.add(request);
      waiting += count;
      arrived.signal();
    } finally {
      lock.unlock();
    }
    request.answer.whenComplete((answer, failure) -> leave(request));
    return request.answer.orTimeout(patience.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Gives back the room of pictures that nobody waits for any more. */
  private void leave(Request request) {
    lock.lock();
    try {
      if (queue.remove(request)) {
        waiting -= request.count - request.taken;
      }
    } finally {
      lock.unlock();
    }
  }

  private void work() {
    boolean more = true;
    while (more) {
      try {
        more = turn();
      } catch (RuntimeException | Error e) {
        // Such as no memory even to tell of it: who waits is let go by their patience.
      }
    }
  }

  /** Runs the next batch; whether there may be another. */
  private boolean turn() {
    List<Slice> batch = new ArrayList<>();
    try {
      next(batch);
      if (batch.isEmpty()) {
        return false;
      }
      turns.lock();
      try {
        run(batch);
      } finally {
        turns.unlock();
      }
    } catch (RuntimeException | Error e) {
      // Whatever it is, those who wait must hear of it, and the next batch may fare better.
      batch.forEach(slice -> slice.request.answer.completeExceptionally(e));
    }
    return true;
  }

  /** Takes the next batch; nothing when there will be none. */
  private void next(List<Slice> batch) {
    lock.lock();
    try {
      while (true) {
        while (queue.isEmpty() && !closed) {
          arrived.awaitUninterruptibly();
        }
        if (queue.isEmpty()) {
          return;
        }
        if (queue.peek().arrived - idleSince < 0) {
          awaitCompany();
        }
        if (waiting > 0) {
          take(Integer.highestOneBit(Math.min(waiting, limits.largest())), batch);
          return;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void awaitCompany() {
    while (!queue.isEmpty() && waiting < limits.largest() && !closed) {
      long left = queue.peek().arrived + limits.budget().toNanos() - System.nanoTime();
      if (left <= 0) {
        return;
      }
      try {
        arrived.awaitNanos(left);
      } catch (InterruptedException e) {
        // Nobody else knows this thread; it ends when the batcher is closed.
        return;
      }
    }
  }

  private void take(int pictures, List<Slice> batch) {
    for (int left = pictures; left > 0; ) {
      Request first = queue.peek();
      int some = Math.min(left, first.count - first.taken);
      batch.add(new Slice(first, first.taken, some));
      first.taken += some;
      left -= some;
      waiting -= some;
      if (first.taken == first.count) {
        queue.remove();
      }
    }
  }

  private void run(List<Slice> batch) {
    long begin = System.nanoTime();
    int pictures = batch.stream().mapToInt(Slice::count).sum();
    try {
      answer(batch, pictures, begin);
    } finally {
      ended(pictures, begin);
    }
  }

  private void answer(List<Slice> batch, int pictures, long begin) {
    inputs.clear();
    for (Slice slice : batch) {
      FloatBuffer from = slice.request.images;
      inputs.put(from.slice(from.position() + slice.from * samples, slice.count * samples));
    }
    float[] logits = predictor.logits(inputs.flip(), pictures);
    int row = 0;
    for (Slice slice : batch) {
      slice.request.fill(logits, row * classes, slice, pictures, begin);
      row += slice.count;
    }
  }

  /** Measures a batch that has run, well or not, and tells of it. */
  private void ended(int pictures, long begin) {
    long end = System.nanoTime();
    long took = end - begin;
    lock.lock();
    try {
      idleSince = end;
      double each = (double) took / pictures;
      nanosPerPicture =
          nanosPerPicture == 0 ? each : nanosPerPicture + FRESH * (each - nanosPerPicture);
    } finally {
      lock.unlock();
    }
    try {
      listener.ran(pictures, Duration.ofNanos(took));
    } catch (RuntimeException | Error e) {
      LOG.log(System.Logger.Level.WARNING, "the listener of batches failed", e);
    }
  }

  /** Takes no more, answers what has been taken, and returns when that is done. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      arrived.signalAll();
    } finally {
      lock.unlock();
    }
    boolean interrupted = false;
    while (worker.isAlive()) {
      try {
        worker.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private record Slice(Request request, int from, int count) {}

  private static final class Request {
    private final CompletableFuture<Answer> answer = new CompletableFuture<>();
    private final long arrived = System.nanoTime();
    private final FloatBuffer images;
    private final int count;
    private final int classes;
    private final float[] logits;

    /** Guarded by the batcher's lock. */
    private int taken;

    /** Only the worker knows these. */
    private int done;

    private long begun;
    private int largest;

    Request(FloatBuffer images, int count, int classes) {
      this.images = images;
      this.count = count;
      this.classes = classes;
      this.logits = new float[Math.multiplyExact(count, classes)];
    }

    void fill(float[] from, int at, Slice slice, int pictures, long begin) {
      System.arraycopy(from, at, logits, slice.from * classes, slice.count * classes);
      begun = done == 0 ? begin : begun;
      done += slice.count;
      largest = Math.max(largest, pictures);
      if (done == count) {
        answer.complete(new Answer(logits, Duration.ofNanos(begun - arrived), largest));
      }
    }
  }
}
