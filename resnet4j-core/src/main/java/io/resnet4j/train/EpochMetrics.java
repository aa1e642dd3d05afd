package io.resnet4j.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.resnet4j.infer.Evaluation;
import org.jspecify.annotations.Nullable;

/**
 * A line of {@code metrics.jsonl}.
 *
 * @param epoch counted from 1
 * @param step steps done since the beginning of the run
 * @param trainLoss mean over the epoch's pictures, as trained
 * @param trainAcc share of the epoch's pictures classified rightly, as trained
 * @param valLoss mean cross-entropy without smoothing; null without a validation split
 * @param valAcc share classified rightly; null without a validation split
 * @param emaValLoss val_loss of the weights' average; null without one, before its first update and
 *     without a validation split
 * @param emaValAcc val_acc of the weights' average; null likewise
 * @param lr of the epoch's last step
 * @param imagesPerSecond training pictures over the time of training steps
 * @param seconds of wall clock, evaluation included
 * @param dataWait share of the training time spent waiting for the loader
 */
public record EpochMetrics(
    int epoch,
    long step,
    @JsonProperty("train_loss") double trainLoss,
    @JsonProperty("train_acc") double trainAcc,
    @JsonProperty("val_loss") @Nullable Double valLoss,
    @JsonProperty("val_acc") @Nullable Double valAcc,
    @JsonProperty("ema_val_loss") @Nullable Double emaValLoss,
    @JsonProperty("ema_val_acc") @Nullable Double emaValAcc,
    double lr,
    @JsonProperty("images_per_s") double imagesPerSecond,
    double seconds,
    @JsonProperty("data_wait") double dataWait) {

  /** Of an epoch whose last step is done. */
  static EpochMetrics of(Progress at, int batch, double rate, Evaluations.Validation validation) {
    Evaluation weights = validation.weights();
    Evaluation average = validation.average();
    return new EpochMetrics(
        at.epoch() + 1,
        at.step(),
        at.meanLoss(batch),
        at.accuracy(batch),
        weights == null ? null : weights.loss(),
        weights == null ? null : weights.top1(),
        average == null ? null : average.loss(),
        average == null ? null : average.top1(),
        rate,
        at.imagesPerSecond(batch),
        at.epochSeconds() + validation.seconds(),
        at.dataWait());
  }

  /** The accuracy that weights are chosen by: the average's, where there is one. */
  @Nullable Double choosingAcc() {
    return emaValAcc != null ? emaValAcc : valAcc;
  }
}
