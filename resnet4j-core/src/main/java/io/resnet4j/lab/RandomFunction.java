package io.resnet4j.lab;

import io.resnet4j.random.KeyedRandom;
import java.util.Arrays;

/**
 * A random ReLU network from a number to a number on a grid of inputs in [-2, 2], with its
 * derivative, as in Balduzzi et al. (arXiv:1702.08591, section 2). Weights and biases are normal
 * with variance 2 / fan-in. A plain layer is weights, what normalises them, ReLU; a residual one
 * adds beta times batch norm, ReLU, weights to what it read. The first layer is weights and ReLU in
 * all. Means and deviations of the normalisation, over the grid, are constants to the derivative.
 */
final class RandomFunction {
  private static final double EPSILON = 1e-5;

  private final int points;
  private final KeyedRandom random;
  private double[][] value;
  private double[][] slope;

  /**
   * Evaluates the network.
   *
   * @param network {@code plain}, {@code plain-centred}, {@code plain-bn}, {@code residual} or
   *     {@code residual-0.1}
   * @param depth of the network
   * @param width of its layers
   * @param points of the grid
   */
  RandomFunction(String network, int depth, int width, int points, KeyedRandom random) {
    this.points = points;
    this.random = random;
    value = new double[1][points];
    slope = new double[1][points];
    for (int i = 0; i < points; i++) {
      value[0][i] = -2 + 4.0 * i / (points - 1);
      slope[0][i] = 1;
    }
    boolean residual = network.startsWith("residual");
    double beta = network.equals("residual-0.1") ? 0.1 : 1;
    weights(width);
    // Never normalised: over a symmetric grid that would put the kinks of all its units in one
    // place.
    rectify();
    for (int layer = 1; layer < depth; layer++) {
      double[][] before = value;
      double[][] slopeBefore = slope;
      value = copy(value);
      slope = copy(slope);
      if (residual) {
        normalise(network);
        rectify();
        weights(width);
        add(value, before, beta);
        add(slope, slopeBefore, beta);
      } else {
        weights(width);
        normalise(network);
        rectify();
      }
    }
    weights(1);
  }

  /** df/dx at every point. */
  double[] derivative() {
    return slope[0].clone();
  }

  /** f at every point. */
  double[] values() {
    return value[0].clone();
  }

  private static double[][] copy(double[][] rows) {
    double[][] copy = new double[rows.length][];
    for (int i = 0; i < rows.length; i++) {
      copy[i] = rows[i].clone();
    }
    return copy;
  }

  /** into = beta into + carried. */
  private static void add(double[][] into, double[][] carried, double beta) {
    for (int unit = 0; unit < into.length; unit++) {
      for (int i = 0; i < into[unit].length; i++) {
        into[unit][i] = beta * into[unit][i] + carried[unit][i];
      }
    }
  }

  private void weights(int units) {
    int inputs = value.length;
    double deviation = Math.sqrt(2.0 / inputs);
    double[][] newValue = new double[units][points];
    double[][] newSlope = new double[units][points];
    for (int unit = 0; unit < units; unit++) {
      double[] y = newValue[unit];
      double[] dy = newSlope[unit];
      Arrays.fill(y, deviation * random.nextNormal());
      for (int input = 0; input < inputs; input++) {
        double weight = deviation * random.nextNormal();
        double[] x = value[input];
        double[] dx = slope[input];
        for (int i = 0; i < points; i++) {
          y[i] += weight * x[i];
          dy[i] += weight * dx[i];
        }
      }
    }
    value = newValue;
    slope = newSlope;
  }

  private void rectify() {
    for (int unit = 0; unit < value.length; unit++) {
      for (int i = 0; i < points; i++) {
        if (value[unit][i] <= 0) {
          value[unit][i] = 0;
          slope[unit][i] = 0;
        }
      }
    }
  }

  private void normalise(String network) {
    if (network.equals("plain")) {
      return;
    }
    boolean divide = !network.equals("plain-centred");
    for (int unit = 0; unit < value.length; unit++) {
      double mean = Stats.mean(value[unit]);
      double deviation = divide ? Stats.deviation(value[unit]) + EPSILON : 1;
      for (int i = 0; i < points; i++) {
        value[unit][i] = (value[unit][i] - mean) / deviation;
        slope[unit][i] /= deviation;
      }
    }
  }
}
