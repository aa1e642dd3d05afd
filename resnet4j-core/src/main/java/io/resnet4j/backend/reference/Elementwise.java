package io.resnet4j.backend.reference;

import io.resnet4j.graph.Activation;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/** Operations on one element at a time; each makes a new array. */
final class Elementwise {
  private Elementwise() {}

  static double[] activate(double[] x, Activation activation) {
    return map(x.length, i -> activate(x[i], activation));
  }

  private static double activate(double x, Activation activation) {
    return switch (activation) {
      case IDENTITY -> x;
      case RELU -> Math.max(x, 0);
      case SIGMOID -> sigmoid(x);
      case TANH -> Math.tanh(x);
      case SILU -> x * sigmoid(x);
      case LEAKY_RELU -> x > 0 ? x : Activation.LEAK * x;
      case GELU -> x * Erf.normalDistribution(x);
    };
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /** The derivative at {@code v}, the output or, where that does not tell, the input. */
  static double[] activateGradient(double[] v, double[] dy, Activation activation) {
    return map(v.length, i -> dy[i] * slope(v[i], activation));
  }

  private static double slope(double v, Activation activation) {
    return switch (activation) {
      case IDENTITY -> 1;
      case RELU -> v > 0 ? 1 : 0;
      case SIGMOID -> v * (1 - v);
      case TANH -> 1 - v * v;
      case SILU -> sigmoid(v) * (1 + v * (1 - sigmoid(v)));
      case LEAKY_RELU -> v > 0 ? 1 : Activation.LEAK;
      case GELU -> Erf.normalDistribution(v) + v * Erf.normalDensity(v);
    };
  }

  static double[] add(double[] a, double[] b) {
    return map(a.length, i -> a[i] + b[i]);
  }

  static double[] multiply(double[] a, double[] b) {
    return map(a.length, i -> a[i] * b[i]);
  }

  /** One where the value is positive, else zero. */
  static double[] positive(double[] y) {
    return map(y.length, i -> y[i] > 0 ? 1 : 0);
  }

  /** Adds element c of {@code bias} to channel c of [N,C,pixels]. */
  static double[] addBias(double[] x, double[] bias, int pixels) {
    return map(x.length, i -> x[i] + bias[i / pixels % bias.length]);
  }

  static double[] map(int length, IntToDoubleFunction function) {
    return IntStream.range(0, length).parallel().mapToDouble(function).toArray();
  }
}
