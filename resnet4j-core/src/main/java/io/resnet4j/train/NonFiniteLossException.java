package io.resnet4j.train;

/**
 * The loss or a gradient became infinite or not a number, and nothing was learned from that step;
 * or a weight or statistic did, and it was not kept.
 */
public final class NonFiniteLossException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String path;
  private final long step;
  private final int epoch;
  private final double learningRate;

  NonFiniteLossException(String message, String path, long step, int epoch, double learningRate) {
    super(message);
    this.path = path;
    this.step = step;
    this.epoch = epoch;
    this.learningRate = learningRate;
  }

  /**
   * The first layer whose output is not finite, or the weight or statistic; {@code loss} if no
   * other is to blame.
   */
  public String path() {
    return path;
  }

  /** The step of the run, counted from 1. */
  public long step() {
    return step;
  }

  /** The epoch, counted from 1. */
  public int epoch() {
    return epoch;
  }

  /** Learning rate of that step. */
  public double learningRate() {
    return learningRate;
  }
}
