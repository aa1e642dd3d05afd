package io.resnet4j.train;

import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import java.util.List;

/** Batch norms that keep the statistics they have. */
final class Norms {
  private Norms() {}

  /** The same graph with running statistics in every batch norm; scales and shifts still move. */
  static Graph frozen(Graph graph) {
    List<Node> nodes =
        graph.nodes().stream()
            .map(
                node ->
                    node.op() instanceof Op.BatchNorm norm
                        ? new Node(
                            node.path(),
                            new Op.BatchNorm(
                                norm.epsilon(),
                                norm.momentum(),
                                Op.Statistics.RUNNING,
                                norm.activation()),
                            node.inputs(),
                            node.outputs())
                        : node)
            .toList();
    return Graph.of(nodes, graph.outputs());
  }
}
