package io.resnet4j.interop;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.interop.onnx.ModelProto;
import io.resnet4j.interop.onnx.NodeProto;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One ONNX node, or a few, for each operation of a graph; nothing written knows the batch. */
final class OnnxWriter extends InferenceOps<Void> {
  private static final String PRODUCER = "resnet4j";

  private final Graph graph;
  private final Map<String, Tensor> tensors;
  private final boolean fold;
  private final Map<Value, List<Node>> readers;
  private final OnnxDraft out = new OnnxDraft();
  private final OnnxCodes codes = new OnnxCodes(this, out);

  /** What a value is called in the file. */
  private final Map<Value, String> names = new HashMap<>();

  /** What depends on the pictures, unlike weights in the making. */
  private final Set<Value> batched = new HashSet<>();

  private final Set<String> written = new HashSet<>();

  private OnnxWriter(Onnx source, boolean fold) {
    this.graph = source.graph();
    this.tensors = source.tensors();
    this.fold = fold;
    this.readers = graph.readers();
    out.graph.setName(source.name());
    for (Node node : graph.nodes()) {
      out.taken.add(node.path());
      if (node.op() instanceof Op.Input || node.inputs().stream().anyMatch(batched::contains)) {
        batched.addAll(node.outputs());
      }
    }
    graph.outputs().forEach(this::nameOutput);
  }

  static ModelProto write(Onnx source, Onnx.Options options) {
    OnnxWriter writer = new OnnxWriter(source, options.fold());
    source.graph().nodes().forEach(node -> node.op().accept(writer, node));
    source
        .graph()
        .outputs()
        .forEach((name, v) -> writer.out.graph.addOutput(OnnxDraft.info(name, v.shape())));
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(options.opset() < 19 ? 8 : options.opset() < 21 ? 9 : 10)
            .setProducerName(PRODUCER)
            .setGraph(writer.out.graph);
    String version = Onnx.class.getPackage().getImplementationVersion();
    if (version != null) {
      model.setProducerVersion(version);
    }
    model.addOpsetImportBuilder().setDomain("").setVersion(options.opset());
    source
        .metadata()
        .forEach((key, value) -> model.addMetadataPropsBuilder().setKey(key).setValue(value));
    if (bytes(source, options) > Integer.MAX_VALUE) {
      throw new InvalidInputException(
          "model " + source.name() + ": its weights pass the 2 GiB that an ONNX file can hold");
    }
    return model.build();
  }

  private static long bytes(Onnx source, Onnx.Options options) {
    return source.tensors().values().stream().mapToLong(t -> 4 * t.shape().elements()).sum()
        + (1 << 24);
  }

  /** An output's value is called what the output is; another value of that name gives way. */
  private void nameOutput(String name, Value value) {
    for (Node node : graph.nodes()) {
      if (node.path().equals(name) && !node.outputs().contains(value)) {
        names.put(node.output(), out.unique(name));
      }
    }
    boolean fed = graph.producer(value).op() instanceof Op.Input;
    if (fed || names.put(value, name) != null) {
      throw new InvalidInputException(
          "model " + out.graph.getName() + ": output '" + name + "' is no result of its own");
    }
    out.taken.add(name);
  }

  String name(Value value) {
    return names.getOrDefault(value, value.name());
  }

  /** The only node of {@code node}'s first output, reading all of its inputs. */
  private NodeProto.Builder whole(String type, Node node) {
    String[] inputs = node.inputs().stream().map(this::state).toArray(String[]::new);
    return out.node(type, node.path(), name(node.output()), inputs);
  }

  /** The name of an input; if it is part of the state, its data are written. */
  String state(Value value) {
    Op op = graph.producer(value).op();
    if ((op instanceof Op.Parameter || op instanceof Op.Buffer) && written.add(value.name())) {
      out.graph.addInitializer(OnnxTensors.floats(name(value), tensor(value)));
    }
    return name(value);
  }

  Tensor tensor(Value value) {
    Tensor tensor = tensors.get(value.name());
    if (tensor == null || !tensor.shape().equals(value.shape())) {
      throw new InvalidInputException(
          "model "
              + out.graph.getName()
              + ": expected a tensor for "
              + value
              + ", given "
              + tensor);
    }
    return tensor;
  }

  @Override
  public Void visit(Op.Input op, Node node) {
    out.graph.addInput(OnnxDraft.info(name(node.output()), op.shape()));
    return null;
  }

  @Override
  public Void visit(Op.Parameter op, Node node) {
    return null; // written where it is read: folding may replace it
  }

  @Override
  public Void visit(Op.Buffer op, Node node) {
    return null;
  }

  @Override
  public Void visit(Op.Conv2d op, Node node) {
    if (folding(node.output()) == null) {
      convolution(op, whole("Conv", node));
    }
    return null;
  }

  static void convolution(Op.Conv2d op, NodeProto.Builder node) {
    OnnxDraft.window(node, op.window());
    OnnxDraft.longs(node, "dilations", op.window().dilationH(), op.window().dilationW());
    OnnxDraft.number(node, "group", op.groups());
  }

  @Override
  public Void visit(Op.FusedConv2d op, Node node) {
    codes.fused(op, node);
    return null;
  }

  @Override
  public Void visit(Op.Quantise op, Node node) {
    codes.quantise(node.path(), state(node.input(0)), node.output(), op.y());
    return null;
  }

  @Override
  public Void visit(Op.Dequantise op, Node node) {
    codes.dequantise(node);
    return null;
  }

  @Override
  public Void visit(Op.QuantisedConv2d op, Node node) {
    codes.convolution(op, node);
    return null;
  }

  @Override
  public Void visit(Op.QuantisedLinear op, Node node) {
    codes.linear(op, node);
    return null;
  }

  /** The batch norm that {@code y}, a convolution's result, goes into and nowhere else; or null. */
  private @Nullable Node folding(Value y) {
    List<Node> users = readers.getOrDefault(y, List.of());
    boolean given = graph.producer(graph.producer(y).input(1)).inputs().isEmpty();
    boolean alone = given && users.size() == 1 && !graph.outputs().containsValue(y);
    return fold && alone && users.get(0).op() instanceof Op.BatchNorm ? users.get(0) : null;
  }

  @Override
  public Void visit(Op.BatchNorm op, Node node) {
    Node maker = graph.producer(node.input(0));
    String y = beforeActivation(node, op.activation());
    if (maker.op() instanceof Op.Conv2d conv && folding(maker.output()) != null) {
      Folded folded =
          Folded.of(
              maker.inputs().stream().skip(1).map(this::tensor).toList(),
              node.inputs().stream().skip(1).map(this::tensor).toList(),
              op.epsilon());
      String weight = fresh(maker, "weight", folded.weight());
      String bias = fresh(maker, "bias", folded.bias());
      convolution(conv, out.node("Conv", maker.path(), y, state(maker.input(0)), weight, bias));
    } else {
      NodeProto.Builder norm = whole("BatchNormalization", node).setOutput(0, y);
      OnnxDraft.number(norm, "epsilon", (float) op.epsilon());
      OnnxDraft.number(norm, "momentum", (float) (1 - op.momentum()));
    }
    return activated(node, op.activation());
  }

  /** A tensor that the graph does not have, named as if it did. */
  private String fresh(Node maker, String what, Tensor tensor) {
    String wanted = maker.path() + "." + what;
    boolean replaces =
        maker.inputs().stream()
            .anyMatch(v -> v.name().equals(wanted) && readers.get(v).size() == 1);
    if (replaces) {
      out.graph.addInitializer(OnnxTensors.floats(wanted, tensor));
      return wanted;
    }
    return out.fresh(wanted, tensor);
  }

  private String beforeActivation(Node node, Activation activation) {
    return activation == Activation.IDENTITY
        ? name(node.output())
        : out.unique(node.path() + ".before");
  }

  /** Applies what {@link #beforeActivation} made room for. */
  private Void activated(Node node, Activation activation) {
    if (activation != Activation.IDENTITY) {
      String x = out.graph.getNode(out.graph.getNodeCount() - 1).getOutput(0);
      activation(activation, node.path() + ".act", x, name(node.output()));
    }
    return null;
  }

  void activation(Activation activation, String path, String x, String y) {
    switch (activation) {
      case IDENTITY -> out.node("Identity", path, y, x);
      case RELU -> out.node("Relu", path, y, x);
      case SIGMOID -> out.node("Sigmoid", path, y, x);
      case TANH -> out.node("Tanh", path, y, x);
      case SILU -> {
        out.node("Mul", path, y, x, out.step("Sigmoid", path + ".sigmoid", x));
      }
      case LEAKY_RELU ->
          OnnxDraft.number(out.node("LeakyRelu", path, y, x), "alpha", (float) Activation.LEAK);
      case GELU -> {
        // x (1 + erf(x / sqrt 2)) / 2: the operator Gelu came with operator set 20.
        String scaled = out.step("Mul", path + ".scaled", x, out.scalar(Math.sqrt(0.5)));
        String erf = out.step("Erf", path + ".erf", scaled);
        String gate = out.step("Add", path + ".gate", erf, out.scalar(1));
        String twice = out.step("Mul", path + ".twice", x, gate);
        out.node("Mul", path, y, twice, out.scalar(0.5));
      }
    }
  }

  @Override
  public Void visit(Op.Activate op, Node node) {
    activation(op.activation(), node.path(), state(node.input(0)), name(node.output()));
    return null;
  }

  @Override
  public Void visit(Op.Add op, Node node) {
    String y = beforeActivation(node, op.activation());
    whole("Add", node).setOutput(0, y);
    return activated(node, op.activation());
  }

  @Override
  public Void visit(Op.Couple op, Node node) {
    String carried = state(node.input(1));
    out.node("Add", node.path(), name(node.output()), state(node.input(0)), carried);
    return null;
  }

  @Override
  public Void visit(Op.PadShortcut op, Node node) {
    codes.follow(node.output(), node.input(0));
    String path = node.path();
    String x = state(node.input(0));
    boolean padded = op.before() > 0 || op.after() > 0;
    if (op.stride() > 1 || !padded) {
      String y = padded ? out.unique(path + ".slice") : name(node.output());
      String starts = out.constant(path + ".starts", 0, 0);
      String ends = out.constant(path + ".ends", Integer.MAX_VALUE, Integer.MAX_VALUE);
      String axes = out.constant(path + ".axes", 2, 3);
      String steps = out.constant(path + ".steps", op.stride(), op.stride());
      out.node("Slice", padded ? y : path, y, x, starts, ends, axes, steps);
      x = y;
    }
    if (padded) {
      String pads = out.constant(path + ".pads", 0, op.before(), 0, 0, 0, op.after(), 0, 0);
      out.node("Pad", path, name(node.output()), x, pads);
    }
    return null;
  }

  @Override
  public Void visit(Op.MaxPool op, Node node) {
    codes.follow(node.output(), node.input(0));
    NodeProto.Builder pool = OnnxDraft.window(whole("MaxPool", node), op.window());
    OnnxDraft.longs(pool, "dilations", op.window().dilationH(), op.window().dilationW());
    return null;
  }

  @Override
  public Void visit(Op.AveragePool op, Node node) {
    NodeProto.Builder made = codes.averaging(node).orElseGet(() -> whole("AveragePool", node));
    NodeProto.Builder pool = OnnxDraft.window(made, op.window());
    OnnxDraft.number(pool, "count_include_pad", op.countPadding() ? 1 : 0);
    return null;
  }

  @Override
  public Void visit(Op.GlobalAveragePool op, Node node) {
    whole("GlobalAveragePool", node);
    return null;
  }

  @Override
  public Void visit(Op.Reshape op, Node node) {
    String path = node.path();
    Shape from = node.input(0).shape();
    if (!batched.contains(node.input(0))) {
      int[] dims = op.shape().toArray();
      String shape = out.constant(path + ".shape", Arrays.stream(dims).asLongStream().toArray());
      out.node("Reshape", path, name(node.output()), state(node.input(0)), shape);
      return null;
    }
    if (from.rank() < 1 || op.shape().rank() < 1 || from.dim(0) != op.shape().dim(0)) {
      throw new InvalidInputException(
          node.path() + ": reshapes " + from + " to " + op.shape() + "; the batch must stay first");
    }
    if (op.shape().rank() == 2) {
      OnnxDraft.number(whole("Flatten", node), "axis", 1);
      return null;
    }
    String shape = out.constant(node.path() + ".shape", batched(op.shape()));
    out.node("Reshape", node.path(), name(node.output()), state(node.input(0)), shape);
    return null;
  }

  /** A shape with the batch left open. */
  private static long[] batched(Shape shape) {
    long[] dims = Arrays.stream(shape.toArray()).asLongStream().toArray();
    dims[0] = -1;
    return dims;
  }

  @Override
  public Void visit(Op.Linear op, Node node) {
    OnnxDraft.number(whole("Gemm", node), "transB", 1);
    return null;
  }

  @Override
  public Void visit(Op.GroupNorm op, Node node) {
    // As instance norm over groups laid out as channels: GroupNormalization came with set 21.
    String path = node.path();
    Shape x = node.input(0).shape();
    float[] ones = new float[op.groups()];
    Arrays.fill(ones, 1);
    String one = out.fresh(path + ".ones", Tensor.ofFloats(Shape.of(op.groups()), ones));
    String zero = out.fresh(path + ".zeros", Tensor.zeros(Shape.of(op.groups()), DType.F32));
    String groups = out.constant(path + ".groups", 0, op.groups(), -1);
    String y = out.step("Reshape", path + ".grouped", state(node.input(0)), groups);
    y = out.step("InstanceNormalization", path + ".normalised", y, one, zero);
    OnnxDraft.number(
        out.graph.getNodeBuilder(out.graph.getNodeCount() - 1), "epsilon", (float) op.epsilon());
    y = out.step("Reshape", path + ".channels", y, out.constant(path + ".shape", batched(x)));
    boolean shifted = node.inputs().size() == 3;
    String scale = perChannel(node, 1);
    if (!shifted) {
      out.node("Mul", path, name(node.output()), y, scale);
    } else {
      y = out.step("Mul", path + ".scaled", y, scale);
      out.node("Add", path, name(node.output()), y, perChannel(node, 2));
    }
    return null;
  }

  /** [C] as [C,1,1]. */
  private String perChannel(Node node, int index) {
    String name = state(node.input(index));
    String shape = out.constant(name + ".shape", -1, 1, 1);
    return out.step("Reshape", name + ".channels", name, shape);
  }

  @Override
  public Void visit(Op.Shift op, Node node) {
    whole("Add", node);
    return null;
  }

  @Override
  public Void visit(Op.Multiply op, Node node) {
    whole("Mul", node);
    return null;
  }

  @Override
  public Void visit(Op.Affine op, Node node) {
    String x = state(node.input(0));
    if (op.addend() == 0) {
      out.node("Mul", node.path(), name(node.output()), x, out.scalar(op.factor()));
    } else {
      String y =
          op.factor() == 1 ? x : out.step("Mul", node.path() + ".mul", x, out.scalar(op.factor()));
      out.node("Add", node.path(), name(node.output()), y, out.scalar(op.addend()));
    }
    return null;
  }

  @Override
  public Void visit(Op.Concat op, Node node) {
    OnnxDraft.number(whole("Concat", node), "axis", 1);
    return null;
  }

  @Override
  public Void visit(Op.Slice op, Node node) {
    String path = node.path();
    String from = out.constant(path + ".from", op.from());
    String to = out.constant(path + ".to", op.to());
    String axis = out.constant(path + ".axis", 1);
    out.node("Slice", path, name(node.output()), state(node.input(0)), from, to, axis);
    return null;
  }

  @Override
  public Void visit(Op.ReflectPad op, Node node) {
    int pad = op.pad();
    String pads = out.constant(node.path() + ".pads", 0, 0, pad, pad, 0, 0, pad, pad);
    NodeProto.Builder made =
        out.node("Pad", node.path(), name(node.output()), state(node.input(0)), pads);
    OnnxDraft.text(made, "mode", "reflect");
    return null;
  }

  @Override
  public Void visit(Op.Dropout op, Node node) {
    return absent(node);
  }

  @Override
  public Void visit(Op.DropBlock op, Node node) {
    return absent(node);
  }

  /** What inference leaves out. */
  private Void absent(Node node) {
    if (graph.outputs().containsValue(node.output())) {
      out.node("Identity", node.path(), name(node.output()), state(node.input(0)));
    } else {
      names.put(node.output(), state(node.input(0)));
    }
    return null;
  }
}
