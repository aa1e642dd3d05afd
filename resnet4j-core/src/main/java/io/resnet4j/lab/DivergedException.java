package io.resnet4j.lab;

/** A training that an experiment is made of diverged, now or in an earlier cell. */
final class DivergedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long step;

  /**
   * A training that diverged.
   *
   * @param message what was not finite first
   * @param step of the run, counted from 1
   */
  DivergedException(String message, long step) {
    super(message);
    this.step = step;
  }

  /** The step at which the loss or a gradient was not finite, counted from 1. */
  long step() {
    return step;
  }
}
