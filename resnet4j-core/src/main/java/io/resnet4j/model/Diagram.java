package io.resnet4j.model;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Draws a network, or one block of it, as text that Mermaid (mermaid.js.org) renders: solid arrows
 * are the main path, dotted ones the shortcuts.
 */
public final class Diagram {
  private final Graph graph;
  private final Optional<String> block;
  private final Map<Value, String> boxOf = new HashMap<>();
  private final Map<String, String> boxes = new LinkedHashMap<>();
  private final StringBuilder arrows = new StringBuilder();

  private Diagram(Graph graph, Optional<String> block) {
    this.graph = graph;
    this.block = block;
  }

  /**
   * A flowchart of the whole network. Norms and non-linearities stand in the box of the layer that
   * they follow.
   */
  public static String mermaid(ModelSpec spec) {
    return new Diagram(spec.graph(1), Optional.empty()).draw();
  }

  /**
   * A flowchart of one block, operation by operation.
   *
   * @param block its path, such as {@code layer2.0}
   * @throws InvalidInputException if nothing in the network has such a path
   */
  public static String mermaid(ModelSpec spec, String block) {
    Graph graph = spec.graph(1);
    if (graph.nodes().stream().noneMatch(n -> n.path().startsWith(block + "."))) {
      throw new InvalidInputException(
          "model "
              + spec.name()
              + ": no block '"
              + block
              + "'; 'summary' lists the paths, such as layer1.0");
    }
    return new Diagram(graph, Optional.of(block + ".")).draw();
  }

  private String draw() {
    graph.nodes().stream().filter(n -> !Summary.isState(n)).forEach(this::draw);
    StringBuilder text = new StringBuilder("flowchart TD\n");
    boxes.forEach((id, box) -> text.append("  ").append(id).append(box).append('\n'));
    return text.append(arrows).toString();
  }

  private void draw(Node node) {
    Op op = node.op();
    boolean inside = block.map(node.path()::startsWith).orElse(true);
    // What is made of parameters alone, such as a standardised weight, is no part of the way.
    boolean derived =
        !(op instanceof Op.Input)
            && node.inputs().stream().noneMatch(v -> boxOf.containsKey(v) || outside(v));
    if (!inside || derived) {
      return;
    }
    boolean follows =
        op instanceof Op.BatchNorm
            || op instanceof Op.GroupNorm
            || op instanceof Op.Activate
            || op instanceof Op.Reshape;
    String before = node.inputs().isEmpty() ? null : boxOf.get(node.input(0));
    if (block.isEmpty() && follows && before != null) {
      boxOf.put(node.output(), before);
      return;
    }
    boolean add = op instanceof Op.Add;
    boolean shortcut = node.path().contains(".downsample") || node.path().contains(".shortcut");
    node.inputs().stream().filter(this::outside).forEach(this::enter);
    String id = box(node.output(), add ? "((\"+\"))" : label(node));
    for (int i = 0; i < node.inputs().size(); i++) {
      String from = boxOf.get(node.input(i));
      if (from != null) {
        boolean dotted = shortcut || add && i == 1;
        arrows.append("  ").append(from).append(dotted ? " -.-> " : " --> ").append(id);
        arrows.append('\n');
      }
    }
  }

  /** Whether a value enters the block that is drawn. */
  private boolean outside(Value value) {
    Node from = graph.producer(value);
    return block.isPresent() && !from.path().startsWith(block.get()) && !Summary.isState(from);
  }

  private void enter(Value value) {
    if (!boxOf.containsKey(value)) {
      box(value, "[\"" + value.name() + "<br/>" + value.shape() + "\"]");
    }
  }

  private String box(Value value, String label) {
    String id = "n" + boxes.size();
    boxOf.put(value, id);
    boxes.put(id, label);
    return id;
  }

  private static String label(Node node) {
    String what =
        node.op() instanceof Op.Input
            ? node.path()
            : node.path() + "<br/>" + Summary.operation(node);
    return "[\"" + what + "<br/>" + node.output().shape() + "\"]";
  }
}
