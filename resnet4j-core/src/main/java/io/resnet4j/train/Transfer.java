package io.resnet4j.train;

import io.resnet4j.InvalidInputException;
import java.util.Objects;

/**
 * What of a network that has learned before is trained, and how far each layer may move.
 *
 * @param trained the parameters that move
 * @param layerDecay what the learning rate of a stage is multiplied by for each stage between it
 *     and the head, in (0, 1]; 1 for one rate everywhere
 * @param frozenNorms whether batch norms keep the running statistics they have, in training too
 */
public record Transfer(Trained trained, double layerDecay, boolean frozenNorms) {
  /** A network that learns from the beginning. */
  public static final Transfer NONE = new Transfer(Trained.ALL, 1, false);

  /** Which parameters move. */
  public enum Trained {
    /** All. */
    ALL,
    /** Those of the last affine map; nothing is differentiated by the others. */
    HEAD
  }

  /** Checks the range. */
  public Transfer {
    Objects.requireNonNull(trained);
    if (!(layerDecay > 0 && layerDecay <= 1)) {
      throw new InvalidInputException(
          "transfer: layerDecay " + layerDecay + ": give a factor in (0, 1], 1 for one rate");
    }
  }
}
