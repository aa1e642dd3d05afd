package io.resnet4j.backend.reference;

import io.resnet4j.tensor.Shape;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.IntStream;

/** Batch normalisation over a picture [N,C,H,W], channel by channel. */
final class BatchNormalisation {
  private final int batch;
  private final int channels;
  private final int pixels;
  private final double epsilon;

  BatchNormalisation(Shape x, double epsilon) {
    this.batch = x.dim(0);
    this.channels = x.dim(1);
    this.pixels = x.dim(2) * x.dim(3);
    this.epsilon = epsilon;
  }

  /** How many values each channel has. */
  int count() {
    return batch * pixels;
  }

  /** Mean of each channel. */
  double[] mean(double[] x) {
    return perChannel(c -> sum(c, x, x, (value, same) -> value) / count());
  }

  /** Biased variance of each channel. */
  double[] variance(double[] x, double[] mean) {
    return perChannel(
        c -> {
          double centre = mean[c];
          return sum(c, x, x, (v, same) -> (v - centre) * (v - centre)) / count();
        });
  }

  /** {@code (x - mean) / sqrt(variance + epsilon) * scale + shift}. */
  double[] normalise(double[] x, double[] scale, double[] shift, double[] mean, double[] variance) {
    double[] y = new double[x.length];
    each((c, i) -> y[i] = (x[i] - mean[c]) / deviation(variance[c]) * scale[c] + shift[c]);
    return y;
  }

  /** Gradient by the shift. */
  double[] shiftGradient(double[] dy) {
    return perChannel(c -> sum(c, dy, dy, (gradient, same) -> gradient));
  }

  /** Gradient by the scale. */
  double[] scaleGradient(double[] x, double[] dy, double[] mean, double[] variance) {
    return perChannel(
        c -> {
          double centre = mean[c];
          double deviation = deviation(variance[c]);
          return sum(c, x, dy, (v, gradient) -> gradient * (v - centre) / deviation);
        });
  }

  /** Gradient by x where mean and variance are constants. */
  double[] frozenInputGradient(double[] dy, double[] scale, double[] variance) {
    double[] dx = new double[dy.length];
    each((c, i) -> dx[i] = dy[i] * scale[c] / deviation(variance[c]));
    return dx;
  }

  /** Gradient by x where mean and variance are those of x (Ioffe and Szegedy, section 3). */
  double[] inputGradient(
      double[] x, double[] dy, double[] scale, double[] mean, double[] variance) {
    double[] dshift = shiftGradient(dy);
    double[] dscale = scaleGradient(x, dy, mean, variance);
    double[] dx = new double[x.length];
    each(
        (c, i) -> {
          double deviation = deviation(variance[c]);
          double normal = (x[i] - mean[c]) / deviation;
          double centred = dy[i] - dshift[c] / count() - normal * dscale[c] / count();
          dx[i] = scale[c] / deviation * centred;
        });
    return dx;
  }

  private double deviation(double variance) {
    return Math.sqrt(variance + epsilon);
  }

  private interface OfChannel {
    double at(int channel);
  }

  private double[] perChannel(OfChannel function) {
    return IntStream.range(0, channels).parallel().mapToDouble(function::at).toArray();
  }

  private interface Element {
    void at(int channel, int index);
  }

  private void each(Element element) {
    IntStream.range(0, batch * channels)
        .parallel()
        .forEach(
            plane -> {
              for (int i = plane * pixels; i < (plane + 1) * pixels; i++) {
                element.at(plane % channels, i);
              }
            });
  }

  private double sum(int channel, double[] a, double[] b, DoubleBinaryOperator term) {
    double sum = 0;
    for (int n = 0; n < batch; n++) {
      int start = (n * channels + channel) * pixels;
      for (int i = start; i < start + pixels; i++) {
        sum += term.applyAsDouble(a[i], b[i]);
      }
    }
    return sum;
  }
}
