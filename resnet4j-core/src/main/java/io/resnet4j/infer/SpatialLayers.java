package io.resnet4j.infer;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.tensor.Shape;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The nodes of a network that make rows and columns of a picture and survive at inference. */
final class SpatialLayers {
  private SpatialLayers() {}

  /** All of them, in graph order. */
  static List<Node> of(Graph graph) {
    Set<Value> seen = new HashSet<>(graph.inputs());
    for (Node node : graph.nodes()) {
      if (node.inputs().stream().anyMatch(seen::contains)) {
        seen.addAll(node.outputs());
      }
    }
    return graph.nodes().stream()
        .filter(node -> seen.contains(node.outputs().get(0)))
        .filter(node -> isPlane(node.outputs().get(0).shape()))
        .filter(
            node ->
                !(node.op() instanceof Op.Input
                    || node.op() instanceof Op.Dropout
                    || node.op() instanceof Op.DropBlock))
        .toList();
  }

  private static boolean isPlane(Shape shape) {
    return shape.rank() == 4 && shape.dim(2) > 1 && shape.dim(3) > 1;
  }

  /**
   * The node at {@code layer}, or the last one below that path, such as {@code layer3}.
   *
   * @throws InvalidInputException if there is none with rows and columns
   */
  static Node named(ModelSpec spec, String layer) {
    List<Node> spatial = of(spec.graph(1));
    return spatial.stream()
        .filter(each -> each.path().equals(layer) || each.path().startsWith(layer + "."))
        .reduce((first, second) -> second)
        .orElseThrow(
            () -> {
              List<String> known = spatial.stream().map(Node::path).toList();
              return new InvalidInputException(
                  "layer '"
                      + layer
                      + "': model "
                      + spec.name()
                      + " has no such layer with rows and columns"
                      + Nearest.suggestion(layer, known)
                      + "; 'summary' shows its layers");
            });
  }
}
