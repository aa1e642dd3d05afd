package io.resnet4j.train;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backends;
import io.resnet4j.plan.MemoryMode;
import io.resnet4j.plan.Precision;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a run is given besides network, recipe and data.
 *
 * @param out the run folder; made if it is not there
 * @param seed of weights, order, augmentation, dropout and the validation split
 * @param precision to compute in; if none is given the recipe's, or f32 where the machine has no
 *     instructions for that
 * @param valSplit share of the training set held out for validation, in [0, 1)
 * @param backend by name
 * @param workers threads that prepare batches, 0 to 256
 * @param memory what a step keeps for its gradients
 * @param autotune whether implementations are chosen by measuring, once on each machine
 * @param resume whether to go on with the run in the folder; without it the folder must be empty
 * @param checkpointing when checkpoints are written and what may be gone on from
 * @param stopping when a run ends before its length
 */
public record TrainOptions(
    Path out,
    long seed,
    Optional<Precision> precision,
    double valSplit,
    String backend,
    int workers,
    MemoryMode memory,
    boolean autotune,
    boolean resume,
    Checkpointing checkpointing,
    EarlyStopping stopping) {
  /** Share of the training set that is held out unless told otherwise. */
  public static final double DEFAULT_VAL_SPLIT = 0.1;

  /** Checks the split. */
  public TrainOptions {
    if (!(valSplit >= 0 && valSplit < 1)) {
      throw new InvalidInputException(
          "validation split " + valSplit + ": give a share in [0, 1), 0 for none");
    }
  }

  /** Seed 0, the recipe's precision, a tenth held out, oneDNN, one worker, a new run. */
  public static TrainOptions in(Path out) {
    return new TrainOptions(
        out,
        0,
        Optional.empty(),
        DEFAULT_VAL_SPLIT,
        Backends.DEFAULT,
        1,
        MemoryMode.KEEP,
        false,
        false,
        Checkpointing.DEFAULT,
        EarlyStopping.NEVER);
  }

  /** The same in another folder. */
  public TrainOptions into(Path newOut) {
    return new TrainOptions(
        newOut,
        seed,
        precision,
        valSplit,
        backend,
        workers,
        memory,
        autotune,
        resume,
        checkpointing,
        stopping);
  }

  /** The same with another seed. */
  public TrainOptions withSeed(long newSeed) {
    return new TrainOptions(
        out,
        newSeed,
        precision,
        valSplit,
        backend,
        workers,
        memory,
        autotune,
        resume,
        checkpointing,
        stopping);
  }

  /** The same in a given precision. */
  public TrainOptions withPrecision(Precision newPrecision) {
    return new TrainOptions(
        out,
        seed,
        Optional.of(newPrecision),
        valSplit,
        backend,
        workers,
        memory,
        autotune,
        resume,
        checkpointing,
        stopping);
  }

  /** The same with another share held out. */
  public TrainOptions withValSplit(double newValSplit) {
    return new TrainOptions(
        out,
        seed,
        precision,
        newValSplit,
        backend,
        workers,
        memory,
        autotune,
        resume,
        checkpointing,
        stopping);
  }

  /** The same on another backend. */
  public TrainOptions withBackend(String newBackend) {
    return new TrainOptions(
        out,
        seed,
        precision,
        valSplit,
        newBackend,
        workers,
        memory,
        autotune,
        resume,
        checkpointing,
        stopping);
  }

  /** The same with another number of loader threads. */
  public TrainOptions withWorkers(int newWorkers) {
    return new TrainOptions(
        out,
        seed,
        precision,
        valSplit,
        backend,
        newWorkers,
        memory,
        autotune,
        resume,
        checkpointing,
        stopping);
  }

  /** The same, keeping more or less for the gradients. */
  public TrainOptions withMemory(MemoryMode newMemory) {
    return new TrainOptions(
        out,
        seed,
        precision,
        valSplit,
        backend,
        workers,
        newMemory,
        autotune,
        resume,
        checkpointing,
        stopping);
  }

  /** The same, with implementations chosen by measuring or by default. */
  public TrainOptions withAutotune(boolean newAutotune) {
    return new TrainOptions(
        out,
        seed,
        precision,
        valSplit,
        backend,
        workers,
        memory,
        newAutotune,
        resume,
        checkpointing,
        stopping);
  }

  /** The same, going on with the run in the folder or not. */
  public TrainOptions withResume(boolean newResume) {
    return new TrainOptions(
        out,
        seed,
        precision,
        valSplit,
        backend,
        workers,
        memory,
        autotune,
        newResume,
        checkpointing,
        stopping);
  }

  /** The same with checkpoints at other times. */
  public TrainOptions withCheckpointing(Checkpointing newCheckpointing) {
    return new TrainOptions(
        out,
        seed,
        precision,
        valSplit,
        backend,
        workers,
        memory,
        autotune,
        resume,
        newCheckpointing,
        stopping);
  }

  /** The same with another end. */
  public TrainOptions withStopping(EarlyStopping newStopping) {
    return new TrainOptions(
        out,
        seed,
        precision,
        valSplit,
        backend,
        workers,
        memory,
        autotune,
        resume,
        checkpointing,
        newStopping);
  }
}
