package io.resnet4j.graph;

import io.resnet4j.tensor.Shape;

/** What operations cost. */
public final class Work {
  private Work() {}

  /**
   * Multiply-adds of a convolution or an affine map, or of one of its gradients, for the whole
   * batch; biases and all other operations count as none.
   */
  public static long multiplyAdds(Node node) {
    Op op = node.op();
    boolean convolution =
        op instanceof Op.Conv2d || op instanceof Op.FusedConv2d || op instanceof Op.QuantisedConv2d;
    if (convolution || op instanceof Op.Linear || op instanceof Op.QuantisedLinear) {
      return each(node.output(), node.input(1).shape());
    }
    if (op instanceof Op.Conv2dInputGradient || op instanceof Op.LinearInputGradient) {
      return each(node.input(0), node.input(1).shape());
    }
    if (op instanceof Op.Conv2dWeightGradient gradient) {
      return each(node.input(1), gradient.weight());
    }
    if (op instanceof Op.LinearWeightGradient) {
      return each(node.input(1), node.output().shape());
    }
    return 0;
  }

  /** Every element of the forward output takes one product with each weight of its channel. */
  private static long each(Value forwardOutput, Shape weight) {
    return forwardOutput.shape().elements() * (weight.elements() / weight.dim(0));
  }
}
