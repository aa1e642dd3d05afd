package io.resnet4j.train;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;

/**
 * Hears what a {@link Trainer} does, on the thread that called {@link Trainer#fit}; what a listener
 * takes is taken from training.
 */
public interface TrainListener {
  /**
   * A run begins.
   *
   * @param folder of the run
   * @param config what {@code config.json} holds
   * @param epochs of the whole run, a shorter last one included
   * @param steps of the whole run
   * @param stepsPerEpoch in a whole epoch
   * @param firstEpoch counted from 1; more than 1 in a resumed run
   * @param trainingBytes working memory of a training step
   * @param sessionBytes all memory outside the Java heap
   */
  record Started(
      Path folder,
      JsonNode config,
      int epochs,
      long steps,
      int stepsPerEpoch,
      int firstEpoch,
      long trainingBytes,
      long sessionBytes) {}

  /**
   * A step is done.
   *
   * @param epoch counted from 1
   * @param step of the epoch, counted from 1
   * @param stepsInEpoch of this epoch
   * @param totalStep of the run, counted from 1
   * @param loss of this step's batch
   * @param meanLoss of the epoch so far
   * @param accuracy of the epoch so far
   * @param lr of this step
   * @param imagesPerSecond of the epoch so far
   * @param dataWait share of the epoch so far spent waiting for the loader
   */
  record StepDone(
      int epoch,
      int step,
      int stepsInEpoch,
      long totalStep,
      double loss,
      double meanLoss,
      double accuracy,
      double lr,
      double imagesPerSecond,
      double dataWait) {}

  /** Something that a person should know and that does not end the run, in one line. */
  default void warning(String line) {}

  /** The plans are ready; the first step follows. */
  default void started(Started event) {}

  /** A step is done. */
  default void stepDone(StepDone event) {}

  /**
   * A batch of an evaluation is done.
   *
   * @param split {@code val} or {@code test}
   * @param done pictures so far
   * @param total pictures in all
   */
  default void evaluating(String split, int done, int total) {}

  /** An epoch is done and evaluated. */
  default void epochDone(EpochMetrics metrics) {}

  /** A checkpoint or a set of weights has replaced the one before it. */
  default void checkpointWritten(Path file) {}

  /** The run has ended. */
  default void finished(TrainResult result) {}
}
