package io.resnet4j.lab;

import io.resnet4j.random.KeyedRandom;

/**
 * A small stack of dense layers that learns H(x) = x by gradient descent on the mean square error,
 * in double: L layers of ReLU after weights, the last without ReLU; or L / 2 blocks x + W2 ReLU(W1
 * x) of two layers each. Weights start as He et al. 2015 draw them.
 */
final class DenseStack {
  private static final double BROKEN = 1e6;

  private final int width;
  private final int layers;
  private final boolean residual;
  private final double[][] weights;

  DenseStack(int width, int layers, boolean residual, KeyedRandom random) {
    this.width = width;
    this.layers = layers;
    this.residual = residual;
    weights = new double[layers][width * width];
    for (double[] weight : weights) {
      for (int i = 0; i < weight.length; i++) {
        weight[i] = Math.sqrt(2.0 / width) * random.nextNormal();
      }
    }
  }

  /**
   * Steps until the error over the inputs' mean square is below {@code bar}; {@code most} where it
   * does not get there.
   *
   * @param batch pictures, so to say, drawn anew at each step
   */
  int stepsTo(double bar, int most, double rate, int batch, KeyedRandom random) {
    for (int step = 1; step <= most; step++) {
      double[] x = new double[batch * width];
      for (int i = 0; i < x.length; i++) {
        x[i] = random.nextNormal();
      }
      double error = step(x, batch, rate);
      if (error < bar) {
        return step;
      }
      if (!(error < BROKEN)) {
        return most;
      }
    }
    return most;
  }

  /** One step; returns the mean square error before it. */
  private double step(double[] x, int batch, double rate) {
    double[][] inputs = new double[layers][];
    double[][] sums = new double[layers][];
    double[] h = x;
    for (int layer = 0; layer < layers; layer++) {
      inputs[layer] = h;
      sums[layer] = times(h, weights[layer], batch, false);
      boolean ends = residual ? layer % 2 == 1 : layer == layers - 1;
      h = ends ? sums[layer].clone() : rectified(sums[layer]);
      if (residual && ends) {
        add(h, inputs[layer - 1]);
      }
    }
    double error = 0;
    double[] gradient = new double[h.length];
    for (int i = 0; i < h.length; i++) {
      double off = h[i] - x[i];
      error += off * off / h.length;
      gradient[i] = 2 * off / batch;
    }
    double[] carried = gradient;
    for (int layer = layers - 1; layer >= 0; layer--) {
      boolean ends = residual ? layer % 2 == 1 : layer == layers - 1;
      if (ends) {
        carried = gradient;
      } else {
        gradient = masked(gradient, sums[layer]);
      }
      double[] back = times(gradient, weights[layer], batch, true);
      update(weights[layer], inputs[layer], gradient, batch, rate);
      if (residual && !ends) {
        // A block begins here: what came through its branch meets what came along its shortcut.
        add(back, carried);
      }
      gradient = back;
    }
    return error;
  }

  /** Rows times the weight's transpose, as a layer does; or times the weight, as its gradient. */
  private double[] times(double[] rows, double[] weight, int batch, boolean transposed) {
    double[] result = new double[rows.length];
    for (int n = 0; n < batch; n++) {
      for (int o = 0; o < width; o++) {
        for (int i = 0; i < width; i++) {
          if (transposed) {
            result[n * width + i] += rows[n * width + o] * weight[o * width + i];
          } else {
            result[n * width + o] += rows[n * width + i] * weight[o * width + i];
          }
        }
      }
    }
    return result;
  }

  private void update(double[] weight, double[] input, double[] gradient, int batch, double rate) {
    for (int n = 0; n < batch; n++) {
      for (int o = 0; o < width; o++) {
        double by = rate * gradient[n * width + o];
        for (int i = 0; i < width; i++) {
          weight[o * width + i] -= by * input[n * width + i];
        }
      }
    }
  }

  private static double[] rectified(double[] values) {
    double[] result = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = Math.max(0, values[i]);
    }
    return result;
  }

  private static double[] masked(double[] gradient, double[] sums) {
    double[] result = new double[gradient.length];
    for (int i = 0; i < gradient.length; i++) {
      result[i] = sums[i] > 0 ? gradient[i] : 0;
    }
    return result;
  }

  private static void add(double[] into, double[] other) {
    for (int i = 0; i < into.length; i++) {
      into[i] += other[i];
    }
  }
}
