package io.resnet4j.nn;

import io.resnet4j.graph.Activation;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Start;
import io.resnet4j.graph.Value;
import io.resnet4j.tensor.Shape;
import java.util.List;

/**
 * Scaled weight standardisation (Brock, De and Smith, arXiv:2101.08692, equation 1): the weights of
 * each output channel less their mean, over their deviation, times a learned gain, the root of 1 /
 * fan-in, and a constant of the non-linearity that keeps the variance at one.
 */
final class StandardisedWeights {
  private static final double EPSILON = 1e-5;

  private StandardisedWeights() {}

  /**
   * The weight [O,I/groups,k,k] of {@code c}, made of {@code path.weight} and {@code path.gain}.
   */
  static Value write(GraphBuilder g, String path, Value x, Conv c, Activation activation) {
    // What is drawn has no scale after standardisation; a start of zero means a gain of zero.
    boolean zero = c.start().equals(Start.ZERO);
    Value weight = g.convWeight(path, x, c.channels(), c.window(), c.groups(), Start.BY_READER);
    Shape shape = weight.shape();
    int out = shape.dim(0);
    int rows = shape.dim(1) * shape.dim(2);
    // One group per output channel: group norm computes just this.
    Value flat = g.reshape(path + ".weight.flat", weight, 1, out, rows, shape.dim(3));
    Value gain = g.parameter(path + ".gain", zero ? Start.ZERO : Start.ONE, out, 1, 1, 1);
    double fanIn = (double) shape.elements() / out;
    Value scale = g.affine(path + ".gain.scaled", gain, gamma(activation) / Math.sqrt(fanIn), 0);
    Value flatScale = g.reshape(path + ".gain.flat", scale, out);
    Op norm = new Op.GroupNorm(out, EPSILON);
    Value y = g.emit(path + ".weight.norm", norm, List.of(flat, flatScale)).output();
    return g.reshape(path + ".weight.standard", y, shape.toArray());
  }

  /** One over the deviation of the non-linearity of a standard normal number, as its authors. */
  private static double gamma(Activation activation) {
    return switch (activation) {
      case IDENTITY -> 1;
      case RELU -> 1.7139588594436646;
      case SIGMOID -> 4.803835391998291;
      case TANH -> 1.5939117670059204;
      case SILU -> 1.7881293296813965;
      case LEAKY_RELU -> 1.70590341091156;
      case GELU -> 1.7015043497085571;
    };
  }
}
