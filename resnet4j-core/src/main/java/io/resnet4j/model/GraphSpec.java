package io.resnet4j.model;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.nn.Initialisation;
import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A network given node by node: written by hand with {@link GraphBuilder}, or read from a file of
 * another tool.
 *
 * @param name what it is called
 * @param nodes in order; shapes in them are for a batch of one
 * @param logits path of the node whose output is the logits
 */
public record GraphSpec(String name, List<Layer> nodes, String logits) implements ModelSpec {
  private static final int MOST_EXTENT = 1 << 24;

  /**
   * A node.
   *
   * @param path of the node, unique
   * @param op what it does; an operation of networks for inference or of their state, not yet
   *     differentiated or fused
   * @param inputs paths of the nodes whose first outputs it reads
   */
  public record Layer(String path, Op op, List<String> inputs) {
    /** Copies the list. */
    public Layer {
      inputs = List.copyOf(inputs);
    }
  }

  /** Copies the list and checks that a graph can be made of it. */
  public GraphSpec {
    nodes = List.copyOf(nodes);
    if (name.isBlank()) {
      throw new InvalidInputException("model: it has no name");
    }
    Set<String> paths = new HashSet<>();
    for (Layer node : nodes) {
      if (!paths.add(node.path())) {
        throw error(name, node.path() + ": this path is used twice");
      }
      GraphOps.requireSound(node);
      if (node.op() instanceof Op.Input != node.path().equals(IMAGES)) {
        throw error(name, node.path() + ": the one input, and nothing else, is called " + IMAGES);
      }
    }
    if (!paths.contains(IMAGES)) {
      throw error(name, "no input called " + IMAGES);
    }
    GraphBuilder g = new GraphBuilder();
    Shape picture = picture(nodes);
    Value images = g.input(IMAGES, GraphOps.rebatch(IMAGES, picture, 1, 2));
    Shape shape = write(g, nodes, logits, images, false).shape();
    if (shape.rank() != 2 || shape.dim(0) != 2) {
      throw error(name, "expected logits [N,K], got " + shape + " for a batch of 2");
    }
  }

  private static InvalidInputException error(String name, String what) {
    return new InvalidInputException("model " + name + ": " + what);
  }

  private static Value input(Graph graph) {
    return graph
        .find(IMAGES)
        .filter(node -> node.op() instanceof Op.Input)
        .orElseThrow(() -> new InvalidInputException("graph: no input called " + IMAGES))
        .output();
  }

  /**
   * The network of a graph written for any batch: what {@link #LOGITS} needs of it. Its input is
   * called {@link #IMAGES}; shapes that it reshapes to begin with the batch.
   *
   * @throws InvalidInputException if the graph is not such a network
   */
  public static GraphSpec of(String name, Graph graph) {
    Graph needed = graph.withOutputs(Map.of(LOGITS, graph.output(LOGITS))).prune(Set.of());
    int batch = input(needed).shape().dim(0);
    Set<Value> batched = new HashSet<>();
    List<Layer> nodes = new ArrayList<>();
    for (Node node : needed.nodes()) {
      List<String> inputs = new ArrayList<>();
      for (Value value : node.inputs()) {
        Node maker = needed.producer(value);
        if (!maker.output().equals(value)) {
          throw error(name, node.path() + ": reads " + value + ", which is not a first output");
        }
        inputs.add(maker.path());
      }
      Op op = node.op();
      if (op instanceof Op.Input || node.inputs().stream().anyMatch(batched::contains)) {
        batched.addAll(node.outputs());
        op = GraphOps.rebatch(node.path(), op, batch, 1);
      }
      nodes.add(new Layer(node.path(), op, inputs));
    }
    return new GraphSpec(name, nodes, needed.producer(needed.output(LOGITS)).path());
  }

  @Override
  public Value write(GraphBuilder g, Value images, boolean training) {
    return write(g, nodes, logits, images, training);
  }

  private static Value write(
      GraphBuilder g, List<Layer> nodes, String logits, Value images, boolean training) {
    int batch = images.shape().dim(0);
    Map<String, Value> values = new HashMap<>(Map.of(IMAGES, images));
    Set<Value> batched = new HashSet<>(List.of(images)); // unlike weights in the making
    for (Layer node : nodes) {
      if (node.op() instanceof Op.Input) {
        continue;
      }
      List<Value> inputs = new ArrayList<>();
      for (String path : node.inputs()) {
        inputs.add(made(values, node.path(), path));
      }
      Op op = node.op();
      boolean depends = inputs.stream().anyMatch(batched::contains);
      if (depends) {
        op = GraphOps.rebatch(node.path(), op, 1, batch);
      }
      if (op instanceof Op.BatchNorm norm && !training && !inputs.isEmpty()) {
        op = GraphOps.forInference(norm, inputs.get(0).shape());
      }
      try {
        Value value = g.emit(node.path(), op, inputs).output();
        values.put(node.path(), value);
        if (depends) {
          batched.add(value);
        }
      } catch (ArithmeticException e) {
        throw new InvalidInputException(node.path() + ": too large a tensor", e);
      }
    }
    return made(values, LOGITS, logits);
  }

  private static Value made(Map<String, Value> values, String reader, String path) {
    Value value = values.get(path);
    if (value == null) {
      throw new InvalidInputException(
          reader + ": reads '" + path + "', which no earlier node makes");
    }
    return value;
  }

  private static Shape picture(List<Layer> nodes) {
    return ((Op.Input) find(nodes, IMAGES).op()).shape();
  }

  private static Layer find(List<Layer> nodes, String path) {
    return nodes.stream().filter(node -> node.path().equals(path)).findFirst().orElseThrow();
  }

  @Override
  public int classes() {
    return graph(2).output(LOGITS).shape().dim(1);
  }

  @Override
  public int channels() {
    return picture(nodes).dim(1);
  }

  @Override
  public int height() {
    return picture(nodes).dim(2);
  }

  @Override
  public int width() {
    return picture(nodes).dim(3);
  }

  /**
   * The same network with another head, if an affine map is its end.
   *
   * @throws InvalidInputException if it is not, or other nodes read its weights
   */
  @Override
  public GraphSpec withClasses(int classes) {
    if (classes == classes()) {
      return this;
    }
    if (classes < 1 || classes > MOST_EXTENT) {
      throw error(name, "classes " + classes + "; expected at least 1");
    }
    Layer head = find(nodes, logits);
    if (!(head.op() instanceof Op.Linear)) {
      throw error(
          name, "ends in " + GraphOps.name(head.op()) + ", not Linear, so its classes are fixed");
    }
    List<Layer> changed = nodes;
    for (String state : head.inputs().subList(1, head.inputs().size())) {
      changed = withExtent(changed, head.path(), state, 0, classes);
    }
    return new GraphSpec(name, changed, logits);
  }

  /** With an extent of a parameter changed, which one node alone reads. */
  private List<Layer> withExtent(
      List<Layer> layers, String reader, String parameter, int axis, int extent) {
    boolean shared =
        layers.stream().anyMatch(n -> !n.path().equals(reader) && n.inputs().contains(parameter));
    if (shared || !(find(layers, parameter).op() instanceof Op.Parameter)) {
      throw error(name, reader + ": " + parameter + " is not its own parameter, so it must stay");
    }
    List<Layer> changed = new ArrayList<>();
    for (Layer node : layers) {
      if (node.path().equals(parameter) && node.op() instanceof Op.Parameter old) {
        int[] dims = old.shape().toArray();
        dims[axis] = extent;
        changed.add(new Layer(parameter, new Op.Parameter(Shape.of(dims), old.start()), List.of()));
      } else {
        changed.add(node);
      }
    }
    return changed;
  }

  /**
   * The same network for other pictures: the convolutions that read them take as many channels;
   * what flattens takes what there is.
   *
   * @throws InvalidInputException if a later node does not fit
   */
  @Override
  public GraphSpec withInput(int channels, int height, int width) {
    Shape shape = GraphOps.picture(name, channels, height, width);
    if (shape.equals(picture(nodes))) {
      return this;
    }
    List<Layer> changed = nodes;
    if (channels != channels()) {
      for (Layer node : nodes) {
        if (node.op() instanceof Op.Conv2d conv && node.inputs().get(0).equals(IMAGES)) {
          int inner = channels / conv.groups();
          changed = withExtent(changed, node.path(), node.inputs().get(1), 1, Math.max(1, inner));
        }
      }
    }
    GraphBuilder g = new GraphBuilder();
    Map<String, Value> values = new HashMap<>();
    List<Layer> fitted = new ArrayList<>();
    for (Layer node : changed) {
      List<Value> inputs = node.inputs().stream().map(values::get).toList();
      Op op = node.op();
      if (op instanceof Op.Input) {
        op = new Op.Input(shape);
      } else if (op instanceof Op.Reshape reshape
          && reshape.shape().rank() == 2
          && reshape.shape().dim(0) == 1) {
        op = new Op.Reshape(Shape.of(1, Math.toIntExact(inputs.get(0).shape().elements())));
      } else if (op instanceof Op.BatchNorm norm) {
        op = GraphOps.forInference(norm, inputs.get(0).shape());
      }
      values.put(node.path(), g.emit(node.path(), op, inputs).output());
      fitted.add(
          new Layer(node.path(), op instanceof Op.BatchNorm ? node.op() : op, node.inputs()));
    }
    return new GraphSpec(name, fitted, logits);
  }

  @Override
  public Counts counts() {
    return Counts.of(graph(2));
  }

  @Override
  public Initialisation initialisation() {
    return Initialisation.TORCHVISION;
  }
}
