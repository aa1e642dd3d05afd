package io.resnet4j.train;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backends;
import io.resnet4j.plan.MemoryMode;
import io.resnet4j.plan.Precision;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

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
 * @param command the line that begins the run, kept in its {@code config.json}; empty where there
 *     is none
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
    EarlyStopping stopping,
    Optional<String> command) {
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
        EarlyStopping.NEVER,
        Optional.empty());
  }

  /** The same in another folder. */
  public TrainOptions into(Path newOut) {
    return with(draft -> draft.out = newOut);
  }

  /** The same with another seed. */
  public TrainOptions withSeed(long newSeed) {
    return with(draft -> draft.seed = newSeed);
  }

  /** The same in a given precision. */
  public TrainOptions withPrecision(Precision newPrecision) {
    return with(draft -> draft.precision = Optional.of(newPrecision));
  }

  /** The same with another share held out. */
  public TrainOptions withValSplit(double newValSplit) {
    return with(draft -> draft.valSplit = newValSplit);
  }

  /** The same on another backend. */
  public TrainOptions withBackend(String newBackend) {
    return with(draft -> draft.backend = newBackend);
  }

  /** The same with another number of loader threads. */
  public TrainOptions withWorkers(int newWorkers) {
    return with(draft -> draft.workers = newWorkers);
  }

  /** The same, keeping more or less for the gradients. */
  public TrainOptions withMemory(MemoryMode newMemory) {
    return with(draft -> draft.memory = newMemory);
  }

  /** The same, with implementations chosen by measuring or by default. */
  public TrainOptions withAutotune(boolean newAutotune) {
    return with(draft -> draft.autotune = newAutotune);
  }

  /** The same, going on with the run in the folder or not. */
  public TrainOptions withResume(boolean newResume) {
    return with(draft -> draft.resume = newResume);
  }

  /** The same with checkpoints at other times. */
  public TrainOptions withCheckpointing(Checkpointing newCheckpointing) {
    return with(draft -> draft.checkpointing = newCheckpointing);
  }

  /** The same with another end. */
  public TrainOptions withStopping(EarlyStopping newStopping) {
    return with(draft -> draft.stopping = newStopping);
  }

  /** The same begun by a command line. */
  public TrainOptions withCommand(String newCommand) {
    return with(draft -> draft.command = Optional.of(newCommand));
  }

  private TrainOptions with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.options();
  }

  /** A copy whose fields can be set. */
  private static final class Draft {
    private Path out;
    private long seed;
    private Optional<Precision> precision;
    private double valSplit;
    private String backend;
    private int workers;
    private MemoryMode memory;
    private boolean autotune;
    private boolean resume;
    private Checkpointing checkpointing;
    private EarlyStopping stopping;
    private Optional<String> command;

    private Draft(TrainOptions from) {
      out = from.out;
      seed = from.seed;
      precision = from.precision;
      valSplit = from.valSplit;
      backend = from.backend;
      workers = from.workers;
      memory = from.memory;
      autotune = from.autotune;
      resume = from.resume;
      checkpointing = from.checkpointing;
      stopping = from.stopping;
      command = from.command;
    }

    private TrainOptions options() {
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
          stopping,
          command);
    }
  }
}
