package io.resnet4j.plan;

import io.resnet4j.autodiff.Gradients;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The passes in their order: mode, fusion, recomputation, gradients, pruning, types, lifetimes. */
public final class Planner {
  private Planner() {}

  /**
   * Plans a program.
   *
   * @throws io.resnet4j.InvalidInputException if the program asks for a gradient that does not
   *     exist
   */
  public static Plan plan(Program program) {
    Quantiser.requireFits(program);
    Set<Value> kept = new HashSet<>(program.observed());
    kept.addAll(program.gradientsBy());
    program.loss().ifPresent(kept::add);
    Graph graph =
        program.mode() == Mode.INFERENCE ? Modes.inference(program.graph()) : program.graph();
    if (program.loss().isEmpty()) {
      graph = Couplings.asSums(graph);
    }
    graph = Fusion.fuse(graph, kept, program.loss().isPresent());
    Map<String, Value> gradients = new LinkedHashMap<>();
    if (program.loss().isPresent()) {
      Value loss = program.loss().get();
      List<Value> by = program.gradientsBy();
      Set<Value> again =
          program.memory() == MemoryMode.LEAN
              ? LeanChoice.choose(graph, loss, by, program.precision())
              : Set.of();
      Gradients differentiated = Gradients.of(graph, loss, by, again);
      graph = Couplings.asSums(differentiated.graph());
      gradients.putAll(differentiated.by());
    }
    kept.addAll(gradients.values());
    graph = graph.prune(kept);
    return new Plan(
        graph,
        program.precision(),
        Types.choose(graph, program.precision()),
        lifetimes(graph, kept),
        gradients,
        program.observed(),
        program.namespace());
  }

  private static Map<Value, Lifetime> lifetimes(Graph graph, Set<Value> kept) {
    List<Node> nodes = graph.nodes();
    Map<Value, Integer> last = new HashMap<>();
    for (int i = 0; i < nodes.size(); i++) {
      int step = i;
      nodes.get(i).inputs().forEach(value -> last.put(value, step));
      nodes.get(i).outputs().forEach(value -> last.put(value, step));
    }
    kept.forEach(value -> last.put(value, nodes.size()));
    graph.outputs().values().forEach(value -> last.put(value, nodes.size()));
    Map<Value, Lifetime> lifetimes = new HashMap<>();
    for (int i = 0; i < nodes.size(); i++) {
      boolean fromTheStart = nodes.get(i).op() instanceof Op.Input;
      for (Value value : nodes.get(i).outputs()) {
        lifetimes.put(value, new Lifetime(fromTheStart ? 0 : i, last.get(value)));
      }
    }
    return lifetimes;
  }
}
