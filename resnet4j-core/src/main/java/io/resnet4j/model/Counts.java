package io.resnet4j.model;

import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Work;
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
    long work = Work.multiplyAdds(node);
    return work == 0 ? 0 : work / node.output().shape().dim(0);
  }
}
