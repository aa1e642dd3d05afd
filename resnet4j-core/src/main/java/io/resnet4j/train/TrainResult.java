package io.resnet4j.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.resnet4j.infer.Evaluation;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How a run ended. Accuracies are fractions of one; what was not measured is null, in JSON too.
 *
 * @param run the run folder
 * @param epochs finished, a shorter last one included
 * @param steps done
 * @param seconds of wall clock, evaluation included, over all parts of a resumed run
 * @param trainLoss mean over the last epoch, as trained: augmented, smoothed, while it moved
 * @param valLoss of the last epoch; null without a validation split
 * @param valAcc of the last epoch; null without a validation split
 * @param bestValAcc the best of all epochs, by which {@code best.safetensors} is chosen: with an
 *     average of the weights that of the average; null without a validation split
 * @param testAcc of the test set with the final weights, averaged if the recipe says so; null
 *     without one or if the run was stopped
 * @param testViews what was looked at of each picture of the test set, averaged: {@code centre},
 *     {@code flip} or {@code crops}; null without {@code testAcc}
 * @param weights which weights were tested and stored: {@code model}, {@code ema} or {@code swa};
 *     {@code model} too where the run ended before its average was ready ({@link Averaging})
 * @param imagesPerSecond training pictures over the time of training steps, evaluation left out
 * @param stopped whether {@link Trainer#requestStop} ended the run before its last step
 */
public record TrainResult(
    String run,
    int epochs,
    long steps,
    double seconds,
    @JsonProperty("train_loss") @Nullable Double trainLoss,
    @JsonProperty("val_loss") @Nullable Double valLoss,
    @JsonProperty("val_acc") @Nullable Double valAcc,
    @JsonProperty("best_val_acc") @Nullable Double bestValAcc,
    @JsonProperty("test_acc") @Nullable Double testAcc,
    @JsonProperty("test_views") @Nullable String testViews,
    String weights,
    @JsonProperty("images_per_s") double imagesPerSecond,
    boolean stopped) {
  private static final double LEAST_SECONDS = 1e-9;

  /**
   * Of a run that ends here.
   *
   * @param weights that were tested and stored
   * @param test the test set's; null where it was not looked at
   */
  static TrainResult of(
      Path folder,
      Progress at,
      Recipe recipe,
      String weights,
      @Nullable Evaluation test,
      boolean stopped) {
    EpochMetrics last = at.last();
    return new TrainResult(
        folder.toString(),
        at.epoch(),
        at.step(),
        at.seconds(),
        last == null ? null : last.trainLoss(),
        last == null ? null : last.valLoss(),
        last == null ? null : last.valAcc(),
        at.bestValAcc(),
        test == null ? null : test.top1(),
        test == null ? null : recipe.testViews().name().toLowerCase(Locale.ROOT),
        weights,
        at.step() * recipe.batch() / Math.max(LEAST_SECONDS, at.trainSeconds()),
        stopped);
  }
}
