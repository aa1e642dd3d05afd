package io.resnet4j.train;

import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How far each parameter is from the head: a stage is {@code layer1}, {@code layer2} and so on; all
 * else before the head is the stem.
 */
final class Stages {
  private final Map<String, Integer> fromHead = new LinkedHashMap<>();
  private final Set<String> head = new LinkedHashSet<>();

  Stages(Graph graph) {
    Node last = null;
    for (Node node : graph.nodes()) {
      last = node.op() instanceof Op.Linear ? node : last;
    }
    if (last != null) {
      Node linear = last;
      graph.parameters().stream()
          .filter(linear.inputs()::contains)
          .map(Value::name)
          .forEach(head::add);
    }
    List<String> stages = new ArrayList<>();
    for (Value parameter : graph.parameters()) {
      if (!head.contains(parameter.name()) && !stages.contains(stage(parameter.name()))) {
        stages.add(stage(parameter.name()));
      }
    }
    for (Value parameter : graph.parameters()) {
      String name = parameter.name();
      fromHead.put(name, head.contains(name) ? 0 : stages.size() - stages.indexOf(stage(name)));
    }
  }

  private static String stage(String path) {
    String first = path.substring(0, Math.max(0, path.indexOf('.')));
    return first.startsWith("layer") ? first : "stem";
  }

  /** Whether a parameter is the head's. */
  boolean isHead(String parameter) {
    return head.contains(parameter);
  }

  /** Stages between a parameter and the head, its own counted; 0 for the head. */
  int fromHead(String parameter) {
    return fromHead.get(parameter);
  }
}
