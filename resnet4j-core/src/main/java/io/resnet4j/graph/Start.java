package io.resnet4j.graph;

/**
 * What a tensor of the state holds before training, said by who writes it. Values, not draws: how a
 * weight is drawn is the initialisation's choice.
 */
public sealed interface Start {
  /** As the initialisation at hand fills what reads it. */
  Start BY_READER = new ByReader(1);

  /** Zeros. */
  Start ZERO = new Constant(0);

  /** Ones. */
  Start ONE = new Constant(1);

  /**
   * As the initialisation fills it for the operation that reads it: a convolution's weight is
   * drawn, a batch norm's scale is one.
   *
   * @param factor multiplies every element
   */
  record ByReader(double factor) implements Start {}

  /**
   * The same number everywhere.
   *
   * @param value the number
   */
  record Constant(double value) implements Start {}

  /**
   * A blur filter: over the last two extents the outer product of binomial coefficients, such as 1
   * 2 1, divided by its sum.
   */
  record Binomial() implements Start {}
}
