package io.resnet4j.train;

import io.resnet4j.InvalidInputException;

/**
 * When a run writes a checkpoint and what it may go on from.
 *
 * @param minutes of training after which one is written besides those at the end of each epoch; 0
 *     for those alone
 * @param keep how many are kept, the newest included, at least 1: an older one is what a run goes
 *     on from where the newest turns out damaged
 * @param anyMachine whether a run may go on where threads, oneDNN, instruction set or plan are not
 *     those it was computed with; it then ends with other bits
 */
public record Checkpointing(double minutes, int keep, boolean anyMachine) {
  /** Every ten minutes, two kept, only where the same bits come out. */
  public static final Checkpointing DEFAULT = new Checkpointing(10, 2, false);

  private static final int MOST_KEPT = 1000;

  /** Checks the ranges. */
  public Checkpointing {
    if (!(minutes >= 0) || Double.isInfinite(minutes)) {
      throw new InvalidInputException(
          "checkpoint minutes " + minutes + ": give a number of at least 0, 0 for each epoch only");
    }
    if (keep < 1 || keep > MOST_KEPT) {
      throw new InvalidInputException(
          "checkpoints to keep " + keep + ": give a number from 1 to " + MOST_KEPT);
    }
  }
}
