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

  /** A trained tensor. */
  public Value parameter(String path, int... dims) {
    return one(path, new Op.Parameter(Shape.of(dims)));
  }

  /** A tensor kept but not trained. */
  public Value buffer(String path, int... dims) {
    return one(path, new Op.Buffer(Shape.of(dims)));
  }

  /**
   * Convolution without bias; its weight is the parameter {@code path.weight}.
   *
   * @param x [N,I,H,W]
   * @param channels O
   */
  public Value conv(String path, Value x, int channels, Window window, int groups) {
    return one(path, new Op.Conv2d(window, groups), x, weight(path, x, channels, window, groups));
  }

  /** Convolution with the parameters {@code path.weight} and {@code path.bias}. */
  public Value convBias(String path, Value x, int channels, Window window, int groups) {
    Value weight = weight(path, x, channels, window, groups);
    Value bias = parameter(path + ".bias", channels);
    return one(path, new Op.Conv2d(window, groups), x, weight, bias);
  }

  private Value weight(String path, Value x, int channels, Window window, int groups) {
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
    return parameter(
        path + ".weight", channels, x.shape().dim(1) / groups, window.kernelH(), window.kernelW());
  }

  /**
   * Batch norm with PyTorch's defaults (epsilon 1e-5, momentum 0.1), the parameters {@code
   * path.weight} and {@code path.bias} and the buffers {@code path.running_mean} and {@code
   * path.running_var}.
   */
  public Value batchNorm(String path, Value x) {
    int channels = x.shape().rank() > 1 ? x.shape().dim(1) : 1;
    Value scale = parameter(path + ".weight", channels);
    Value shift = parameter(path + ".bias", channels);
    Value mean = buffer(path + ".running_mean", channels);
    Value variance = buffer(path + ".running_var", channels);
    Op op = new Op.BatchNorm(1e-5, 0.1, Op.Statistics.BATCH, Activation.IDENTITY);
    return one(path, op, x, scale, shift, mean, variance);
  }

  /**
   * Group norm with PyTorch's epsilon of 1e-5 and the parameters {@code path.weight} and {@code
   * path.bias}.
   */
  public Value groupNorm(String path, Value x, int groups) {
    int channels = x.shape().rank() > 1 ? x.shape().dim(1) : 1;
    Value scale = parameter(path + ".weight", channels);
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

  /** [N, everything else]. */
  public Value flatten(String path, Value x) {
    int batch = x.shape().dim(0);
    Shape flat = Shape.of(batch, Math.toIntExact(x.shape().elements() / batch));
    return one(path, new Op.Reshape(flat), x);
  }

  /** Affine map to {@code features} with {@code path.weight} and {@code path.bias}. */
  public Value linear(String path, Value x, int features) {
    if (x.shape().rank() != 2) {
      throw ShapeRules.error(path, "expected x [N,I], got %s; flatten it first", x);
    }
    Value weight = parameter(path + ".weight", features, x.shape().dim(1));
    return one(path, new Op.Linear(), x, weight, parameter(path + ".bias", features));
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
