package io.resnet4j.interop;

import com.google.protobuf.ByteString;
import io.resnet4j.graph.Window;
import io.resnet4j.interop.onnx.AttributeProto;
import io.resnet4j.interop.onnx.AttributeProto.AttributeType;
import io.resnet4j.interop.onnx.GraphProto;
import io.resnet4j.interop.onnx.NodeProto;
import io.resnet4j.interop.onnx.TensorProto;
import io.resnet4j.interop.onnx.TensorShapeProto;
import io.resnet4j.interop.onnx.TypeProto;
import io.resnet4j.interop.onnx.ValueInfoProto;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A file being written: nodes with their attributes, tensors, and names that are taken. */
final class OnnxDraft {
  private static final String BATCH = "batch";

  final GraphProto.Builder graph = GraphProto.newBuilder();
  final Set<String> taken = new HashSet<>();
  private final Map<Float, String> scalars = new HashMap<>();

  String unique(String wanted) {
    String name = wanted;
    while (!taken.add(name)) {
      name += "_";
    }
    return name;
  }

  static ValueInfoProto info(String name, Shape shape) {
    TensorShapeProto.Builder dims = TensorShapeProto.newBuilder();
    dims.addDimBuilder().setDimParam(BATCH);
    for (int i = 1; i < shape.rank(); i++) {
      dims.addDimBuilder().setDimValue(shape.dim(i));
    }
    TypeProto.Tensor tensor =
        TypeProto.Tensor.newBuilder()
            .setElemType(TensorProto.DataType.FLOAT_VALUE)
            .setShape(dims)
            .build();
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(tensor))
        .build();
  }

  NodeProto.Builder node(String type, String path, String output, String... inputs) {
    return graph
        .addNodeBuilder()
        .setOpType(type)
        .setName(path)
        .addAllInput(List.of(inputs))
        .addOutput(output);
  }

  String constant(String wanted, long... values) {
    String name = unique(wanted);
    graph.addInitializer(OnnxTensors.longs(name, values));
    return name;
  }

  String fresh(String wanted, Tensor tensor) {
    String name = unique(wanted);
    graph.addInitializer(OnnxTensors.floats(name, tensor));
    return name;
  }

  /** A node of our own between those of the graph; returns the name of what it makes. */
  String step(String type, String wanted, String... inputs) {
    String name = unique(wanted);
    node(type, name, name, inputs);
    return name;
  }

  /** A number without dimensions: such are constants, while learned numbers are [1]. */
  String scalar(double value) {
    return scalars.computeIfAbsent(
        (float) value, number -> fresh("constant." + number, Tensor.ofFloats(Shape.of(), number)));
  }

  static void longs(NodeProto.Builder node, String name, long... values) {
    AttributeProto.Builder attribute =
        node.addAttributeBuilder().setName(name).setType(AttributeType.INTS);
    for (long value : values) {
      attribute.addInts(value);
    }
  }

  static void number(NodeProto.Builder node, String name, long value) {
    node.addAttributeBuilder().setName(name).setType(AttributeType.INT).setI(value);
  }

  static void number(NodeProto.Builder node, String name, float value) {
    node.addAttributeBuilder().setName(name).setType(AttributeType.FLOAT).setF(value);
  }

  static NodeProto.Builder window(NodeProto.Builder node, Window window) {
    longs(node, "kernel_shape", window.kernelH(), window.kernelW());
    longs(node, "strides", window.strideH(), window.strideW());
    longs(node, "pads", window.padH(), window.padW(), window.padH(), window.padW());
    return node;
  }

  static void text(NodeProto.Builder node, String name, String value) {
    node.addAttributeBuilder()
        .setName(name)
        .setType(AttributeType.STRING)
        .setS(ByteString.copyFromUtf8(value));
  }
}
