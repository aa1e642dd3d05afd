package io.resnet4j.autodiff;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Gives backward nodes the values of the forward pass: as they were kept, computed again (Chen et
 * al. 2016, arXiv:1604.06174), or rebuilt from the output of a coupling (Gomez et al. 2017,
 * arXiv:1707.04585, section 3.1). Nodes are written when the first backward node asks for their
 * result, so that it lives no longer than it must.
 */
final class Recomputation {
  private static final String AGAIN = ".again";

  private final Graph forward;
  private final GraphBuilder builder;
  private final Set<Value> again;
  private final Map<Value, Value> rebuilt = new HashMap<>();

  Recomputation(Graph forward, GraphBuilder builder, Set<Value> again) {
    this.forward = forward;
    this.builder = builder;
    this.again = new HashSet<>(again);
    for (Node node : forward.nodes()) {
      if (masks(node)) {
        // Drawn once, a mask is the same both times.
        this.again.remove(node.output(1));
      }
      if (node.op() instanceof Op.Couple) {
        for (Node inside : branch(node)) {
          this.again.addAll(masks(inside) ? List.of(inside.output()) : inside.outputs());
        }
        if (forward.producer(node.input(1)).op() instanceof Op.Couple) {
          this.again.add(node.input(1));
        }
      }
    }
  }

  private static boolean masks(Node node) {
    return node.op() instanceof Op.Dropout || node.op() instanceof Op.DropBlock;
  }

  /** The nodes between what a coupling's branch reads and its result, in graph order. */
  private List<Node> branch(Node couple) {
    Value read = couple.input(2);
    Set<Value> after = new HashSet<>(Set.of(read));
    for (Node node : forward.nodes()) {
      if (node.inputs().stream().anyMatch(after::contains)) {
        after.addAll(node.outputs());
      }
    }
    Set<Node> inside = new LinkedHashSet<>();
    Set<Value> wanted = new HashSet<>(Set.of(couple.input(0)));
    for (int i = forward.nodes().size() - 1; i >= 0; i--) {
      Node node = forward.nodes().get(i);
      if (node.outputs().stream().noneMatch(wanted::contains)) {
        continue;
      }
      if (node.op() instanceof Op.Input
          || (!after.contains(node.output()) && node.output().equals(couple.input(1)))) {
        throw new InvalidInputException(
            couple.path()
                + ": its branch depends on "
                + node.output()
                + " besides "
                + read
                + "; a reversible branch may read one activation only");
      }
      if (after.contains(node.output())) {
        inside.add(node);
      }
      node.inputs().stream().filter(value -> !value.equals(read)).forEach(wanted::add);
    }
    List<Node> ordered = new ArrayList<>(inside);
    Collections.reverse(ordered);
    return ordered;
  }

  /** The value that a backward node reads in place of {@code value}. */
  Value read(Value value) {
    if (!again.contains(value)) {
      return value;
    }
    // A stack of our own: a network may be thousands of nodes deep.
    Deque<Node> wanted = new ArrayDeque<>();
    if (!rebuilt.containsKey(value)) {
      wanted.push(forward.producer(value));
    }
    while (!wanted.isEmpty()) {
      Node node = wanted.peek();
      Optional<Value> first = node.inputs().stream().filter(this::missing).findFirst();
      if (first.isPresent()) {
        wanted.push(forward.producer(first.get()));
      } else {
        repeat(wanted.pop());
      }
    }
    return rebuilt.get(value);
  }

  private boolean missing(Value value) {
    return again.contains(value) && !rebuilt.containsKey(value);
  }

  private void repeat(Node node) {
    List<Value> inputs = new ArrayList<>();
    for (Value input : node.inputs()) {
      inputs.add(read(input));
    }
    Op op = node.op();
    if (masks(node)) {
      op = new Op.DropoutGradient();
      inputs = List.of(node.output(1), inputs.get(0));
    } else if (op instanceof Op.BatchNorm norm && norm.statistics() == Op.Statistics.BATCH) {
      op = repeated(norm, node, inputs);
    }
    Node repeated = builder.emit(node.path() + AGAIN, op, inputs);
    int made = Math.min(repeated.outputs().size(), node.outputs().size());
    for (int i = 0; i < made; i++) {
      if (again.contains(node.output(i))) {
        rebuilt.put(node.output(i), repeated.output(i));
      }
    }
  }

  /** Normalises with the statistics that were kept; the running ones are moved only once. */
  private Op repeated(Op.BatchNorm norm, Node node, List<Value> inputs) {
    boolean statistics = again.contains(node.output(1)) || again.contains(node.output(2));
    if (statistics || (norm.masked() && again.contains(node.output(3)))) {
      return new Op.BatchNorm(norm.epsilon(), 0, Op.Statistics.BATCH, norm.activation());
    }
    inputs.set(3, node.output(1));
    inputs.set(4, node.output(2));
    return new Op.BatchNorm(norm.epsilon(), 0, Op.Statistics.RUNNING, norm.activation());
  }

  /** Rebuilds what a coupling carried: its sum less its branch, computed again. */
  void undo(Node couple) {
    Value carried = couple.input(1);
    if (!again.contains(carried)) {
      return;
    }
    Value sum = read(couple.output());
    Value branch = read(couple.input(0));
    String path = couple.path() + ".undo";
    Value negative = builder.affine(path + ".branch", branch, -1, 0);
    Op add = new Op.Add(Activation.IDENTITY);
    rebuilt.put(carried, builder.emit(path, add, List.of(sum, negative)).output());
  }
}
