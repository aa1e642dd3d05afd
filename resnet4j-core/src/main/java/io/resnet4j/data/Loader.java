package io.resnet4j.data;

import io.resnet4j.InvalidInputException;
import io.resnet4j.random.KeyedRandom;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Turns a data set into batches, epoch by epoch. While the caller works on one batch, daemon
 * threads prepare the next ones in a small ring of reused buffers; a step allocates nothing of
 * size. What is in a batch depends on the data set, the options and the epoch alone: neither the
 * number of workers nor their timing changes a bit.
 *
 * <p>The order of an epoch is a permutation keyed by (seed, epoch); the augmentation of a picture
 * is keyed by (seed, epoch, index, place in the list), the mixing of a batch by (seed, epoch,
 * batch).
 *
 * <p>One thread consumes. {@link #close} stops the workers, at once.
 *
 * <pre>{@code
 * try (Loader loader = new Loader(data.train(), options)) {
 *   for (Batch batch : loader.epoch(3)) {
 *     step(batch.images(), batch.targets(), batch.size());
 *   }
 * }
 * }</pre>
 */
public final class Loader implements AutoCloseable {
  private static final long CLOSE_MILLIS = 5_000;

  private final Dataset data;
  private final Options options;
  private final PictureSize pictureSize;
  private final int batches;
  private final List<Slot> ring = new ArrayList<>();
  private final List<Thread> workers = new ArrayList<>();
  private final Object lock = new Object();

  /** Guarded by {@code lock} from here on; {@code run} is read without it to leave early. */
  private volatile @Nullable Run run;

  private boolean closed;
  private long waitNanos;

  /**
   * How batches are made.
   *
   * @param batch pictures in a batch
   * @param shuffle whether an epoch's order is drawn; otherwise it is that of the data set
   * @param seed what order and augmentation are drawn from
   * @param augmentations applied one after the other; empty for evaluation
   * @param normalisation applied last
   * @param dropLast whether a last batch of fewer pictures is left out
   * @param workers threads that prepare batches; with 0 the caller's thread does, when it asks
   * @param mixing of the pictures of a batch, after normalisation
   * @param repeats how often a picture of an epoch comes in it, in the same batch, each time
   *     augmented anew; an epoch stays as long, so it has as many times fewer different pictures
   *     (Hoffer et al. 2019, arXiv:1901.09335)
   */
  public record Options(
      int batch,
      boolean shuffle,
      long seed,
      List<Augmentation> augmentations,
      Normalisation normalisation,
      boolean dropLast,
      int workers,
      Mixing mixing,
      int repeats) {
    /**
     * @throws InvalidInputException if the batch or the repeats are not positive or the workers are
     *     not 0 to 256
     */
    public Options {
      augmentations = List.copyOf(augmentations);
      if (batch < 1) {
        throw new InvalidInputException("batch size " + batch + ", expected at least 1");
      }
      if (workers < 0 || workers > 256) {
        throw new InvalidInputException("workers " + workers + ", expected 0 to 256");
      }
      if (repeats < 1) {
        throw new InvalidInputException("repeats " + repeats + ", expected at least 1");
      }
    }

    /** Without mixing, every picture once. */
    public Options(
        int batch,
        boolean shuffle,
        long seed,
        List<Augmentation> augmentations,
        Normalisation normalisation,
        boolean dropLast,
        int workers) {
      this(batch, shuffle, seed, augmentations, normalisation, dropLast, workers, Mixing.NONE, 1);
    }

    /** Shuffled and augmented, every picture once an epoch, one worker. */
    public static Options training(
        int batch, long seed, List<Augmentation> augmentations, Normalisation normalisation) {
      return new Options(batch, true, seed, augmentations, normalisation, false, 1);
    }

    /** In the data set's order and unchanged, every picture once, one worker. */
    public static Options evaluation(int batch, Normalisation normalisation) {
      return new Options(batch, false, 0, List.of(), normalisation, false, 1);
    }

    /** The same with another number of workers. */
    public Options withWorkers(int workers) {
      return new Options(
          batch, shuffle, seed, augmentations, normalisation, dropLast, workers, mixing, repeats);
    }

    /**
     * Different pictures in a batch. Their first copies come one after the other, then their second
     * ones, so that mixing meets different pictures.
     */
    int different() {
      return (batch + repeats - 1) / repeats;
    }

    /** The same with the order of an epoch drawn, or that of the data set. */
    public Options withShuffle(boolean shuffle) {
      return new Options(
          batch, shuffle, seed, augmentations, normalisation, dropLast, workers, mixing, repeats);
    }

    /** The same with pictures mixed. */
    public Options withMixing(Mixing mixing) {
      return new Options(
          batch, shuffle, seed, augmentations, normalisation, dropLast, workers, mixing, repeats);
    }

    /** The same with every picture of an epoch several times in it. */
    public Options withRepeats(int repeats) {
      return new Options(
          batch, shuffle, seed, augmentations, normalisation, dropLast, workers, mixing, repeats);
    }

    /** The same with or without a partial last batch. */
    public Options withDropLast(boolean dropLast) {
      return new Options(
          batch, shuffle, seed, augmentations, normalisation, dropLast, workers, mixing, repeats);
    }
  }

  private enum State {
    FREE,
    FILLING,
    READY,
    TAKEN
  }

  private static final class Slot {
    final Batch batch;
    State state = State.FREE;
    @Nullable Run run;
    int index;
    @Nullable Throwable failure;

    Slot(Batch batch) {
      this.batch = batch;
    }
  }

  /** One pass over the data; replaced, never reused, so that a late worker knows it is late. */
  private static final class Run {
    final int epoch;
    final int[] order;
    int next;

    Run(int epoch, int[] order, int next) {
      this.epoch = epoch;
      this.order = order;
      this.next = next;
    }
  }

  /** The batches of one epoch, once. */
  public final class Epoch implements Iterable<Batch>, Iterator<Batch> {
    private final Run mine;
    private final @Nullable BatchMaker maker;
    private int next;
    private @Nullable Slot taken;

    private Epoch(Run mine, int from) {
      this.mine = mine;
      this.maker = options.workers() == 0 ? new BatchMaker(data, options) : null;
      this.next = from;
    }

    /** This object: an epoch can be walked through once. */
    @Override
    public Iterator<Batch> iterator() {
      return this;
    }

    @Override
    public boolean hasNext() {
      return next < batches;
    }

    /**
     * The next batch; the one before it is no longer valid. Waits for the workers where they are
     * behind, and adds that to {@link #waitNanos()}.
     *
     * @throws NoSuchElementException at the end of the epoch
     * @throws InvalidInputException if a picture cannot be used
     * @throws IllegalStateException if another epoch was begun, the loader closed, the thread
     *     interrupted, or a picture could not be prepared
     */
    @Override
    public Batch next() {
      if (!hasNext()) {
        throw new NoSuchElementException("epoch " + mine.epoch + " has " + batches + " batches");
      }
      long begin = System.nanoTime();
      try {
        return maker == null ? await() : make(maker);
      } finally {
        synchronized (lock) {
          waitNanos += System.nanoTime() - begin;
        }
      }
    }

    private Batch make(BatchMaker maker) {
      synchronized (lock) {
        requireCurrent();
      }
      Slot slot = ring.get(0);
      try {
        maker.fill(slot.batch, mine.epoch, next, mine.order, () -> run == mine);
      } catch (RuntimeException e) {
        throw failed(e);
      }
      next++;
      return slot.batch;
    }

    private Batch await() {
      synchronized (lock) {
        // Before anything is given back: a later epoch may own that slot by now.
        requireCurrent();
        if (taken != null) {
          taken.state = State.FREE;
          taken = null;
          lock.notifyAll();
        }
        Slot slot;
        while (true) {
          requireCurrent();
          slot = ready();
          if (slot != null) {
            break;
          }
          try {
            lock.wait();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for a batch", e);
          }
        }
        if (slot.failure != null) {
          throw failed(slot.failure);
        }
        slot.state = State.TAKEN;
        taken = slot;
        next++;
        return slot.batch;
      }
    }

    private @Nullable Slot ready() {
      for (Slot slot : ring) {
        if (slot.state == State.READY && slot.run == mine && slot.index == next) {
          return slot;
        }
      }
      return null;
    }

    private void requireCurrent() {
      if (closed) {
        throw new IllegalStateException("the loader is closed");
      }
      if (run != mine) {
        throw new IllegalStateException(
            "epoch " + mine.epoch + " is over: another one was begun on this loader");
      }
    }

    private RuntimeException failed(Throwable failure) {
      if (failure instanceof InvalidInputException) {
        return new InvalidInputException(failure.getMessage(), failure);
      }
      return new IllegalStateException(
          data.name()
              + ": batch "
              + next
              + " of epoch "
              + mine.epoch
              + " could not be prepared: "
              + failure,
          failure);
    }
  }

  /**
   * Prepares the ring; the workers start with the first epoch.
   *
   * @throws InvalidInputException if the batch passes 2 GiB, if whole batches are asked for and the
   *     data set is smaller than one, or if an augmentation or the normalisation does not fit the
   *     pictures
   */
  public Loader(Dataset data, Options options) {
    this.data = data;
    this.options = options;
    pictureSize = data.pictureSize();
    if (options.dropLast() && options.batch() > data.size()) {
      throw new InvalidInputException(
          "batch size "
              + options.batch()
              + " is larger than "
              + data.name()
              + ", which has "
              + data.size()
              + " pictures; give a batch of at most that");
    }
    // Beyond the data set's size a batch would only hold room that is never used.
    int capacity = Math.min(options.batch(), data.size());
    long floats = (long) capacity * Math.max(pictureSize.samples(), data.classes().size());
    if (floats * Float.BYTES > Integer.MAX_VALUE) {
      throw new InvalidInputException(
          "batch size "
              + options.batch()
              + " of "
              + pictureSize
              + " takes "
              + (floats * Float.BYTES >> 20)
              + " MiB, expected less than 2048; give a smaller batch");
    }
    options.normalisation().check(pictureSize);
    options.augmentations().forEach(augmentation -> augmentation.check(pictureSize));
    int whole = data.size() / options.batch();
    boolean partial = !options.dropLast() && data.size() % options.batch() != 0;
    batches = whole + (partial ? 1 : 0);
    for (int i = 0; i <= options.workers(); i++) {
      ring.add(new Slot(new Batch(capacity, pictureSize.samples(), data.classes().size())));
    }
  }

  /** Batches in a whole epoch. */
  public int batchesPerEpoch() {
    return batches;
  }

  /** Pictures seen in a whole epoch: all of them, or those in whole batches. */
  public int picturesPerEpoch() {
    return options.dropLast() ? batches * options.batch() : data.size();
  }

  /** How batches are made. */
  public Options options() {
    return options;
  }

  /** The time callers of {@link Epoch#next} waited so far, in nanoseconds. */
  public long waitNanos() {
    synchronized (lock) {
      return waitNanos;
    }
  }

  /** All batches of epoch {@code epoch}. */
  public Epoch epoch(int epoch) {
    return epoch(epoch, 0);
  }

  /**
   * The batches of epoch {@code epoch} from batch {@code fromBatch} on, the same as if those before
   * had been asked for. An epoch under way ends, and its last batch is no longer valid.
   *
   * @param fromBatch from 0 to {@link #batchesPerEpoch}
   * @throws IllegalStateException if the loader is closed
   */
  public Epoch epoch(int epoch, int fromBatch) {
    if (epoch < 0 || fromBatch < 0 || fromBatch > batches) {
      throw new IllegalArgumentException(
          "epoch " + epoch + " from batch " + fromBatch + " of " + batches);
    }
    Run fresh = new Run(epoch, order(epoch), fromBatch);
    synchronized (lock) {
      if (closed) {
        throw new IllegalStateException("the loader is closed");
      }
      run = fresh;
      for (Slot slot : ring) {
        if (slot.state != State.FILLING) {
          slot.state = State.FREE;
        }
      }
      startWorkers();
      lock.notifyAll();
    }
    return new Epoch(fresh, fromBatch);
  }

  /** Stops the workers after the picture they are at, and ends an epoch under way. */
  @Override
  public void close() {
    List<Thread> started;
    synchronized (lock) {
      closed = true;
      run = null;
      started = List.copyOf(workers);
      lock.notifyAll();
    }
    boolean interrupted = false;
    for (Thread worker : started) {
      try {
        worker.join(CLOSE_MILLIS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private int[] order(int epoch) {
    int[] order = new int[data.size()];
    if (options.shuffle()) {
      order = KeyedRandom.of(options.seed(), "data/order").child(epoch).permutation(data.size());
    } else {
      for (int i = 0; i < order.length; i++) {
        order[i] = i;
      }
    }
    // From the end, where nothing is still needed that this overwrites.
    for (int i = order.length - 1; i >= 0; i--) {
      int batch = i / options.batch();
      order[i] = order[batch * options.different() + i % options.batch() % options.different()];
    }
    return order;
  }

  private void startWorkers() {
    while (workers.size() < options.workers()) {
      // Made here, so that too little memory fails in the caller and not in a thread that dies.
      BatchMaker maker = new BatchMaker(data, options);
      Thread worker = new Thread(() -> work(maker), "resnet4j-loader-" + workers.size());
      worker.setDaemon(true);
      workers.add(worker);
      worker.start();
    }
  }

  private void work(BatchMaker maker) {
    while (true) {
      Slot slot = claim();
      if (slot == null) {
        return;
      }
      Run of = Objects.requireNonNull(slot.run);
      try {
        maker.fill(slot.batch, of.epoch, slot.index, of.order, () -> run == of);
      } catch (Throwable e) {
        // Errors too: the consumer would wait for ever for a batch whose worker died.
        slot.failure = e;
      }
      synchronized (lock) {
        slot.state = run == of ? State.READY : State.FREE;
        lock.notifyAll();
      }
    }
  }

  /** The next batch to prepare and where; null when the loader is closed. */
  private @Nullable Slot claim() {
    synchronized (lock) {
      while (!closed) {
        Run current = run;
        if (current != null && current.next < batches) {
          for (Slot slot : ring) {
            if (slot.state == State.FREE) {
              slot.state = State.FILLING;
              slot.run = current;
              slot.index = current.next++;
              slot.failure = null;
              return slot;
            }
          }
        }
        try {
          lock.wait();
        } catch (InterruptedException e) {
          // Nobody has a reason to interrupt a worker; close() is how it ends.
          return null;
        }
      }
      return null;
    }
  }
}
