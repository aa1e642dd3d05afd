package io.resnet4j.plan;

import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Joins neighbours that a backend runs in one pass over memory. A value is fused away only if one
 * node reads it and nobody asked for it. The joined node keeps the path of its first part and the
 * output value of its last.
 */
final class Fusion {
  private final Graph graph;
  private final Set<Value> kept;
  private final boolean differentiated;
  private final Map<Value, List<Node>> readers;
  private final Map<String, Node> emitted = new LinkedHashMap<>();
  private final Map<Value, Node> makers = new HashMap<>();
  private int nextId;

  private Fusion(Graph graph, Set<Value> kept, boolean differentiated) {
    this.graph = graph;
    this.kept = kept;
    this.differentiated = differentiated;
    this.readers = graph.readers();
    this.nextId = graph.nextId();
  }

  /**
   * Fuses {@code graph}.
   *
   * @param kept values that must survive besides the outputs
   * @param differentiated whether gradients will be taken: then only forms with a gradient
   */
  static Graph fuse(Graph graph, Set<Value> kept, boolean differentiated) {
    return new Fusion(graph, kept, differentiated).run();
  }

  private Graph run() {
    for (Node node : graph.nodes()) {
      Node last = join(node).orElse(node);
      emitted.put(last.path(), last);
      last.outputs().forEach(value -> makers.put(value, last));
    }
    return Graph.of(new ArrayList<>(emitted.values()), graph.outputs());
  }

  private Optional<Node> join(Node node) {
    if (node.op() instanceof Op.Activate activate) {
      return ownMaker(node, 0).flatMap(maker -> activated(maker, node, activate.activation()));
    }
    if (differentiated) {
      return Optional.empty();
    }
    if (node.op() instanceof Op.BatchNorm norm && norm.statistics() == Op.Statistics.RUNNING) {
      return ownMaker(node, 0).flatMap(maker -> folded(maker, node, norm));
    }
    if (node.op() instanceof Op.Add && !node.input(0).equals(node.input(1))) {
      return ownMaker(node, 0)
          .flatMap(maker -> summed(maker, node, node.input(1)))
          .or(() -> ownMaker(node, 1).flatMap(maker -> summed(maker, node, node.input(0))));
    }
    return Optional.empty();
  }

  /** The maker of an input that this node alone reads and nobody asked for. */
  private Optional<Node> ownMaker(Node node, int input) {
    Value value = node.input(input);
    boolean wanted = kept.contains(value) || graph.outputs().containsValue(value);
    return wanted || readers.get(value).size() != 1
        ? Optional.empty()
        : Optional.of(makers.get(value));
  }

  private Node replace(Node maker, Op op, List<Value> inputs, List<Value> outputs) {
    emitted.remove(maker.path());
    return new Node(maker.path(), op, inputs, outputs);
  }

  private Optional<Node> activated(Node maker, Node node, Activation activation) {
    Value y = node.output();
    if (maker.op() instanceof Op.FusedConv2d conv && conv.activation() == Activation.IDENTITY) {
      Op op =
          new Op.FusedConv2d(
              conv.conv(), conv.bias(), conv.folded(), conv.epsilon(), conv.residual(), activation);
      return Optional.of(replace(maker, op, maker.inputs(), List.of(y)));
    }
    if (!differentiated && maker.op() instanceof Op.Conv2d conv) {
      Op op = new Op.FusedConv2d(conv, maker.inputs().size() == 3, false, 0, false, activation);
      return Optional.of(replace(maker, op, maker.inputs(), List.of(y)));
    }
    if (activation != Activation.RELU) {
      return Optional.empty();
    }
    if (maker.op() instanceof Op.Add add && add.activation() == Activation.IDENTITY) {
      return Optional.of(replace(maker, new Op.Add(activation), maker.inputs(), List.of(y)));
    }
    if (maker.op() instanceof Op.BatchNorm norm
        && norm.activation() == Activation.IDENTITY
        && (norm.statistics() == Op.Statistics.BATCH || !differentiated)) {
      Op.BatchNorm op =
          new Op.BatchNorm(norm.epsilon(), norm.momentum(), norm.statistics(), activation);
      List<Value> outputs = new ArrayList<>(List.of(y, maker.output(1), maker.output(2)));
      if (op.masked()) {
        outputs.add(new Value(nextId++, maker.path() + "#3", y.shape()));
      }
      return Optional.of(replace(maker, op, maker.inputs(), outputs));
    }
    return Optional.empty();
  }

  private Optional<Node> folded(Node maker, Node node, Op.BatchNorm norm) {
    // A weight that is itself computed cannot be folded once and for all.
    if (!(maker.op() instanceof Op.Conv2d conv)
        || !maker.inputs().stream().skip(1).allMatch(this::isState)
        || !node.inputs().stream().skip(1).allMatch(this::isState)
        || node.outputs().stream().skip(1).anyMatch(kept::contains)) {
      return Optional.empty();
    }
    List<Value> inputs = new ArrayList<>(maker.inputs());
    inputs.addAll(node.inputs().subList(1, 5));
    Op op =
        new Op.FusedConv2d(
            conv, maker.inputs().size() == 3, true, norm.epsilon(), false, norm.activation());
    return Optional.of(replace(maker, op, inputs, List.of(node.output())));
  }

  private boolean isState(Value value) {
    Op op = graph.producer(value).op();
    return op instanceof Op.Parameter || op instanceof Op.Buffer;
  }

  private Optional<Node> summed(Node maker, Node node, Value addend) {
    Op.Conv2d conv;
    boolean bias;
    boolean folded = false;
    double epsilon = 0;
    if (maker.op() instanceof Op.FusedConv2d fused
        && !fused.residual()
        && fused.activation() == Activation.IDENTITY) {
      conv = fused.conv();
      bias = fused.bias();
      folded = fused.folded();
      epsilon = fused.epsilon();
    } else if (maker.op() instanceof Op.Conv2d plain) {
      conv = plain;
      bias = maker.inputs().size() == 3;
    } else {
      return Optional.empty();
    }
    List<Value> inputs = new ArrayList<>(maker.inputs());
    inputs.add(addend);
    Op op =
        new Op.FusedConv2d(conv, bias, folded, epsilon, true, ((Op.Add) node.op()).activation());
    return Optional.of(replace(maker, op, inputs, List.of(node.output())));
  }
}
