package io.resnet4j.graph;

import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a graph node by node; every shape is checked as it is written. Batch norms are written
 * with batch statistics and dropout as active: what inference makes of them is a later pass.
 */
public final class GraphBuilder {
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Value> outputs = new LinkedHashMap<>();
  private int nextId;

  /** An empty graph. */
  public GraphBuilder() {}

  /** A builder that goes on where {@code graph} ends, with its nodes and outputs. */
  public GraphBuilder(Graph graph) {
    nodes.addAll(graph.nodes());
    outputs.putAll(graph.outputs());
    nextId = graph.nextId();
  }

  /**
   * Appends any operation.
   *
   * @return the new node
   * @throws io.resnet4j.InvalidInputException if the inputs do not fit the operation
   */
  public Node emit(String path, Op op, List<Value> inputs) {
    List<Shape> shapes = ShapeRules.infer(new Node(path, op, inputs, List.of()));
    List<Value> made = new ArrayList<>();
    for (int i = 0; i < shapes.size(); i++) {
      made.add(new Value(nextId++, i == 0 ? path : path + "#" + i, shapes.get(i)));
    }
    Node node = new Node(path, op, inputs, made);
    nodes.add(node);
    return node;
  }

  private Value one(String path, Op op, Value... inputs) {
    return emit(path, op, List.of(inputs)).output();
  }

  /** A value fed from outside at each run. */
  public Value input(String name, Shape shape) {
    return one(name, new Op.Input(shape));
  }

  /** A trained tensor that starts as its reader has it. */
  public Value parameter(String path, int... dims) {
    return parameter(path, Start.BY_READER, dims);
  }

  /** A trained tensor. */
  public Value parameter(String path, Start start, int... dims) {
    return one(path, new Op.Parameter(Shape.of(dims), start));
  }

  /** A tensor kept but not trained that starts as its reader has it. */
  public Value buffer(String path, int... dims) {
    return buffer(path, Start.BY_READER, dims);
  }

  /** A tensor kept but not trained. */
  public Value buffer(String path, Start start, int... dims) {
    return one(path, new Op.Buffer(Shape.of(dims), start));
  }

  /**
   * Convolution without bias; its weight is the parameter {@code path.weight}.
   *
   * @param x [N,I,H,W]
   * @param channels O
   */
  public Value conv(String path, Value x, int channels, Window window, int groups) {
    return conv(path, x, channels, window, groups, Start.BY_READER);
  }

  /** Convolution without bias whose weight {@code path.weight} starts as said. */
  public Value conv(String path, Value x, int channels, Window window, int groups, Start start) {
    Value weight = convWeight(path, x, channels, window, groups, start);
    return one(path, new Op.Conv2d(window, groups), x, weight);
  }

  /** Convolution with the parameters {@code path.weight} and {@code path.bias}. */
  public Value convBias(String path, Value x, int channels, Window window, int groups) {
    Value weight = convWeight(path, x, channels, window, groups, Start.BY_READER);
    Value bias = parameter(path + ".bias", channels);
    return conv(path, x, weight, bias, window, groups);
  }

  /** Convolution of {@code x} with values that the graph already has. */
  public Value conv(String path, Value x, Value weight, Value bias, Window window, int groups) {
    return one(path, new Op.Conv2d(window, groups), x, weight, bias);
  }

  /** The parameter {@code path.weight} [O,I/groups,kH,kW] of a convolution of {@code x}. */
  public Value convWeight(
      String path, Value x, int channels, Window window, int groups, Start start) {
    if (x.shape().rank() != 4
        || channels < 1
        || groups < 1
        || x.shape().dim(1) % groups != 0
        || channels % groups != 0) {
      throw ShapeRules.error(
          path,
          "cannot convolve %s into %d channels in %d groups; both channel counts must be multiples"
              + " of the groups",
          x,
          channels,
          groups);
    }
    int inputs = x.shape().dim(1) / groups;
    return parameter(path + ".weight", start, channels, inputs, window.kernelH(), window.kernelW());
  }

  /**
   * Batch norm with PyTorch's defaults (epsilon 1e-5, momentum 0.1), the parameters {@code
   * path.weight} and {@code path.bias} and the buffers {@code path.running_mean} and {@code
   * path.running_var}.
   */
  public Value batchNorm(String path, Value x) {
    return batchNorm(path, x, Op.Statistics.BATCH, Start.BY_READER);
  }

  /** Such a batch norm with other statistics or another start of its scale. */
  public Value batchNorm(String path, Value x, Op.Statistics statistics, Start scaleStart) {
    int channels = x.shape().rank() > 1 ? x.shape().dim(1) : 1;
    Value scale = parameter(path + ".weight", scaleStart, channels);
    Value shift = parameter(path + ".bias", channels);
    Value mean = buffer(path + ".running_mean", channels);
    Value variance = buffer(path + ".running_var", channels);
    Op op = new Op.BatchNorm(1e-5, 0.1, statistics, Activation.IDENTITY);
    return one(path, op, x, scale, shift, mean, variance);
  }

  /**
   * Group norm with PyTorch's epsilon of 1e-5 and the parameters {@code path.weight} and {@code
   * path.bias}.
   */
  public Value groupNorm(String path, Value x, int groups) {
    return groupNorm(path, x, groups, Start.BY_READER);
  }

  /** Such a group norm with another start of its scale. */
  public Value groupNorm(String path, Value x, int groups, Start scaleStart) {
    int channels = x.shape().rank() > 1 ? x.shape().dim(1) : 1;
    Value scale = parameter(path + ".weight", scaleStart, channels);
    Value shift = parameter(path + ".bias", channels);
    return one(path, new Op.GroupNorm(groups, 1e-5), x, scale, shift);
  }

  /** A non-linearity. */
  public Value activate(String path, Value x, Activation activation) {
    return one(path, new Op.Activate(activation), x);
  }

  /** max(x, 0). */
  public Value relu(String path, Value x) {
    return activate(path, x, Activation.RELU);
  }

  /** Branch plus shortcut. */
  public Value add(String path, Value branch, Value shortcut) {
    return one(path, new Op.Add(Activation.IDENTITY), branch, shortcut);
  }

  /**
   * Carried plus what the branch made of {@code read}, undone by the gradient: {@link Op.Couple}.
   */
  public Value couple(String path, Value branch, Value carried, Value read) {
    return one(path, new Op.Couple(), branch, carried, read);
  }

  /** x + b, b broadcast: see {@link Op.Shift}. */
  public Value shift(String path, Value x, Value b) {
    return one(path, new Op.Shift(), x, b);
  }

  /** x s, s broadcast: see {@link Op.Multiply}. */
  public Value multiply(String path, Value x, Value s) {
    return one(path, new Op.Multiply(), x, s);
  }

  /** factor x + addend. */
  public Value affine(String path, Value x, double factor, double addend) {
    return one(path, new Op.Affine(factor, addend), x);
  }

  /** Channels side by side. */
  public Value concat(String path, List<Value> values) {
    return emit(path, new Op.Concat(), values).output();
  }

  /** Channels {@code from} to {@code to}, the latter not included. */
  public Value slice(String path, Value x, int from, int to) {
    return one(path, new Op.Slice(from, to), x);
  }

  /** Mirrored borders: see {@link Op.ReflectPad}. */
  public Value reflectPad(String path, Value x, int pad) {
    return one(path, new Op.ReflectPad(pad), x);
  }

  /** Shortcut option A: see {@link Op.PadShortcut}. */
  public Value padShortcut(String path, Value x, int stride, int before, int after) {
    return one(path, new Op.PadShortcut(stride, before, after), x);
  }

  /** Maximum over windows. */
  public Value maxPool(String path, Value x, Window window) {
    return one(path, new Op.MaxPool(window), x);
  }

  /** Mean over windows. */
  public Value averagePool(String path, Value x, Window window, boolean countPadding) {
    return one(path, new Op.AveragePool(window, countPadding), x);
  }

  /** Mean over all pixels, [N,C,1,1]. */
  public Value globalAveragePool(String path, Value x) {
    return one(path, new Op.GlobalAveragePool(), x);
  }

  /** The same elements in another shape. */
  public Value reshape(String path, Value x, int... dims) {
    return one(path, new Op.Reshape(Shape.of(dims)), x);
  }

  /** [N, everything else]. */
  public Value flatten(String path, Value x) {
    int batch = x.shape().dim(0);
    Shape flat = Shape.of(batch, Math.toIntExact(x.shape().elements() / batch));
    return one(path, new Op.Reshape(flat), x);
  }

  /** Affine map to {@code features} with {@code path.weight} and {@code path.bias}. */
  public Value linear(String path, Value x, int features) {
    return linear(path, x, features, Start.BY_READER, Start.BY_READER);
  }

  /** Such a map with other starts of weight and bias. */
  public Value linear(String path, Value x, int features, Start weightStart, Start biasStart) {
    if (x.shape().rank() != 2) {
      throw ShapeRules.error(path, "expected x [N,I], got %s; flatten it first", x);
    }
    Value weight = parameter(path + ".weight", weightStart, features, x.shape().dim(1));
    Value bias = parameter(path + ".bias", biasStart, features);
    return one(path, new Op.Linear(), x, weight, bias);
  }

  /** Random zeros while training. */
  public Value dropout(String path, Value x, double probability) {
    return one(path, new Op.Dropout(probability, Op.Unit.ELEMENT), x);
  }

  /** All of x, or nothing, while training: stochastic depth. */
  public Value dropPath(String path, Value x, double probability, Op.Unit unit) {
    return one(path, new Op.Dropout(probability, unit), x);
  }

  /** Random squares of zeros while training. */
  public Value dropBlock(String path, Value x, double probability, int size) {
    return one(path, new Op.DropBlock(probability, size), x);
  }

  /** Mean cross-entropy [1] of logits [N,K] against targets [N,K]. */
  public Value softmaxCrossEntropy(String path, Value logits, Value targets, double smoothing) {
    return one(path, new Op.SoftmaxCrossEntropy(smoothing), logits, targets);
  }

  /** Declares a named result. */
  public void output(String name, Value value) {
    outputs.put(name, value);
  }

  /** The graph so far. */
  public Graph build() {
    return Graph.of(nodes, outputs);
  }
}
