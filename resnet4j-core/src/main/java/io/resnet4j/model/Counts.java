package io.resnet4j.model;

import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.tensor.Shape;
import java.util.function.ToLongFunction;

/**
 * What a network costs.
 *
 * @param parameters trained numbers; running statistics are not
 * @param macs multiply-adds a picture of convolutions and affine maps, biases not counted
 */
public record Counts(long parameters, long macs) {
  /** Counts of a graph, whatever its batch. */
  public static Counts of(Graph graph) {
    return weighted(graph, node -> 1);
  }

  /** Counts with each node taken {@code times} times. */
  static Counts weighted(Graph graph, ToLongFunction<Node> times) {
    long parameters = 0;
    long macs = 0;
    for (Node node : graph.nodes()) {
      if (node.op() instanceof Op.Parameter p) {
        parameters += times.applyAsLong(node) * p.shape().elements();
      }
      macs += times.applyAsLong(node) * macs(node);
    }
    return new Counts(parameters, macs);
  }

  /** Multiply-adds a picture of one node. */
  static long macs(Node node) {
    if (!(node.op() instanceof Op.Conv2d) && !(node.op() instanceof Op.Linear)) {
      return 0;
    }
    Shape out = node.output().shape();
    long pixels = out.rank() == 4 ? (long) out.dim(2) * out.dim(3) : 1;
    return pixels * node.input(1).shape().elements();
  }
}
