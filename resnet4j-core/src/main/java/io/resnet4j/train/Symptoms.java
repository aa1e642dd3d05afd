package io.resnet4j.train;

import io.resnet4j.data.Dataset;
import io.resnet4j.data.Mixing;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the numbers of a run show to be wrong; each thing is said once in a run, a loss that rises
 * once each time that it does.
 */
final class Symptoms {
  private static final double IMBALANCE = 10;
  private static final double DATA_WAIT = 0.1;
  private static final double SMOOTHING = 0.95;
  private static final double STILL = 1e-3;
  private static final double BY_HEART = 0.99;
  private static final int SETTLED_STEPS = 20;
  private static final int PATIENCE = 5;

  /** A loss has risen where it is so many times its least and so many nats above it. */
  private static final double RISEN = 2;

  private static final double RISEN_BY = 0.5;

  /** It has come down again where it is below so many times its least, or by so few nats above. */
  private static final double RECOVERED = 1.5;

  private static final double RECOVERED_TO = 0.25;

  private final int classes;
  private final boolean plainLoss;
  private final double chance;
  private final int workers;
  private final Set<String> said = new HashSet<>();
  private double smoothed;
  private double least = Double.POSITIVE_INFINITY;
  private long steps;
  private boolean risen;
  private @Nullable EpochMetrics before;
  private double best = Double.NEGATIVE_INFINITY;
  private double trainAtBest;
  private int sinceBest;

  /**
   * Something to say.
   *
   * @param kind such as {@code spike}
   * @param text a line for people
   */
  record Warning(String kind, String text) {}

  /**
   * What of all this a run goes on with; a checkpoint keeps it.
   *
   * @param said kinds that are not said again
   * @param steps seen
   * @param smoothed loss
   * @param least smoothed loss
   * @param risen whether the loss has risen and not come down since
   * @param best accuracy so far; the negative of the loss where nothing is held out
   * @param trainAtBest accuracy in training then
   * @param sinceBest epochs since
   */
  record State(
      Set<String> said,
      long steps,
      double smoothed,
      double least,
      boolean risen,
      double best,
      double trainAtBest,
      int sinceBest) {
    State {
      said = new TreeSet<>(said);
    }
  }

  Symptoms(Recipe recipe, int classes, int workers) {
    this.classes = classes;
    this.workers = workers;
    chance = Math.log(classes);
    plainLoss =
        recipe.objective().equals(Objective.DEFAULT)
            && recipe.labelSmoothing() == 0
            && recipe.augment().mixing().equals(Mixing.NONE);
  }

  /** What has been seen so far, for {@link #goOn}. */
  State state() {
    return new State(said, steps, smoothed, least, risen, best, trainAtBest, sinceBest);
  }

  /**
   * Goes on where a run stood.
   *
   * @param state as it was
   * @param last the epoch before; null in the first
   */
  void goOn(State state, @Nullable EpochMetrics last) {
    said.addAll(state.said());
    steps = state.steps();
    smoothed = state.smoothed();
    least = state.least();
    risen = state.risen();
    best = state.best();
    trainAtBest = state.trainAtBest();
    sinceBest = state.sinceBest();
    before = last;
  }

  /** What the labels of a training set show. */
  Optional<Warning> ofLabels(Dataset training) {
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
      return Optional.empty();
    }
    List<String> names = training.classes();
    return Optional.of(
        new Warning(
            "imbalance",
            String.format(
                Locale.ROOT,
                "unbalanced classes: %,d pictures of '%s', %,d of '%s'; weigh classes (--set"
                    + " balanced=true), and look at each class's recall, not at the accuracy",
                count[most],
                names.get(most),
                count[fewest],
                names.get(fewest))));
  }

  /** What a step shows. */
  Optional<Warning> ofStep(double loss, double rate) {
    steps++;
    smoothed = steps == 1 ? loss : SMOOTHING * smoothed + (1 - SMOOTHING) * loss;
    least = steps < SETTLED_STEPS ? least : Math.min(least, smoothed);
    double rise = smoothed - least;
    if (risen) {
      risen = smoothed >= RECOVERED * least && rise >= RECOVERED_TO;
      return Optional.empty();
    }
    risen = smoothed > RISEN * least && rise > RISEN_BY;
    return risen
        ? Optional.of(
            new Warning(
                "spike",
                String.format(
                    Locale.ROOT,
                    "the loss has risen from %.3f to %.3f at learning rate %.3g: that is too high;"
                        + " lower it, warm up for longer, or clip gradients (--set clip=1)",
                    least,
                    smoothed,
                    rate)))
        : Optional.empty();
  }

  /** What an epoch of some steps shows. */
  List<Warning> ofEpoch(EpochMetrics now, int stepsInEpoch) {
    List<Warning> warnings = new ArrayList<>();
    boolean settled = now.step() >= SETTLED_STEPS;
    if (settled && plainLoss && now.trainLoss() >= chance && said.add("chance")) {
      warnings.add(
          new Warning(
              "chance",
              String.format(
                  Locale.ROOT,
                  "the loss of epoch %d, %.3f, is not below that of guessing among %d classes,"
                      + " %.3f: the learning rate is too high or far too low ('lr-find' looks for"
                      + " one), or labels do not belong to their pictures ('preview' shows them;"
                      + " --overfit-batches 1 checks the rest)",
                  now.epoch(),
                  now.trainLoss(),
                  classes,
                  chance)));
    }
    EpochMetrics last = before;
    if (settled
        && last != null
        && Math.abs(last.trainLoss() - now.trainLoss()) < STILL * last.trainLoss()
        && now.trainAcc() < 0.5
        && now.lr() > 0
        && said.add("still")) {
      warnings.add(
          new Warning(
              "still",
              String.format(
                  Locale.ROOT,
                  "training stands still: loss %.4f, then %.4f, accuracy %.1f %%; the learning"
                      + " rate, %.3g, is too low, or the units of a layer are dead (lower the rate"
                      + " they died of, or warm up)",
                  last.trainLoss(),
                  now.trainLoss(),
                  100 * now.trainAcc(),
                  now.lr())));
    }
    before = now;
    if (stepsInEpoch >= SETTLED_STEPS / 2 && now.dataWait() > DATA_WAIT && said.add("wait")) {
      warnings.add(
          new Warning(
              "wait",
              String.format(
                  Locale.ROOT,
                  "%.0f %% of the training time was spent waiting for pictures, prepared by %d %s;"
                      + " give more (--workers), smaller pictures, or a larger --cache",
                  100 * now.dataWait(),
                  workers,
                  workers == 1 ? "worker" : "workers")));
    }
    plateau(now).ifPresent(text -> warnings.add(new Warning("plateau", text)));
    return warnings;
  }

  /**
   * Of the accuracy on what is held out; where nothing is, of the loss in training. Where all is
   * right there is nothing to rise to.
   */
  private Optional<String> plateau(EpochMetrics now) {
    Double accuracy = now.choosingAcc();
    if (accuracy == null) {
      double loss = now.trainLoss();
      return now.trainAcc() < BY_HEART && waited(-loss, STILL * loss, now.trainAcc())
          ? Optional.of(
              String.format(
                  Locale.ROOT,
                  "train_loss has not fallen below %.4f for %d epochs: a lower learning rate may"
                      + " free it; hold pictures out (--val-split) to see whether it learns by"
                      + " heart",
                  -best,
                  sinceBest))
          : Optional.empty();
    }
    if (!waited(accuracy, 0, now.trainAcc()) || best == 1) {
      return Optional.empty();
    }
    String why =
        now.trainAcc() > trainAtBest
            ? String.format(
                Locale.ROOT,
                "while that in training rose from %.1f to %.1f %%: the network learns its pictures"
                    + " by heart; augment more, decay more, or stop (--patience)",
                100 * trainAtBest,
                100 * now.trainAcc())
            : "nor has that in training: a lower learning rate may free it";
    return Optional.of(
        String.format(
            Locale.ROOT,
            "val_acc has not risen above %.2f %% for %d epochs, %s",
            100 * best,
            sinceBest,
            why));
  }

  /** Whether something has not risen for as long as patience lasts, and that is yet to be said. */
  private boolean waited(double value, double enough, double train) {
    if (value > best + enough) {
      best = value;
      trainAtBest = train;
      sinceBest = 0;
      return false;
    }
    sinceBest++;
    return sinceBest >= PATIENCE && said.add("plateau");
  }
}
