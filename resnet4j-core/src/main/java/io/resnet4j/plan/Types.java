package io.resnet4j.plan;

import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Scaling;
import io.resnet4j.graph.Value;
import io.resnet4j.tensor.DType;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Chooses the element type of every value. */
final class Types {
  private Types() {}

  /**
   * State and what is computed from it alone, statistics, gradients of parameters, logits and loss
   * in the state's type; everything else in that of the activations.
   */
  static Map<Value, DType> choose(Graph graph, Precision precision) {
    Map<Value, DType> types = new HashMap<>();
    for (Node node : graph.nodes()) {
      for (int i = 0; i < node.outputs().size(); i++) {
        Optional<DType> codes = codes(node, i, types);
        if (codes.isPresent()) {
          types.put(node.output(i), codes.get());
          continue;
        }
        boolean state = inState(node.op(), i) || followsState(graph, node, i, types, precision);
        types.put(node.output(i), state ? precision.state() : precision.activations());
      }
    }
    return types;
  }

  /** The type of an output that is 8-bit codes. */
  private static Optional<DType> codes(Node node, int output, Map<Value, DType> types) {
    if (node.op() instanceof Op.Quantise quantise) {
      return Optional.of(quantise.y().type());
    }
    if (node.op() instanceof Op.QuantisedConv2d conv) {
      return conv.y().map(Scaling::type);
    }
    return output == 0 && Quantiser.keepsCodes(node.op())
        ? Optional.of(types.get(node.input(0))).filter(t -> t == DType.U8 || t == DType.S8)
        : Optional.empty();
  }

  /** What is computed from parameters alone, such as a standardised weight, and its gradients. */
  private static boolean followsState(
      Graph graph, Node node, int output, Map<Value, DType> types, Precision precision) {
    Op op = node.op();
    boolean follows =
        op instanceof Op.Reshape
            || op instanceof Op.Activate
            || op instanceof Op.ActivateGradient
            || op instanceof Op.Add
            || op instanceof Op.Affine
            || op instanceof Op.Shift
            || op instanceof Op.Multiply
            || op instanceof Op.GroupNorm
            || op instanceof Op.GroupNormGradient;
    return follows
        && output == 0
        && node.inputs().stream()
            .allMatch(value -> types.get(value) == precision.state() && !fed(graph, value));
  }

  /** Whether a value of the state's type comes from data. */
  private static boolean fed(Graph graph, Value value) {
    Op op = graph.producer(value).op();
    return op instanceof Op.Input || op instanceof Op.Linear;
  }

  private static boolean inState(Op op, int output) {
    if (op instanceof Op.BatchNorm || op instanceof Op.GroupNorm) {
      return output == 1 || output == 2;
    }
    if (op instanceof Op.BatchNormGradient || op instanceof Op.GroupNormGradient) {
      return output > 0;
    }
    return op instanceof Op.Input
        || op instanceof Op.Parameter
        || op instanceof Op.Buffer
        || op instanceof Op.SumTo
        || op instanceof Op.Linear
        || op instanceof Op.QuantisedLinear
        || op instanceof Op.Loss
        || op instanceof Op.Conv2dWeightGradient
        || op instanceof Op.LinearWeightGradient;
  }
}
