package io.resnet4j.graph;

/** Element-wise non-linearities. */
public enum Activation {
  /** None: x. */
  IDENTITY,
  /** max(x, 0). */
  RELU,
  /** 1 / (1 + exp(-x)). */
  SIGMOID,
  /** tanh(x). */
  TANH,
  /** x / (1 + exp(-x)), also called swish. */
  SILU;

  /** Whether the derivative can be computed from the output alone, so that the input may go. */
  public boolean gradientFromOutput() {
    return this != SILU;
  }
}
