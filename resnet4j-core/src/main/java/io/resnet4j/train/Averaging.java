package io.resnet4j.train;

import io.resnet4j.InvalidInputException;

/**
 * Averages of the weights over a run. With {@code ema} or {@code swa} it is the average that is
 * evaluated on the test set and stored: an exponential one from its first update on, chosen as best
 * by its own validation accuracy, an equal one at the end of the run. Until then, and where a run
 * ends before, it is the weights themselves.
 *
 * @param ema decay of the exponential moving average, in [0, 1); 0 for none. Running statistics are
 *     averaged as weights are, as torchvision does; the first update copies
 * @param emaEvery steps between updates of it, at least 1
 * @param emaWarmUp whether its decay is at most (1 + t) / (10 + t) at update t
 * @param swa share of the run after which the weights at the end of each epoch are averaged equally
 *     (Izmailov et al., arXiv:1803.05407), in [0, 1]; 1 for none. At the end running statistics are
 *     taken anew over one epoch of training pictures
 * @param lookahead steps after which slow weights move towards the fast ones, which go on from
 *     there (Zhang et al., arXiv:1907.08610); 0 for none
 * @param lookaheadShare of the way that they move, in (0, 1]
 */
public record Averaging(
    double ema, int emaEvery, boolean emaWarmUp, double swa, int lookahead, double lookaheadShare) {
  /** No averages. */
  public static final Averaging NONE = new Averaging(0, 1, false, 1, 0, 0.5);

  /** Checks the ranges. */
  public Averaging {
    require(ema >= 0 && ema < 1, "ema", ema, "a decay in [0, 1), 0 for none");
    require(emaEvery >= 1, "emaEvery", emaEvery, "a number of steps of at least 1");
    require(swa >= 0 && swa <= 1, "swa", swa, "a share of the run in [0, 1], 1 for none");
    require(lookahead >= 0, "lookahead", lookahead, "a number of steps, 0 for none");
    require(
        lookaheadShare > 0 && lookaheadShare <= 1,
        "lookaheadShare",
        lookaheadShare,
        "a share in (0, 1]");
    require(ema == 0 || swa == 1, "swa", swa, "1 where ema is set: choose one average");
  }

  private static void require(boolean holds, String key, Object value, String expected) {
    if (!holds) {
      throw new InvalidInputException("averaging: " + key + " " + value + ": give " + expected);
    }
  }
}
