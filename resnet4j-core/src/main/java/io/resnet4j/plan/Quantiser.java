package io.resnet4j.plan;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Scaling;
import io.resnet4j.graph.Start;
import io.resnet4j.graph.Value;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Makes of a network's graph one whose chosen layers read and write 8-bit codes. Batch norms,
 * additions and non-linearities that follow a layer become part of it, so that codes flow from
 * convolution to convolution; poolings and parameter-free shortcuts take codes as they come. A
 * value is turned into codes, or back, only where a layer of the other kind reads it; the result of
 * a layer that nobody wants as codes is numbers.
 *
 * <p>A quantised layer {@code p} has the parameters {@code p.weight} (whole numbers), {@code
 * p.weight_scale} and {@code p.bias}, into which batch norm is folded.
 */
public final class Quantiser {
  private final Graph graph;
  private final Quantisation how;
  private final Set<Value> wanted = new HashSet<>();
  private final Map<Value, Scaling> scalings = new HashMap<>();
  private final Map<Value, Value> codes = new HashMap<>();
  private final Map<Value, Value> numbers = new HashMap<>();
  private final List<Node> made = new ArrayList<>();
  private int nextId;

  private Quantiser(Graph graph, Quantisation how) {
    this.graph = graph;
    this.how = how;
    this.nextId = graph.nextId();
  }

  /** The graph for inference, everything fused that can be: what the quantiser works on. */
  public static Graph fused(Graph graph) {
    return Fusion.fuse(Couplings.asSums(Modes.inference(graph)), Set.of(), false).prune(Set.of());
  }

  /** Convolutions and affine maps of a fused graph that can compute with codes, in their order. */
  public static List<Node> layers(Graph fused) {
    Map<Value, List<Node>> readers = fused.readers();
    return fused.nodes().stream()
        .filter(node -> whyNot(fused, node, readers).filter(String::isEmpty).isPresent())
        .toList();
  }

  /** Layers of a fused graph that cannot compute with codes, and why. */
  public static Map<String, String> excluded(Graph fused) {
    Map<Value, List<Node>> readers = fused.readers();
    Map<String, String> reasons = new LinkedHashMap<>();
    for (Node node : fused.nodes()) {
      whyNot(fused, node, readers)
          .filter(reason -> !reason.isEmpty())
          .ifPresent(reason -> reasons.put(node.path(), reason));
    }
    return reasons;
  }

  /** Why a layer cannot, the empty text if it can; nothing if it is none. */
  private static Optional<String> whyNot(Graph fused, Node node, Map<Value, List<Node>> readers) {
    if (!isLayer(node)) {
      return Optional.empty();
    }
    List<Value> own = parameters(node);
    if (!own.stream().allMatch(value -> isState(fused, value))) {
      return Optional.of("its weight is computed at each run");
    }
    return Optional.of(
        own.stream().allMatch(value -> readers.get(value).size() == 1)
            ? ""
            : "it shares its weight with another layer");
  }

  private static boolean isLayer(Node node) {
    Op op = node.op();
    return op instanceof Op.Conv2d || op instanceof Op.FusedConv2d || op instanceof Op.Linear;
  }

  private static boolean isState(Graph graph, Value value) {
    Op op = graph.producer(value).op();
    return op instanceof Op.Parameter || op instanceof Op.Buffer;
  }

  /** Weight, bias and the batch norm's vectors. */
  private static List<Value> parameters(Node layer) {
    int end = layer.inputs().size() - (residual(layer) ? 1 : 0);
    return layer.inputs().subList(1, end);
  }

  private static boolean residual(Node layer) {
    return layer.op() instanceof Op.FusedConv2d conv && conv.residual();
  }

  /** Whether an operation gives codes if it is given codes, and the same ones. */
  static boolean keepsCodes(Op op) {
    return op instanceof Op.MaxPool || op instanceof Op.AveragePool || op instanceof Op.PadShortcut;
  }

  /** Values of a fused graph that may have to become codes, whichever layers are chosen. */
  public static List<Value> candidates(Graph fused) {
    Set<Value> found = new HashSet<>();
    for (Node layer : layers(fused)) {
      found.add(layer.input(0));
      found.add(layer.output());
      if (residual(layer)) {
        found.add(layer.inputs().get(layer.inputs().size() - 1));
      }
    }
    for (Node node : fused.nodes()) {
      if (keepsCodes(node.op())) {
        found.add(node.input(0));
      }
    }
    return fused.nodes().stream().map(Node::output).filter(found::contains).toList();
  }

  /** Whether no element of a value is ever below zero. */
  public static boolean neverNegative(Graph fused, Value value) {
    Node node = fused.producer(value);
    Op op = node.op();
    if (op instanceof Op.FusedConv2d conv) {
      return neverNegative(conv.activation());
    }
    if (op instanceof Op.Activate activate) {
      return neverNegative(activate.activation());
    }
    if (op instanceof Op.Add add) {
      return neverNegative(add.activation());
    }
    if (op instanceof Op.BatchNorm norm) {
      return neverNegative(norm.activation());
    }
    boolean passes =
        keepsCodes(op)
            || op instanceof Op.GlobalAveragePool
            || op instanceof Op.Reshape
            || op instanceof Op.Slice
            || op instanceof Op.ReflectPad;
    return passes && neverNegative(fused, node.input(0));
  }

  private static boolean neverNegative(Activation activation) {
    return activation == Activation.RELU || activation == Activation.SIGMOID;
  }

  /**
   * The quantised graph.
   *
   * @param graph of the network, as its spec writes it
   * @throws InvalidInputException if a layer does not exist, cannot be quantised, or a scaling that
   *     is needed is missing
   */
  public static Graph quantise(Graph graph, Quantisation how) {
    return new Quantiser(fused(graph), how).run();
  }

  /** Refuses 8-bit precision without a quantised graph, and any other with one. */
  static void requireFits(Program program) {
    boolean quantised =
        program.graph().nodes().stream()
            .anyMatch(
                node ->
                    node.op() instanceof Op.QuantisedConv2d
                        || node.op() instanceof Op.QuantisedLinear);
    boolean int8 = program.precision() == Precision.INT8;
    if (int8 && !quantised) {
      throw new InvalidInputException(
          "precision int8: the network is not quantised; make it so with 'quantize'");
    }
    if (quantised && !int8) {
      throw new InvalidInputException(
          "precision "
              + program.precision()
              + ": the network is quantised and runs in int8; for another give the weights it was"
              + " made from");
    }
  }

  /** Operations of a quantised graph that compute with numbers, by kind, and how often they are. */
  public static Map<String, Integer> inNumbers(Graph quantised) {
    Map<String, Integer> counts = new TreeMap<>();
    Map<Value, DType> types = Types.choose(quantised, Precision.INT8);
    for (Node node : quantised.nodes()) {
      Op op = node.op();
      boolean silent =
          node.inputs().isEmpty()
              || op instanceof Op.Quantise
              || op instanceof Op.Dequantise
              || op instanceof Op.QuantisedConv2d
              || op instanceof Op.QuantisedLinear
              || op instanceof Op.Reshape;
      if (!silent && types.get(node.output()) == DType.F32) {
        counts.merge(op.getClass().getSimpleName(), 1, Integer::sum);
      }
    }
    return counts;
  }

  private Graph run() {
    Map<String, Node> able = new HashMap<>();
    layers(graph).forEach(node -> able.put(node.path(), node));
    for (String path : how.layers()) {
      if (!able.containsKey(path)) {
        throw new InvalidInputException(
            "layer " + path + ": the network has no such layer that can be quantised");
      }
    }
    findWanted();
    Set<Value> replaced = new HashSet<>();
    graph.nodes().stream().filter(this::chosen).forEach(n -> replaced.addAll(parameters(n)));
    for (Node node : graph.nodes()) {
      if (chosen(node)) {
        layer(node);
      } else if (!replaced.contains(node.output())) {
        copy(node);
      }
    }
    Map<String, Value> outputs = new LinkedHashMap<>();
    graph.outputs().forEach((name, value) -> outputs.put(name, asNumbers(value)));
    return Graph.of(made, outputs);
  }

  private boolean chosen(Node node) {
    return how.layers().contains(node.path()) && isLayer(node);
  }

  /** Whether codes of a value can be had from its maker. */
  private boolean native8(Value value) {
    Node maker = graph.producer(value);
    return keepsCodes(maker.op())
        ? maker.output().equals(value) && native8(maker.input(0))
        : chosen(maker) && !(maker.op() instanceof Op.Linear);
  }

  /** From the last reader to the first maker. */
  private void findWanted() {
    List<Node> nodes = graph.nodes();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      Node node = nodes.get(i);
      if (chosen(node)) {
        wanted.add(node.input(0));
        if (residual(node)) {
          wanted.add(addend(node));
        }
      } else if (passesCodes(node)) {
        wanted.add(node.input(0));
      }
    }
  }

  private boolean passesCodes(Node node) {
    return keepsCodes(node.op()) && wanted.contains(node.output()) && native8(node.output());
  }

  private static Value addend(Node layer) {
    return layer.inputs().get(layer.inputs().size() - 1);
  }

  // ---- emitting ----

  private void copy(Node node) {
    boolean passes = passesCodes(node);
    List<Value> inputs =
        node.inputs().stream().map(v -> passes ? asCodes(v) : asNumbers(v)).toList();
    made.add(new Node(node.path(), node.op(), inputs, node.outputs()));
    node.outputs().forEach(value -> (passes ? codes : numbers).put(value, value));
    if (passes) {
      scalings.put(node.output(), scaling(node.input(0)));
    }
  }

  /** The path of the scales of a quantised weight. */
  public static String scaleOf(String weight) {
    return weight + "_scale";
  }

  /** The path of the bias beside a quantised weight, whatever an imported network calls it. */
  public static String biasOf(String weight) {
    String end = ".weight";
    return (weight.endsWith(end) ? weight.substring(0, weight.length() - end.length()) : weight)
        + ".bias";
  }

  private void layer(Node node) {
    Value weight = node.input(1);
    Shape outputs = Shape.of(weight.shape().dim(0));
    String name = weight.name();
    List<Value> inputs = new ArrayList<>();
    inputs.add(asCodes(node.input(0)));
    inputs.add(parameter(name, weight.shape()));
    inputs.add(parameter(scaleOf(name), outputs));
    inputs.add(parameter(biasOf(name), outputs));
    Scaling x = scaling(node.input(0));
    Value y = node.output();
    if (node.op() instanceof Op.Linear) {
      made.add(new Node(node.path(), new Op.QuantisedLinear(x), inputs, node.outputs()));
      numbers.put(y, y);
      return;
    }
    Op.Conv2d conv =
        node.op() instanceof Op.FusedConv2d fused ? fused.conv() : (Op.Conv2d) node.op();
    Activation activation =
        node.op() instanceof Op.FusedConv2d fused ? fused.activation() : Activation.IDENTITY;
    Optional<Scaling> addend = Optional.empty();
    if (residual(node)) {
      inputs.add(asCodes(addend(node)));
      addend = Optional.of(scaling(addend(node)));
    }
    Optional<Scaling> result = wanted.contains(y) ? Optional.of(calibrated(y)) : Optional.empty();
    Op op = new Op.QuantisedConv2d(conv, x, addend, activation, result);
    made.add(new Node(node.path(), op, inputs, node.outputs()));
    (result.isPresent() ? codes : numbers).put(y, y);
    result.ifPresent(scaling -> scalings.put(y, scaling));
  }

  private Value parameter(String path, Shape shape) {
    return emit(path, new Op.Parameter(shape, Start.BY_READER), List.of(), shape);
  }

  private Value emit(String path, Op op, List<Value> inputs, Shape shape) {
    Value value = new Value(nextId++, path, shape);
    made.add(new Node(path, op, inputs, List.of(value)));
    return value;
  }

  private Scaling calibrated(Value value) {
    Scaling scaling = how.scalings().get(value.name());
    if (scaling == null) {
      throw new InvalidInputException(
          "value " + value.name() + ": has no scaling; calibrate the network again");
    }
    return scaling;
  }

  private Scaling scaling(Value value) {
    return scalings.computeIfAbsent(value, this::calibrated);
  }

  private Value asCodes(Value value) {
    Value known = codes.get(value);
    if (known != null) {
      return known;
    }
    Op op = new Op.Quantise(scaling(value));
    Value coded = emit(value.name() + ".codes", op, List.of(asNumbers(value)), value.shape());
    codes.put(value, coded);
    return coded;
  }

  private Value asNumbers(Value value) {
    Value known = numbers.get(value);
    if (known != null) {
      return known;
    }
    Op op = new Op.Dequantise(scaling(value));
    Value number = emit(value.name() + ".numbers", op, List.of(codes.get(value)), value.shape());
    numbers.put(value, number);
    return number;
  }
}
