package io.resnet4j.plan;

import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.tensor.DType;
import java.util.HashMap;
import java.util.Map;

/** Chooses the element type of every value. */
final class Types {
  private Types() {}

  /**
   * State, statistics, gradients of parameters, logits and loss in the state's type; everything
   * else in that of the activations.
   */
  static Map<Value, DType> choose(Graph graph, Precision precision) {
    Map<Value, DType> types = new HashMap<>();
    for (Node node : graph.nodes()) {
      for (int i = 0; i < node.outputs().size(); i++) {
        boolean state = inState(node.op(), i);
        types.put(node.output(i), state ? precision.state() : precision.activations());
      }
    }
    return types;
  }

  private static boolean inState(Op op, int output) {
    if (op instanceof Op.BatchNorm) {
      return output == 1 || output == 2;
    }
    if (op instanceof Op.BatchNormGradient) {
      return output > 0;
    }
    return op instanceof Op.Input
        || op instanceof Op.Parameter
        || op instanceof Op.Buffer
        || op instanceof Op.Linear
        || op instanceof Op.Loss
        || op instanceof Op.Conv2dWeightGradient
        || op instanceof Op.LinearWeightGradient;
  }
}
