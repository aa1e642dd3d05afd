package io.resnet4j.interop;

import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Start;
import io.resnet4j.graph.Value;
import io.resnet4j.interop.onnx.TensorProto;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Tensor;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** What the nodes read so far have made: values, and the tensors that they use. */
final class OnnxScope {
  /** Not 1, so that a picture of one pixel still has batch statistics. */
  static final int BATCH = 2;

  final GraphBuilder builder = new GraphBuilder();

  /** Computed values by their names in the file. */
  final Map<String, Value> values = new HashMap<>();

  /** Tensors that the file holds, by their names in it. */
  final Map<String, TensorProto> constants = new HashMap<>();

  /** The graph's parameters and buffers by path. */
  final Map<String, Tensor> tensors = new HashMap<>();

  /** Names that nodes make but that no operation here has. */
  final Set<String> unavailable = new HashSet<>();

  /** What GELU is written with, by name; none of it is an operation here. */
  final Map<String, OnnxArithmetic.PartOfGelu> parts = new HashMap<>();

  /** Version of the operators. */
  long opset;

  /** The batch that the file was written for, if it fixes one. */
  OptionalInt fixedBatch = OptionalInt.empty();

  /** The softmax that was left off; no node may follow it. */
  Optional<OnnxNode> last = Optional.empty();

  /** Values that depend on the pictures; others are weights in the making. */
  final Set<Value> batched = new HashSet<>();

  /** Constants that are others in another shape: how, by name. */
  final Map<String, OnnxNode> reshaped = new HashMap<>();

  private final Map<Value, Node> makers = new HashMap<>();
  private final Map<String, Value> state = new HashMap<>();
  private final Set<String> paths = new HashSet<>();

  boolean isMade(String name) {
    return values.containsKey(name) || constants.containsKey(name) || unavailable.contains(name);
  }

  String unique(String wanted) {
    String path = wanted;
    for (int i = 2; !paths.add(path); i++) {
      path = wanted + "_" + i;
    }
    return path;
  }

  Value emit(String path, Op op, List<Value> inputs) {
    Node node = builder.emit(path, op, inputs);
    makers.put(node.output(), node);
    if (op instanceof Op.Input || inputs.stream().anyMatch(batched::contains)) {
      batched.add(node.output());
    }
    return node.output();
  }

  /** Appends the operation that {@code node} stands for; its first output is the result. */
  Value emit(OnnxNode node, Op op, Value... inputs) {
    Value made = emit(unique(path(node)), op, List.of(inputs));
    define(node, made);
    return made;
  }

  /** The first output of {@code node} is {@code value}. */
  void define(OnnxNode node, Value value) {
    values.put(node.proto().getOutput(0), value);
  }

  /** The node's name, unless its weight is called better, as in what PyTorch writes. */
  private String path(OnnxNode node) {
    String name = node.proto().getName();
    String weight = node.input(1);
    if ((name.isEmpty() || name.contains("/") || name.startsWith("node_"))
        && constants.containsKey(weight)
        && weight.endsWith(".weight")) {
      return weight.substring(0, weight.length() - ".weight".length());
    }
    return name.isBlank() ? node.proto().getOutput(0) : name;
  }

  /** The node that made a value of this graph. */
  Node maker(Value value) {
    return makers.get(value);
  }

  /** Input {@code index} as a value; tensors of the file are trained. */
  Value value(OnnxNode node, int index) {
    Optional<Value> computed = computed(node, index);
    if (computed.isPresent() || constant(node, index).isEmpty()) {
      return computed.orElseThrow(() -> missing(node, index));
    }
    Tensor tensor = tensor(node, index);
    OnnxNode how = reshaped.get(node.input(index));
    if (how == null) {
      return parameter(node, index, "value");
    }
    Value made = emit(how, new Op.Reshape(tensor.shape()), parameter(how, 0, "value"));
    values.put(node.input(index), made);
    return made;
  }

  /** Input {@code index}, if it is computed rather than given in the file. */
  Optional<Value> computed(OnnxNode node, int index) {
    return Optional.ofNullable(values.get(node.input(index)));
  }

  private RuntimeException missing(OnnxNode node, int index) {
    String name = node.input(index);
    String shown = OnnxNode.shown(name);
    if (name.isEmpty()) {
      return node.error("input " + index + " is missing");
    }
    if (unavailable.contains(name)) {
      return node.error("input '" + shown + "' is known here only as part of another form");
    }
    return node.error(
        "input '"
            + shown
            + "' is made by no node before it; the graph has a cycle, or its nodes are not in"
            + " order");
  }

  /** Input {@code index}, if it is given in the file. */
  Optional<TensorProto> constant(OnnxNode node, int index) {
    return Optional.ofNullable(constants.get(node.input(index)));
  }

  private TensorProto required(OnnxNode node, int index) {
    if (computed(node, index).isPresent()) {
      throw node.error(
          "input '" + OnnxNode.shown(node.input(index)) + "' is computed; expected a constant");
    }
    return constant(node, index).orElseThrow(() -> missing(node, index));
  }

  /** The tensor of input {@code index}, which must be given in the file. */
  Tensor tensor(OnnxNode node, int index) {
    return OnnxTensors.tensor(required(node, index));
  }

  /** The whole numbers of input {@code index}, which must be given in the file. */
  long[] longs(OnnxNode node, int index) {
    return OnnxTensors.longs(required(node, index));
  }

  /** The number of input {@code index}, if it is a constant without dimensions. */
  Optional<Double> number(OnnxNode node, int index) {
    return scalar(node, index).filter(n -> constants.get(node.input(index)).getDimsCount() == 0);
  }

  /** The one number of input {@code index}, if it is a constant of one element. */
  Optional<Double> scalar(OnnxNode node, int index) {
    return constant(node, index)
        .filter(proto -> proto.getDimsList().stream().allMatch(dim -> dim == 1))
        .map(OnnxTensors::tensor)
        // A float stands for the decimal that was written, as in attributes.
        .map(t -> t.type() == DType.F32 ? decimal(t.get(0)) : t.get(0));
  }

  private static double decimal(double single) {
    return Double.parseDouble(Float.toString((float) single));
  }

  /**
   * Input {@code index} as a trained tensor.
   *
   * @param what it is called after the node's path, where the file has no name worth keeping
   */
  Value parameter(OnnxNode node, int index, String what) {
    return parameter(node, index, what, tensor(node, index));
  }

  /** The same in another form, such as transposed. */
  Value parameter(OnnxNode node, int index, String what, Tensor tensor) {
    return keep(node, index, what, tensor, new Op.Parameter(tensor.shape(), Start.BY_READER));
  }

  /** Input {@code index} as a tensor that is kept but not trained. */
  Value buffer(OnnxNode node, int index, String what) {
    Tensor tensor = tensor(node, index);
    return keep(node, index, what, tensor, new Op.Buffer(tensor.shape(), Start.BY_READER));
  }

  private Value keep(OnnxNode node, int index, String what, Tensor tensor, Op op) {
    String own = constants.get(node.input(index)).getName();
    String name = own.isEmpty() ? node.input(index) : own;
    return state.computeIfAbsent(
        op + " " + name,
        key -> {
          boolean numbered = name.startsWith("onnx::") || name.startsWith("/");
          String path = unique(numbered ? path(node) + "." + what : name);
          tensors.put(path, tensor);
          return emit(path, op, List.of());
        });
  }
}
