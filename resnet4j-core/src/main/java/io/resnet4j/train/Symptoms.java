package io.resnet4j.train;

import io.resnet4j.data.Dataset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the numbers of a run show to be wrong; each thing is said once. */
final class Symptoms {
  private static final double IMBALANCE = 10;
  private static final double DATA_WAIT = 0.1;
  private static final double SPIKE = 2;
  private static final double SMOOTHING = 0.95;
  private static final double STILL = 1e-3;
  private static final int SETTLED_STEPS = 20;
  private static final int PATIENCE = 5;

  private final int classes;
  private final boolean plainLoss;
  private final double chance;
  private final int workers;
  private final Set<String> said = new HashSet<>();
  private double smoothed;
  private double least = Double.POSITIVE_INFINITY;
  private long steps;
  private @Nullable EpochMetrics before;
  private double best = -1;
  private double trainAtBest;
  private int sinceBest;

  Symptoms(Recipe recipe, int classes, int workers) {
    this.classes = classes;
    this.workers = workers;
    chance = Math.log(classes);
    plainLoss =
        recipe.objective().equals(Objective.DEFAULT)
            && recipe.labelSmoothing() == 0
            && recipe.augment().mixing().equals(io.resnet4j.data.Mixing.NONE);
  }

  /** What the labels of a training set show. */
  List<String> ofLabels(Dataset training) {
    long[] count = new long[classes];
    for (int i = 0; i < training.size(); i++) {
      count[training.label(i)]++;
    }
    int most = 0;
    int fewest = 0;
    for (int k = 1; k < classes; k++) {
      most = count[k] > count[most] ? k : most;
      fewest = count[k] < count[fewest] ? k : fewest;
    }
    if (count[most] < IMBALANCE * Math.max(1, count[fewest])) {
      return List.of();
    }
    List<String> names = training.classes();
    return List.of(
        String.format(
            Locale.ROOT,
            "unbalanced classes: %,d pictures of '%s', %,d of '%s'; weigh classes (--set"
                + " balanced=true), and look at each class's recall, not at the accuracy",
            count[most],
            names.get(most),
            count[fewest],
            names.get(fewest)));
  }

  /** What a step shows. */
  Optional<String> ofStep(double loss, double rate) {
    steps++;
    smoothed = steps == 1 ? loss : SMOOTHING * smoothed + (1 - SMOOTHING) * loss;
    least = steps < SETTLED_STEPS ? least : Math.min(least, smoothed);
    if (smoothed > SPIKE * least && smoothed > chance && said.add("spike")) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "the loss has risen from %.3f to %.3f at learning rate %.3g: that is too high; lower"
                  + " it, warm up for longer, or clip gradients (--set clip=1)",
              least,
              smoothed,
              rate));
    }
    return Optional.empty();
  }

  /** What an epoch of some steps shows. */
  List<String> ofEpoch(EpochMetrics now, int stepsInEpoch) {
    List<String> lines = new ArrayList<>();
    boolean settled = now.step() >= SETTLED_STEPS;
    if (settled && plainLoss && now.trainLoss() >= chance && said.add("chance")) {
      lines.add(
          String.format(
              Locale.ROOT,
              "the loss of epoch %d, %.3f, is not below that of guessing among %d classes, %.3f: the"
                  + " learning rate is too high or far too low ('lr-find' looks for one), or labels"
                  + " do not belong to their pictures ('preview' shows them; --overfit-batches 1"
                  + " checks the rest)",
              now.epoch(),
              now.trainLoss(),
              classes,
              chance));
    }
    EpochMetrics last = before;
    if (settled
        && last != null
        && Math.abs(last.trainLoss() - now.trainLoss()) < STILL * last.trainLoss()
        && now.trainAcc() < 0.5
        && now.lr() > 0
        && said.add("still")) {
      lines.add(
          String.format(
              Locale.ROOT,
              "training stands still: loss %.4f, then %.4f, accuracy %.1f %%; the learning rate,"
                  + " %.3g, is too low, or the units of a layer are dead (lower the rate they died"
                  + " of, or warm up)",
              last.trainLoss(),
              now.trainLoss(),
              100 * now.trainAcc(),
              now.lr()));
    }
    before = now;
    if (stepsInEpoch >= SETTLED_STEPS / 2 && now.dataWait() > DATA_WAIT && said.add("wait")) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%.0f %% of the training time was spent waiting for pictures, prepared by %d %s; give"
                  + " more (--workers), smaller pictures, or a larger --cache",
              100 * now.dataWait(),
              workers,
              workers == 1 ? "worker" : "workers"));
    }
    Double accuracy = now.choosingAcc();
    if (accuracy != null) {
      plateau(accuracy, now.trainAcc()).ifPresent(lines::add);
    }
    return lines;
  }

  private Optional<String> plateau(double accuracy, double train) {
    if (accuracy > best) {
      best = accuracy;
      trainAtBest = train;
      sinceBest = 0;
      return Optional.empty();
    }
    sinceBest++;
    if (sinceBest < PATIENCE || !said.add("plateau")) {
      return Optional.empty();
    }
    String why =
        train > trainAtBest
            ? String.format(
                Locale.ROOT,
                "while that in training rose from %.1f to %.1f %%: the network learns its pictures"
                    + " by heart; augment more, decay more, or stop (--patience)",
                100 * trainAtBest,
                100 * train)
            : "nor has that in training: a lower learning rate may free it";
    return Optional.of(
        String.format(
            Locale.ROOT,
            "val_acc has not risen above %.2f %% for %d epochs, %s",
            100 * best,
            sinceBest,
            why));
  }
}
