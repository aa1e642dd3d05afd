package io.resnet4j.train;

import io.resnet4j.NotEnoughMemoryException;
import io.resnet4j.backend.Backend;
import io.resnet4j.backend.Backends;
import io.resnet4j.backend.Choices;
import io.resnet4j.backend.Session;
import io.resnet4j.data.DataSplits;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.MemoryMode;
import io.resnet4j.plan.Precision;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/**
 * The largest batch whose training step fits into the memory that there is, beside all else that a
 * run holds ({@link Prepared}), found by planning.
 */
public final class LargestBatch {
  /** No more than this is tried: larger batches train badly with any recipe here. */
  public static final int MOST = 1024;

  private static final int GRAIN = 8;

  /** So many fifths of a batch must fit, so that evaluation, loader and others have room. */
  private static final int FIFTHS = 6;

  private final ModelSpec spec;
  private final Recipe recipe;
  private final DataSplits data;
  private final TrainOptions options;
  private final Optional<Model> teacher;

  private LargestBatch(
      ModelSpec spec,
      Recipe recipe,
      DataSplits data,
      TrainOptions options,
      Optional<Model> teacher) {
    this.spec = spec;
    this.recipe = recipe;
    this.data = data;
    this.options = options;
    this.teacher = teacher;
  }

  /** Of the run that a {@link Trainer} of these would make; nothing is planned yet. */
  public static LargestBatch of(
      ModelSpec spec,
      Recipe recipe,
      DataSplits data,
      TrainOptions options,
      Optional<Model> teacher) {
    return new LargestBatch(spec, recipe, data, options, teacher);
  }

  /**
   * What was found.
   *
   * @param batch pictures in a step: 1, 2, 4, or a multiple of 8
   * @param bytes that the session takes for its step, with the state of network and optimiser,
   *     averages, teacher and evaluations
   */
  public record Found(int batch, long bytes) {}

  /**
   * Plans steps of growing batches and runs none.
   *
   * @throws NotEnoughMemoryException if not even one picture fits
   * @throws io.resnet4j.InvalidInputException if the teacher takes other pictures or tells other
   *     classes apart
   */
  public Found find() {
    Trial trial = trial();
    int most = Math.min(MOST, trial.setting().parts().train().size());
    trial.bytes(1);
    int fits = 1;
    int fails = most + 1;
    while (fits < most && fails > most) {
      int next = Math.min(2 * fits, most);
      if (trial.roomy(next)) {
        fits = next;
      } else {
        fails = next;
      }
    }
    while (fails <= most && fails - fits > GRAIN) {
      int next = (fits + fails) / 2 / GRAIN * GRAIN;
      if (next <= fits) {
        break;
      }
      if (trial.roomy(next)) {
        fits = next;
      } else {
        fails = next;
      }
    }
    return new Found(fits, trial.bytes(fits));
  }

  /**
   * Plans a step of the recipe's own batch and runs none.
   *
   * @return what it takes, as {@link Found#bytes}
   * @throws NotEnoughMemoryException with what to do, if there is less
   */
  long require() {
    try {
      return trial().bytes(recipe.batch());
    } catch (NotEnoughMemoryException e) {
      throw e.with(advice());
    }
  }

  /**
   * What to do where a training step does not fit: the largest batch that does, and the largest
   * that does when activations are computed again.
   */
  String advice() {
    List<String> ways = new ArrayList<>();
    for (MemoryMode mode : EnumSet.of(options.memory(), MemoryMode.LEAN)) {
      String with = mode == options.memory() ? "" : " with memory lean";
      of(spec, recipe, data, options.withMemory(mode), teacher)
          .fitting()
          .map(found -> Math.min(found.batch(), recipe.batch()))
          .ifPresent(batch -> ways.add("a batch of " + batch + with + " would fit"));
    }
    return ways.isEmpty()
        ? "not even one picture a step fits beside evaluation in batches of "
            + recipe.evalBatch()
            + "; use a smaller input, network or evalBatch"
        : String.join(", ", ways);
  }

  private Optional<Found> fitting() {
    try {
      return Optional.of(find());
    } catch (NotEnoughMemoryException | OutOfMemoryError e) {
      return Optional.empty();
    }
  }

  private Trial trial() {
    DataSplits framed = recipe.augment().framed(data);
    DataSplits.HeldOut parts = framed.holdOut(options.valSplit(), options.seed());
    Backend backend = Backends.named(options.backend());
    Precision precision = Requirements.precision(backend, options.precision(), recipe.precision());
    return new Trial(
        backend,
        Prepared.Setting.of(spec, recipe, framed, parts, precision, options, teacher),
        recipe);
  }

  /** Plans steps of some batch. */
  private record Trial(Backend backend, Prepared.Setting setting, Recipe recipe) {
    long bytes(int batch) {
      Recipe sized = recipe.with("batch", Integer.toString(batch));
      try (Session session = backend.open(Choices.DEFAULTS)) {
        // A run of one step takes no less than a longer one.
        Prepared.of(session, setting, sized, Schedule.Run.of(1, 1));
        return session.bytes();
      }
    }

    boolean roomy(int batch) {
      try {
        bytes((batch * FIFTHS + FIFTHS - 2) / (FIFTHS - 1));
        return true;
      } catch (NotEnoughMemoryException | OutOfMemoryError e) {
        return false;
      }
    }
  }
}
