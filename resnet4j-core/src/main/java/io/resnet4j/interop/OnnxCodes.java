package io.resnet4j.interop;

import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Scaling;
import io.resnet4j.graph.Value;
import io.resnet4j.interop.onnx.NodeProto;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Layers of 8-bit codes in ONNX's QDQ form: a layer reads DequantizeLinear of codes and of its
 * weight (s8, a scale for each channel) and bias (s32), and QuantizeLinear makes codes of its
 * result. Runtimes that know the form compute with the codes.
 */
final class OnnxCodes {
  private final OnnxWriter writer;
  private final OnnxDraft out;
  private final Map<Value, Scaling> scalings = new HashMap<>();
  private final Map<Scaling, String> written = new HashMap<>();

  OnnxCodes(OnnxWriter writer, OnnxDraft out) {
    this.writer = writer;
    this.out = out;
  }

  /** Says that a value is the same kind of codes as another. */
  void follow(Value value, Value other) {
    if (scalings.containsKey(other)) {
      scalings.put(value, scalings.get(other));
    }
  }

  /** Scale and zero point, as inputs of the two operators. */
  private String[] inputs(String first, Scaling scaling) {
    String scale = out.scalar(scaling.scale());
    String zero =
        written.computeIfAbsent(
            new Scaling(scaling.type(), 1),
            one -> {
              String name = out.unique("constant." + one.type() + ".zero");
              Tensor nothing = Tensor.zeros(Shape.of(), one.type());
              out.graph.addInitializer(OnnxTensors.bytes(name, nothing));
              return name;
            });
    return new String[] {first, scale, zero};
  }

  void quantise(String path, String numbers, Value codes, Scaling y) {
    scalings.put(codes, y);
    out.node("QuantizeLinear", path, writer.name(codes), inputs(numbers, y));
  }

  /** Numbers of codes, for the node at {@code path}. */
  String dequantised(String path, Value codes) {
    Scaling x = scalings.get(codes);
    return out.step("DequantizeLinear", path, inputs(writer.name(codes), x));
  }

  void dequantise(Node node) {
    Scaling x = scalings.get(node.input(0));
    String[] inputs = inputs(writer.name(node.input(0)), x);
    out.node("DequantizeLinear", node.path(), writer.name(node.output()), inputs);
  }

  void convolution(Op.QuantisedConv2d op, Node node) {
    String path = node.path();
    String[] inputs = layer(node, op.x());
    boolean last =
        op.addend().isEmpty() && op.activation() == Activation.IDENTITY && op.y().isEmpty();
    String y = last ? writer.name(node.output()) : out.unique(path + ".sums");
    OnnxWriter.convolution(op.conv(), out.node("Conv", path, y, inputs));
    if (last) {
      return;
    }
    if (op.addend().isPresent()) {
      y = out.step("Add", path + ".sum", y, dequantised(path + ".addend", node.input(4)));
    }
    if (op.activation() != Activation.IDENTITY) {
      String acted =
          op.y().isEmpty() ? writer.name(node.output()) : out.unique(path + ".activated");
      writer.activation(op.activation(), path + ".act", y, acted);
      y = acted;
    } else if (op.y().isEmpty()) {
      out.node("Identity", path + ".result", writer.name(node.output()), y);
    }
    if (op.y().isPresent()) {
      quantise(path + ".codes", y, node.output(), op.y().get());
    }
  }

  /** A mean over windows of codes: the operator knows numbers only. Empty if x is no codes. */
  Optional<NodeProto.Builder> averaging(Node node) {
    Scaling scaling = scalings.get(node.input(0));
    if (scaling == null) {
      return Optional.empty();
    }
    String path = node.path();
    String mean = out.unique(path + ".mean");
    NodeProto.Builder made =
        out.node("AveragePool", path, mean, dequantised(path + ".numbers", node.input(0)));
    quantise(path + ".codes", mean, node.output(), scaling);
    return Optional.of(made);
  }

  /** A layer of a quantised network that was left as it was, but fused. */
  void fused(Op.FusedConv2d op, Node node) {
    String path = node.path();
    int end = node.inputs().size() - (op.residual() ? 1 : 0);
    List<Tensor> given = node.inputs().subList(1, end).stream().map(writer::tensor).toList();
    List<Tensor> made = given;
    if (op.folded()) {
      int own = op.bias() ? 2 : 1;
      Folded folded = Folded.of(given.subList(0, own), given.subList(own, own + 4), op.epsilon());
      made = List.of(folded.weight(), folded.bias());
    }
    String[] inputs = new String[1 + made.size()];
    inputs[0] = writer.state(node.input(0));
    for (int i = 0; i < made.size(); i++) {
      inputs[1 + i] = out.fresh(path + (i == 0 ? ".weight" : ".bias"), made.get(i));
    }
    boolean acts = op.activation() != Activation.IDENTITY;
    String y = writer.name(node.output());
    String sums = op.residual() || acts ? out.unique(path + ".sums") : y;
    OnnxWriter.convolution(op.conv(), out.node("Conv", path, sums, inputs));
    if (op.residual()) {
      String sum = acts ? out.unique(path + ".sum") : y;
      String addend = writer.state(node.inputs().get(end));
      out.node("Add", path + ".add", sum, sums, addend);
      sums = sum;
    }
    if (acts) {
      writer.activation(op.activation(), path + ".act", sums, y);
    }
  }

  void linear(Op.QuantisedLinear op, Node node) {
    String[] inputs = layer(node, op.x());
    OnnxDraft.number(
        out.node("Gemm", node.path(), writer.name(node.output()), inputs), "transB", 1);
  }

  /** Numbers of x, weight and bias. */
  private String[] layer(Node node, Scaling x) {
    String path = node.path();
    Tensor scale = writer.tensor(node.input(2));
    String weight = codes(node.input(1).name(), writer.tensor(node.input(1)), DType.S8);
    String weightScale = out.fresh(path + ".weight_scale", scale);
    int outputs = scale.shape().dim(0);
    Tensor bias = writer.tensor(node.input(3));
    float[] biasScale = new float[outputs];
    int[] biasCodes = new int[outputs];
    boolean fits = true;
    for (int o = 0; o < outputs; o++) {
      biasScale[o] = (float) (scale.get(o) * x.scale());
      double code = Math.rint(bias.get(o) / biasScale[o]);
      fits &= Math.abs(code) <= Integer.MAX_VALUE;
      biasCodes[o] = (int) code;
    }
    String numbers = dequantised(path + ".input", node.input(0));
    String weightNumbers = perChannel(path + ".weight_numbers", weight, weightScale);
    if (!fits) {
      // A channel of next to nothing but its bias.
      return new String[] {numbers, weightNumbers, out.fresh(node.input(3).name(), bias)};
    }
    String biasName = out.unique(node.input(3).name());
    out.graph.addInitializer(OnnxTensors.ints(biasName, biasCodes));
    String biasScales =
        out.fresh(path + ".bias_scale", Tensor.ofFloats(Shape.of(outputs), biasScale));
    return new String[] {
      numbers, weightNumbers, perChannel(path + ".bias_numbers", biasName, biasScales)
    };
  }

  private String codes(String wanted, Tensor tensor, DType type) {
    String name = out.unique(wanted);
    byte[] bytes = new byte[(int) tensor.shape().elements()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) tensor.get(i);
    }
    Tensor narrow = Tensor.of(tensor.shape(), type, ByteBuffer.wrap(bytes));
    out.graph.addInitializer(OnnxTensors.bytes(name, narrow));
    return name;
  }

  private String perChannel(String wanted, String codes, String scale) {
    String name = out.step("DequantizeLinear", wanted, codes, scale);
    OnnxDraft.number(out.graph.getNodeBuilder(out.graph.getNodeCount() - 1), "axis", 0);
    return name;
  }
}
