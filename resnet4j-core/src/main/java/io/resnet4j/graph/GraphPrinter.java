package io.resnet4j.graph;

import java.util.stream.Collectors;

/** Text form of a graph: a line per node, stable enough to keep in golden files. */
final class GraphPrinter {
  private GraphPrinter() {}

  static String print(Graph graph) {
    StringBuilder text = new StringBuilder();
    for (Node node : graph.nodes()) {
      text.append(line(node)).append('\n');
    }
    graph
        .outputs()
        .forEach(
            (name, value) ->
                text.append("-> ").append(name).append(" = ").append(value.name()).append('\n'));
    return text.toString();
  }

  private static String line(Node node) {
    String inputs =
        node.inputs().stream().map(Value::name).collect(Collectors.joining(", ", "(", ")"));
    String shapes =
        node.outputs().stream().map(v -> v.shape().toString()).collect(Collectors.joining(" "));
    return node.path() + " = " + node.op() + inputs + " " + shapes;
  }
}
