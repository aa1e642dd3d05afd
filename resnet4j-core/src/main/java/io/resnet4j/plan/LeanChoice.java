package io.resnet4j.plan;

import io.resnet4j.autodiff.Gradients;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Work;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Chooses what a lean plan computes twice (Chen et al. 2016, arXiv:1604.06174). Two kinds of
 * choices are tried: to keep what costs much work for its bytes, and to keep only values through
 * which all later ones are reached, one for each of a number of segments. The one that needs the
 * least memory wins, among those that add at most {@link #MOST_EXTRA} to the work.
 */
final class LeanChoice {
  /** Multiply-adds that take as long as moving one byte. */
  private static final double WORK_PER_BYTE = 16;

  private final Graph graph;
  private final Value loss;
  private final List<Value> by;
  private final Precision precision;
  private final Set<Value> activations = new LinkedHashSet<>();
  private final List<Value> cuts = new ArrayList<>();

  private LeanChoice(Graph graph, Value loss, List<Value> by, Precision precision) {
    this.graph = graph;
    this.loss = loss;
    this.by = by;
    this.precision = precision;
  }

  /** Values of {@code graph} that its gradients shall compute again. */
  static Set<Value> choose(Graph graph, Value loss, List<Value> by, Precision precision) {
    return new LeanChoice(graph, loss, by, precision).choose();
  }

  private record Choice(Set<Value> again, double peak, double work) {
    /** A tenth less memory is worth a twentieth more work. */
    double price() {
      return peak * work * work;
    }
  }

  private Set<Value> choose() {
    findActivations();
    findCuts();
    Choice best = weigh(Set.of());
    for (Set<Value> again : candidates()) {
      Choice choice = weigh(again);
      if (choice.price() < best.price()) {
        best = choice;
      }
    }
    return best.again();
  }

  // ---- what there is ----

  /** Values that depend on an input, and are not themselves inputs. */
  private void findActivations() {
    Set<Value> after = new HashSet<>(graph.inputs());
    for (Node node : graph.nodes()) {
      if (node.inputs().stream().anyMatch(after::contains)) {
        after.addAll(node.outputs());
        if (!(node.op() instanceof Op.Loss)) {
          activations.addAll(node.outputs());
        }
      }
    }
  }

  /** Values that are, when they are made, the only ones that later nodes read. */
  private void findCuts() {
    Map<Value, Integer> last = new HashMap<>();
    List<Node> nodes = graph.nodes();
    for (int i = 0; i < nodes.size(); i++) {
      int at = i;
      nodes.get(i).inputs().forEach(value -> last.put(value, at));
    }
    graph.outputs().values().forEach(value -> last.put(value, nodes.size()));
    Set<Value> open = new HashSet<>();
    for (int i = 0; i < nodes.size(); i++) {
      int at = i;
      for (Value output : nodes.get(i).outputs()) {
        if (activations.contains(output) && last.getOrDefault(output, -1) > i) {
          open.add(output);
        }
      }
      open.removeIf(value -> last.get(value) <= at);
      if (open.size() == 1 && open.contains(nodes.get(i).output())) {
        cuts.add(nodes.get(i).output());
      }
    }
  }

  // ---- what could be done ----

  private List<Set<Value>> candidates() {
    List<Set<Value>> candidates = new ArrayList<>();
    TreeSet<Double> ratios = new TreeSet<>();
    for (Value value : activations) {
      ratios.add(ratio(value));
    }
    List<Double> sorted = List.copyOf(ratios);
    Set<Value> ends = Set.copyOf(cuts);
    for (int i = 1; i <= 8; i++) {
      candidates.add(cheap(sorted.get(i * (sorted.size() - 1) / 8), ends));
    }
    double all = cuts.stream().mapToDouble(this::bytes).sum();
    for (int segments = cuts.size(); segments >= 1; segments = segments * 2 / 3) {
      Set<Value> kept = new HashSet<>();
      double passed = 0;
      for (Value cut : cuts) {
        double before = Math.floor(passed / all * segments);
        passed += bytes(cut);
        if (Math.floor(passed / all * segments) > before) {
          kept.add(cut);
        }
      }
      Set<Value> again = new HashSet<>(activations);
      again.removeAll(kept);
      candidates.add(again);
    }
    return candidates;
  }

  /** What takes little work for its bytes; statistics and masks are kept. */
  private Set<Value> cheap(double mostRatio, Set<Value> ends) {
    Set<Value> again = new HashSet<>();
    for (Value value : activations) {
      boolean first = graph.producer(value).output().equals(value);
      if (first && ratio(value) <= mostRatio && !ends.contains(value)) {
        again.add(value);
      }
    }
    return again;
  }

  // ---- what it costs ----

  private double ratio(Value value) {
    return estimate(graph.producer(value)) / Math.max(1, bytes(value));
  }

  private double bytes(Value value) {
    return (double) value.shape().elements() * precision.activations().bytes();
  }

  private double estimate(Node node) {
    double moved = 0;
    for (Value input : node.inputs()) {
      moved += bytes(input);
    }
    for (Value output : node.outputs()) {
      moved += bytes(output);
    }
    return Math.max(Work.multiplyAdds(node), WORK_PER_BYTE * moved);
  }

  /** Work of a step and the most bytes that are alive at once. */
  private Choice weigh(Set<Value> again) {
    Gradients gradients = Gradients.of(graph, loss, by, again);
    Graph whole = gradients.graph().prune(new HashSet<>(gradients.by().values()));
    List<Node> nodes = whole.nodes();
    Map<Value, Integer> last = new HashMap<>();
    for (int i = 0; i < nodes.size(); i++) {
      int at = i;
      nodes.get(i).inputs().forEach(value -> last.put(value, at));
    }
    double alive = 0;
    double peak = 0;
    double total = 0;
    Set<Value> made = new HashSet<>();
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      if (node.inputs().isEmpty()) {
        continue;
      }
      total += estimate(node);
      for (Value output : node.outputs()) {
        if (last.containsKey(output)) {
          alive += live(node, output);
          made.add(output);
        }
      }
      peak = Math.max(peak, alive);
      for (Value input : new HashSet<>(node.inputs())) {
        if (last.get(input) == i && made.contains(input)) {
          alive -= live(whole.producer(input), input);
        }
      }
    }
    return new Choice(again, peak, total);
  }

  /** Bytes of a value; masks of fused ReLUs take a bit an element. */
  private double live(Node maker, Value value) {
    boolean mask =
        maker.op() instanceof Op.BatchNorm norm && norm.masked() && maker.output(3).equals(value);
    return mask ? value.shape().elements() / 8.0 : bytes(value);
  }
}
