package io.resnet4j.lab;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Finds layers in a graph, and those that were asked for. */
final class Layers {
  private static final int SHOWN = 6;

  private Layers() {}

  /** Convolutions and affine maps with the parameter that is their weight, in graph order. */
  static Map<Node, Value> weighted(Graph graph) {
    Map<Node, Value> layers = new LinkedHashMap<>();
    for (Node node : graph.nodes()) {
      if (node.op() instanceof Op.Conv2d || node.op() instanceof Op.Linear) {
        parameter(graph, node.input(1)).ifPresent(weight -> layers.put(node, weight));
      }
    }
    return layers;
  }

  /** The parameter that a value is made of, through what standardises it. */
  private static Optional<Value> parameter(Graph graph, Value value) {
    Node node = graph.producer(value);
    while (!Block.isState(node) && !node.inputs().isEmpty()) {
      node = graph.producer(node.input(0));
    }
    return node.op() instanceof Op.Parameter ? Optional.of(node.output()) : Optional.empty();
  }

  /**
   * What a layer responds with: the output of the norm that is its own, or its own output where it
   * has none or the norm belongs to the next layer, as in pre-activated blocks.
   */
  static Value response(Graph graph, Node layer, List<Node> readers) {
    Optional<String> own = normOf(layer.path());
    for (Node reader : readers) {
      boolean norm = reader.op() instanceof Op.BatchNorm || reader.op() instanceof Op.GroupNorm;
      if (norm && own.filter(reader.path()::equals).isPresent()) {
        return reader.output();
      }
    }
    return layer.output();
  }

  /** conv1 has bn1, downsample.0 has downsample.1: torchvision's names. */
  private static Optional<String> normOf(String layer) {
    int conv = layer.lastIndexOf("conv");
    if (conv >= 0) {
      return Optional.of(layer.substring(0, conv) + "bn" + layer.substring(conv + 4));
    }
    int dot = layer.lastIndexOf('.');
    String last = layer.substring(dot + 1);
    return last.matches("\\d{1,3}")
        ? Optional.of(layer.substring(0, dot + 1) + (Integer.parseInt(last) + 1))
        : Optional.empty();
  }

  /**
   * Refuses names that select nothing.
   *
   * @param wanted paths of layers, or of what layers lie under, such as {@code layer1}
   * @throws InvalidInputException if there is no such layer; the message has the nearest names
   */
  static void require(Graph graph, List<String> wanted) {
    Set<String> known = new LinkedHashSet<>();
    for (Node node : graph.nodes()) {
      if (!Block.isState(node)) {
        String path = node.path();
        for (int end = path.length(); end > 0; end = path.lastIndexOf('.', end - 1)) {
          known.add(path.substring(0, end));
        }
      }
    }
    for (String name : wanted) {
      if (!known.contains(name)) {
        throw new InvalidInputException(
            "layer '"
                + name
                + "': the network has none of that name; nearest are "
                + String.join(", ", Nearest.of(name, known, SHOWN)));
      }
    }
  }

  /** Whether a path was asked for; every one is where nothing was. */
  static boolean selected(String path, List<String> wanted) {
    return wanted.isEmpty()
        || wanted.stream().anyMatch(name -> path.equals(name) || path.startsWith(name + "."));
  }
}
