package io.resnet4j.train;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How far a run is; with the state of the session, all that it needs to go on.
 *
 * @param epoch epochs finished
 * @param stepInEpoch steps done of the epoch after those
 * @param step steps done since the beginning
 * @param lossSum over the pictures of the unfinished epoch
 * @param correct pictures of the unfinished epoch classified rightly
 * @param seconds of wall clock
 * @param trainSeconds of those, spent in training steps
 * @param epochSeconds of wall clock in the unfinished epoch
 * @param epochTrainSeconds spent in training steps in the unfinished epoch
 * @param epochWaitSeconds of those, waiting for the loader
 * @param bestValAcc of all finished epochs, of the weights that are kept; null before the first and
 *     without a validation split
 * @param last line of metrics; null before the first
 * @param plateau what a schedule has seen of plateaus
 * @param patience what early stopping has seen
 */
record Progress(
    int epoch,
    int stepInEpoch,
    long step,
    double lossSum,
    long correct,
    double seconds,
    double trainSeconds,
    double epochSeconds,
    double epochTrainSeconds,
    double epochWaitSeconds,
    @Nullable Double bestValAcc,
    @Nullable EpochMetrics last,
    Plateau plateau,
    Plateau patience) {
  static final Progress NONE =
      new Progress(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, null, null, Plateau.NONE, Plateau.NONE);

  /** A checkpoint from before these were watched for has none. */
  Progress {
    plateau = Objects.requireNonNullElse(plateau, Plateau.NONE);
    patience = Objects.requireNonNullElse(patience, Plateau.NONE);
  }

  /** After one more step. */
  Progress stepped(double loss, int right, int batch, double took, double waited) {
    return new Progress(
        epoch,
        stepInEpoch + 1,
        step + 1,
        lossSum + loss * batch,
        correct + right,
        seconds + took,
        trainSeconds + took,
        epochSeconds + took,
        epochTrainSeconds + took,
        epochWaitSeconds + waited,
        bestValAcc,
        last,
        plateau,
        patience);
  }

  /** After the evaluation that ends an epoch. */
  Progress finishedEpoch(
      EpochMetrics metrics, double evaluationSeconds, Schedule schedule, EarlyStopping stopping) {
    Double best = bestValAcc;
    Double now = metrics.choosingAcc();
    if (now != null && (best == null || now > best)) {
      best = now;
    }
    return new Progress(
        epoch + 1,
        0,
        step,
        0,
        0,
        seconds + evaluationSeconds,
        trainSeconds,
        0,
        0,
        0,
        best,
        metrics,
        schedule.plateau().map(on -> on.watch(plateau, watched(metrics))).orElse(plateau),
        now == null ? patience : stopping.watch(patience, now));
  }

  /** An average lags behind, so plateaus are those of the weights that move. */
  private static double watched(EpochMetrics metrics) {
    Double accuracy = metrics.valAcc();
    return accuracy == null ? metrics.trainAcc() : accuracy;
  }

  /** Of the unfinished epoch, as the rates below. */
  double meanLoss(int batch) {
    return lossSum / pictures(batch);
  }

  double accuracy(int batch) {
    return correct / pictures(batch);
  }

  private double pictures(int batch) {
    return (double) stepInEpoch * batch;
  }

  double imagesPerSecond(int batch) {
    return pictures(batch) / Math.max(1e-9, epochTrainSeconds);
  }

  double dataWait() {
    return epochWaitSeconds / Math.max(1e-9, epochTrainSeconds);
  }
}
