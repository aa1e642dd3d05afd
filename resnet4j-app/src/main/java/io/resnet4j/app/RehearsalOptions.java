package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Dataset;
import io.resnet4j.train.Extent;
import io.resnet4j.train.Recipe;
import io.resnet4j.train.TrainResult;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Short runs that show whether a long one can work. */
final class RehearsalOptions {
  // As many as it takes to come to momentum, another batch, another epoch and a checkpoint between.
  private static final int EPOCHS = 2;
  private static final int STEPS = 2;
  private static final int OVERFIT_STEPS = 200;
  private static final double BY_HEART = 0.99;

  @Option(
      names = "--fast-dev-run",
      description =
          "Rehearse: "
              + EPOCHS
              + " epochs of "
              + STEPS
              + " steps and one batch of each evaluation, with averages, checkpoints, weights and"
              + " report.")
  private boolean fast;

  @Option(
      names = "--overfit-batches",
      paramLabel = "N",
      description =
          "Check: learn N batches by heart, without augmentation, "
              + OVERFIT_STEPS
              + " steps unless --steps or --epochs says so; exit status 1 where that fails. The"
              + " test set is not touched.")
  private @Nullable Integer overfit;

  /** The recipe of the rehearsal. */
  Recipe shortened(Recipe full, boolean lengthGiven) {
    if (fast && overfit != null) {
      throw new InvalidInputException("--fast-dev-run and --overfit-batches: give one of them");
    }
    if (fast) {
      Recipe averaged = full.set("emaEvery=1");
      return (full.averaging().lookahead() > 0 ? averaged.set("lookahead=" + STEPS) : averaged)
          .withLength(Extent.epochs(EPOCHS));
    }
    if (overfit == null) {
      return full;
    }
    if (overfit < 1) {
      throw new InvalidInputException("--overfit-batches " + overfit + ": give at least 1");
    }
    Recipe plain =
        full.set("augment=none")
            .set("mixup=0")
            .set("cutMix=0")
            .set("repeats=1")
            .set("labelSmoothing=0")
            .set("dropPath=0");
    return lengthGiven ? plain : plain.withLength(Extent.steps(OVERFIT_STEPS));
  }

  /** The data of the rehearsal. */
  DataSplits few(DataSplits all, Recipe recipe, double valSplit, long seed) {
    if (fast) {
      DataSplits.HeldOut parts = all.holdOut(valSplit, seed);
      return new DataSplits(
          // A batch that the data cannot fill is refused here as it is without a rehearsal.
          spread(
              parts.train(),
              parts.train().size() < recipe.batch()
                  ? parts.train().size()
                  : STEPS * recipe.batch()),
          parts.validation().map(set -> first(set, recipe.evalBatch())),
          all.testing().map(set -> first(set, recipe.evalBatch())),
          "rehearsal on " + STEPS + " batches of: " + all.description(),
          all.notes());
    }
    if (overfit == null) {
      return all;
    }
    long wanted = (long) overfit * recipe.batch();
    if (wanted > all.train().size()) {
      throw new InvalidInputException(
          "--overfit-batches "
              + overfit
              + ": "
              + wanted
              + " pictures, the training set has "
              + all.train().size()
              + "; give fewer, or a smaller --batch");
    }
    Dataset heart = first(all.train(), (int) wanted);
    return new DataSplits(
        heart,
        Optional.of(heart),
        Optional.empty(),
        overfit + " batches to learn by heart from: " + all.description(),
        all.notes());
  }

  private static Dataset first(Dataset from, int wanted) {
    return spread(from, Math.min(wanted, from.size()));
  }

  /**
   * Spread evenly, since files may hold one class after the other; where there are fewer, some
   * several times.
   */
  private static Dataset spread(Dataset from, int count) {
    int[] indices = new int[count];
    for (int i = 0; i < count; i++) {
      indices[i] = (int) ((long) i * from.size() / count);
    }
    return from.subset(indices);
  }

  /** What the accuracy of validation is measured on, where that is unusual. */
  Optional<String> heldOut() {
    return overfit == null ? Optional.empty() : Optional.of("the pictures to learn by heart");
  }

  /** The exit status. */
  int judged(TrainResult result, Console console) {
    Double accuracy = result.valAcc();
    if (overfit == null || accuracy == null) {
      return Main.OK;
    }
    if (accuracy >= BY_HEART) {
      console.info("overfit check: passed");
      return Main.OK;
    }
    console.warn(
        "overfit check: failed: after "
            + result.steps()
            + " steps only "
            + Text.percent(accuracy)
            + " of the pictures are known by heart; try a learning rate that 'lr-find' suggests or"
            + " more --steps, else network, labels or preprocessing are wrong");
    return Main.FAILED;
  }
}
