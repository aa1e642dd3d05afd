package io.resnet4j.plan;

import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import java.util.List;

/** Makes sums of couplings, once nothing has to be undone any more. */
final class Couplings {
  private Couplings() {}

  static Graph asSums(Graph graph) {
    List<Node> nodes =
        graph.nodes().stream()
            .map(
                node ->
                    node.op() instanceof Op.Couple
                        ? new Node(
                            node.path(),
                            new Op.Add(Activation.IDENTITY),
                            node.inputs().subList(0, 2),
                            node.outputs())
                        : node)
            .toList();
    return Graph.of(nodes, graph.outputs());
  }
}
