package io.resnet4j.graph;

import io.resnet4j.InvalidInputException;
import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An immutable list of nodes, each after those that it reads from, with named outputs. Passes make
 * new graphs; a value that survives a pass keeps its id.
 */
public final class Graph {
  private final List<Node> nodes;
  private final Map<String, Value> outputs;
  private final Map<Integer, Node> producers = new HashMap<>();
  private final Map<String, Node> byPath = new HashMap<>();

  private Graph(List<Node> nodes, Map<String, Value> outputs) {
    this.nodes = List.copyOf(nodes);
    this.outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
  }

  /**
   * A graph of these nodes, verified: paths and values are unique, every input is made before it is
   * read, every shape is what the operation makes.
   *
   * @throws InvalidInputException if an operation's inputs do not fit it
   * @throws IllegalStateException if nodes are out of order or defined twice
   */
  public static Graph of(List<Node> nodes, Map<String, Value> outputs) {
    Graph graph = new Graph(nodes, outputs);
    for (Node node : graph.nodes) {
      graph.add(node);
    }
    outputs.forEach((name, value) -> graph.requireMade("output " + name, value));
    return graph;
  }

  private void add(Node node) {
    for (Value input : node.inputs()) {
      requireMade(node.path(), input);
    }
    List<Shape> shapes = ShapeRules.infer(node);
    if (!shapes.equals(node.outputs().stream().map(Value::shape).toList())) {
      throw new IllegalStateException(
          node.path() + ": outputs should be " + shapes + ", are " + node.outputs());
    }
    if (byPath.put(node.path(), node) != null) {
      throw new IllegalStateException(node.path() + ": this path is used twice");
    }
    for (Value output : node.outputs()) {
      if (producers.put(output.id(), node) != null) {
        throw new IllegalStateException(node.path() + ": " + output + " is made twice");
      }
    }
  }

  private void requireMade(String reader, Value value) {
    if (!producers.containsKey(value.id())) {
      throw new IllegalStateException(reader + " reads " + value + ", which no earlier node makes");
    }
  }

  /** Every node, each after those that it reads from. */
  public List<Node> nodes() {
    return nodes;
  }

  /** Named results, in the order in which they were declared. */
  public Map<String, Value> outputs() {
    return outputs;
  }

  /**
   * The output of this name.
   *
   * @throws InvalidInputException if there is none
   */
  public Value output(String name) {
    Value value = outputs.get(name);
    if (value == null) {
      throw new InvalidInputException(
          "graph: no output named '" + name + "'; it has " + outputs.keySet());
    }
    return value;
  }

  /** The node that makes {@code value}. */
  public Node producer(Value value) {
    Node node = producers.get(value.id());
    if (node == null) {
      throw new IllegalStateException("graph: nothing makes " + value);
    }
    return node;
  }

  /** The node at {@code path}, if there is one. */
  public Optional<Node> find(String path) {
    return Optional.ofNullable(byPath.get(path));
  }

  /** Nodes that read each value; a value read twice by a node is listed once. */
  public Map<Value, List<Node>> readers() {
    Map<Value, List<Node>> readers = new HashMap<>();
    for (Node node : nodes) {
      for (Value input : new HashSet<>(node.inputs())) {
        readers.computeIfAbsent(input, v -> new ArrayList<>()).add(node);
      }
    }
    return readers;
  }

  /** Values of all nodes with an operation of {@code type}, in graph order. */
  public List<Value> valuesOf(Class<? extends Op> type) {
    return nodes.stream().filter(n -> type.isInstance(n.op())).map(Node::output).toList();
  }

  /** The trained tensors, in graph order. */
  public List<Value> parameters() {
    return valuesOf(Op.Parameter.class);
  }

  /** The tensors kept but not trained, in graph order. */
  public List<Value> buffers() {
    return valuesOf(Op.Buffer.class);
  }

  /** The values fed from outside, in graph order. */
  public List<Value> inputs() {
    return valuesOf(Op.Input.class);
  }

  /** One more than the largest value id, for passes that make new values. */
  public int nextId() {
    return producers.keySet().stream().mapToInt(Integer::intValue).max().orElse(-1) + 1;
  }

  /** The same graph with other outputs. */
  public Graph withOutputs(Map<String, Value> newOutputs) {
    return of(nodes, newOutputs);
  }

  /** Without the nodes that neither the outputs nor {@code alsoKeep} need. */
  public Graph prune(Set<Value> alsoKeep) {
    Set<Value> needed = new HashSet<>(outputs.values());
    needed.addAll(alsoKeep);
    List<Node> kept = new ArrayList<>();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      Node node = nodes.get(i);
      if (node.outputs().stream().anyMatch(needed::contains)) {
        needed.addAll(node.inputs());
        kept.add(node);
      }
    }
    Collections.reverse(kept);
    return of(kept, outputs);
  }

  /** A line per node, such as {@code layer1.0.add = Add(layer1.0.bn2, relu) [2,16,32,32]}. */
  @Override
  public String toString() {
    return GraphPrinter.print(this);
  }
}
