package io.resnet4j.plan;

import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes of batch norm and dropout what a mode asks for. */
final class Modes {
  private Modes() {}

  /** Batch norms with running statistics, dropout gone. */
  static Graph inference(Graph graph) {
    Map<Value, Value> instead = new HashMap<>();
    List<Node> nodes = new ArrayList<>();
    for (Node node : graph.nodes()) {
      List<Value> inputs =
          node.inputs().stream().map(value -> instead.getOrDefault(value, value)).toList();
      if (node.op() instanceof Op.Dropout || node.op() instanceof Op.DropBlock) {
        instead.put(node.output(), inputs.get(0));
        continue;
      }
      Op op = node.op();
      if (op instanceof Op.BatchNorm norm) {
        op =
            new Op.BatchNorm(
                norm.epsilon(), norm.momentum(), Op.Statistics.RUNNING, norm.activation());
      }
      nodes.add(new Node(node.path(), op, inputs, node.outputs()));
    }
    Map<String, Value> outputs = new LinkedHashMap<>();
    graph.outputs().forEach((name, value) -> outputs.put(name, instead.getOrDefault(value, value)));
    return Graph.of(nodes, outputs);
  }
}
