package io.resnet4j.backend.reference;

import io.resnet4j.graph.Op;
import io.resnet4j.tensor.Shape;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/** The formulas of group normalisation (Wu and He, arXiv:1803.08494, section 3.1). */
final class GroupNormalisation {
  private final int channels;
  private final int pixels;
  private final int span;
  private final int parts;
  private final double epsilon;

  GroupNormalisation(Op.GroupNorm op, Shape x) {
    channels = x.dim(1);
    pixels = x.dim(2) * x.dim(3);
    parts = x.dim(0) * op.groups();
    span = (int) x.elements() / parts;
    epsilon = op.epsilon();
  }

  /** Means [N,groups]. */
  double[] mean(double[] x) {
    return perPart(i -> x[i], span);
  }

  /** Biased variances [N,groups]. */
  double[] variance(double[] x, double[] mean) {
    return perPart(i -> (x[i] - mean[i / span]) * (x[i] - mean[i / span]), span);
  }

  private double[] perPart(IntToDoubleFunction term, double divisor) {
    double[] sums = new double[parts];
    Arrays.setAll(
        sums, p -> IntStream.range(p * span, (p + 1) * span).mapToDouble(term).sum() / divisor);
    return sums;
  }

  private int channel(int i) {
    return i / pixels % channels;
  }

  private double normalised(double[] x, double[] mean, double[] variance, int i) {
    int part = i / span;
    return (x[i] - mean[part]) / Math.sqrt(variance[part] + epsilon);
  }

  double[] forward(double[] x, double[] scale, double[] shift, double[] mean, double[] variance) {
    return Elementwise.map(
        x.length, i -> normalised(x, mean, variance, i) * scale[channel(i)] + shift[channel(i)]);
  }

  double[] inputGradient(
      double[] x, double[] dy, double[] scale, double[] mean, double[] variance) {
    double[] sums = perPart(i -> dy[i] * scale[channel(i)], span);
    double[] products =
        perPart(i -> dy[i] * scale[channel(i)] * normalised(x, mean, variance, i), span);
    return Elementwise.map(
        x.length,
        i ->
            (dy[i] * scale[channel(i)]
                    - sums[i / span]
                    - normalised(x, mean, variance, i) * products[i / span])
                / Math.sqrt(variance[i / span] + epsilon));
  }

  double[] scaleGradient(double[] x, double[] dy, double[] mean, double[] variance) {
    return perChannel(x.length, i -> dy[i] * normalised(x, mean, variance, i));
  }

  double[] shiftGradient(double[] dy) {
    return perChannel(dy.length, i -> dy[i]);
  }

  private double[] perChannel(int length, IntToDoubleFunction term) {
    double[] sums = new double[channels];
    for (int i = 0; i < length; i++) {
      sums[channel(i)] += term.applyAsDouble(i);
    }
    return sums;
  }
}
