package io.resnet4j.lab;

import io.resnet4j.autodiff.Gradients;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.plan.MemoryMode;
import io.resnet4j.plan.Mode;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One side of a block by itself, backwards: the product of a gradient behind it with its Jacobian,
 * at the input that the block had in a run of the whole network.
 */
final class BlockBackward {
  private static final String INPUT = "lab.block.input";

  private final Optional<Executable> plan;
  private final Value by;

  /**
   * Plans one side.
   *
   * @param graph of the whole network
   * @param from what the side reads
   * @param to what it makes; the same as {@code from} where it is the identity
   */
  BlockBackward(Session session, Graph graph, Value from, Value to) {
    by = new Value(from.id(), INPUT, from.shape());
    if (from.equals(to)) {
      plan = Optional.empty();
      return;
    }
    List<Node> nodes = new ArrayList<>();
    nodes.add(new Node(INPUT, new Op.Input(from.shape()), List.of(), List.of(by)));
    nodes.addAll(between(graph, from, to));
    Graph side = Graph.of(nodes, Map.of("side", to));
    plan =
        Optional.of(
            session.prepare(
                Planner.plan(
                    new Program(
                        side,
                        Mode.INFERENCE,
                        Precision.F32,
                        Optional.of(to),
                        List.of(by),
                        Set.of(),
                        Program.MODEL,
                        MemoryMode.KEEP))));
  }

  /** The nodes that make {@code to} of {@code from} and of state, in graph order. */
  private static List<Node> between(Graph graph, Value from, Value to) {
    Set<Value> needed = new HashSet<>(Set.of(to));
    List<Node> found = new ArrayList<>();
    for (int i = graph.nodes().size() - 1; i >= 0; i--) {
      Node node = graph.nodes().get(i);
      boolean made = node.outputs().stream().anyMatch(needed::contains);
      if (made && !node.outputs().contains(from)) {
        found.add(0, node);
        needed.addAll(node.inputs());
      }
    }
    return found;
  }

  /** The gradient by what the side read, from the gradient by what it made. */
  Tensor back(Tensor input, Tensor gradient) {
    if (plan.isEmpty()) {
      return gradient;
    }
    Executable run = plan.get();
    run.feed(INPUT, input);
    run.feed(Gradients.SEED, gradient);
    run.run(0, 0);
    return run.fetch(run.plan().gradients().get(INPUT));
  }
}
