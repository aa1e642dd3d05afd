package io.resnet4j.train;

import io.resnet4j.InvalidInputException;

/**
 * Ends a run that no longer gets better, by the accuracy that weights are chosen by.
 *
 * @param patience epochs without a rise that are borne; 0 to train to the end
 * @param minDelta what an accuracy must be above the best to count as a rise, in [0, 1)
 */
public record EarlyStopping(int patience, double minDelta) {
  /** To the end. */
  public static final EarlyStopping NEVER = new EarlyStopping(0, 0);

  /** Checks the ranges. */
  public EarlyStopping {
    if (patience < 0) {
      throw new InvalidInputException(
          "patience " + patience + ": give a number of epochs, 0 to train to the end");
    }
    if (!(minDelta >= 0 && minDelta < 1)) {
      throw new InvalidInputException(
          "least rise " + minDelta + ": give a share of the pictures in [0, 1)");
    }
  }

  /** What is known after another epoch. */
  Plateau watch(Plateau before, double accuracy) {
    return accuracy > before.best() + minDelta
        ? new Plateau(accuracy, 0, 0)
        : new Plateau(before.best(), before.waited() + 1, 0);
  }

  /** Whether the run is over. */
  boolean met(Plateau seen) {
    return patience > 0 && seen.waited() >= patience;
  }
}
