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
  SILU,
  /** x where positive, else x / 100: PyTorch's default slope. */
  LEAKY_RELU,
  /** x times the normal distribution function of x, exact (Hendrycks and Gimpel, 1606.08415). */
  GELU;

  /** The factor of {@link #LEAKY_RELU} where x is negative. */
  public static final double LEAK = 0.01;

  /** Whether the derivative can be computed from the output alone, so that the input may go. */
  public boolean gradientFromOutput() {
    return this != SILU && this != GELU;
  }
}
