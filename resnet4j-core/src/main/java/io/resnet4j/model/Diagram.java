package io.resnet4j.model;

import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import java.util.HashMap;
import java.util.Map;

/** Draws a network as text that Mermaid (mermaid.js.org) renders. */
public final class Diagram {
  private Diagram() {}

  /**
   * A flowchart: solid arrows are the main path, dotted ones the shortcuts. Batch norms and
   * non-linearities stand in the box of the layer that they follow.
   */
  public static String mermaid(ModelSpec spec) {
    Graph graph = spec.graph(1);
    StringBuilder boxes = new StringBuilder();
    StringBuilder arrows = new StringBuilder();
    Map<Value, String> boxOf = new HashMap<>();
    int count = 0;
    for (Node node : graph.nodes()) {
      if (Summary.isState(node)) {
        continue;
      }
      Op op = node.op();
      if (op instanceof Op.BatchNorm || op instanceof Op.Activate || op instanceof Op.Reshape) {
        boxOf.put(node.output(), boxOf.get(node.input(0)));
        continue;
      }
      String id = "n" + count++;
      boxOf.put(node.output(), id);
      boolean add = op instanceof Op.Add;
      boxes.append("  ").append(id).append(add ? "((\"+\"))" : box(node)).append('\n');
      boolean shortcut = op instanceof Op.PadShortcut || node.path().contains(".downsample");
      for (int i = 0; i < node.inputs().size(); i++) {
        String from = boxOf.get(node.input(i));
        if (from != null) {
          boolean dotted = shortcut || add && i == 1;
          arrows
              .append("  ")
              .append(from)
              .append(dotted ? " -.-> " : " --> ")
              .append(id)
              .append('\n');
        }
      }
    }
    return "flowchart TD\n" + boxes + arrows;
  }

  private static String box(Node node) {
    String what =
        node.op() instanceof Op.Input
            ? node.path()
            : node.path() + "<br/>" + Summary.operation(node);
    return "[\"" + what + "<br/>" + node.output().shape() + "\"]";
  }
}
