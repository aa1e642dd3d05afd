package io.resnet4j.interop;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.interop.onnx.GraphProto;
import io.resnet4j.interop.onnx.ModelProto;
import io.resnet4j.interop.onnx.NodeProto;
import io.resnet4j.interop.onnx.OperatorSetIdProto;
import io.resnet4j.interop.onnx.StringStringEntryProto;
import io.resnet4j.interop.onnx.TensorProto;
import io.resnet4j.interop.onnx.TensorShapeProto.Dimension;
import io.resnet4j.interop.onnx.ValueInfoProto;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/** Makes a graph of a parsed model, node by node. */
final class OnnxReader {
  private static final int FIRST_OPSET = 7;
  private static final int LAST_OPSET = 28;
  private static final int MOST_PIXELS = 1 << 16;
  private static final int LONGEST_NAME = 100;

  private final GraphProto source;
  private final OnnxScope scope = new OnnxScope();

  private OnnxReader(GraphProto source) {
    this.source = source;
  }

  static Onnx read(String where, ModelProto model, String input, String output) {
    try {
      OnnxReader reader = new OnnxReader(model.getGraph());
      reader.scope.opset = requireKnown(model);
      return reader.read(model, input, output);
    } catch (IllegalArgumentException | ArithmeticException e) {
      // Shapes and windows complain by the former, products that overflow by the latter. The names
      // in a message come from the file, but it is one line all the same.
      String message = String.valueOf(e.getMessage()).replaceAll("\\p{Cntrl}", "?");
      throw new InvalidInputException(where + ": " + message, e);
    }
  }

  private static long requireKnown(ModelProto model) {
    long version = -1;
    for (OperatorSetIdProto set : model.getOpsetImportList()) {
      if (isStandard(set.getDomain())) {
        version = set.getVersion();
      }
    }
    if (version < FIRST_OPSET || version > LAST_OPSET) {
      throw new InvalidInputException(
          (version < 0
                  ? "names no version of the operators"
                  : "has operators of version " + version)
              + "; expected "
              + FIRST_OPSET
              + " to "
              + LAST_OPSET);
    }
    if (model.getFunctionsCount() > 0 || model.getGraph().getSparseInitializerCount() > 0) {
      throw new InvalidInputException(
          "holds functions or sparse tensors; write it with operators and dense tensors alone");
    }
    return version;
  }

  private static boolean isStandard(String domain) {
    return domain.isEmpty() || domain.equals("ai.onnx");
  }

  private Onnx read(ModelProto model, String input, String output) {
    for (TensorProto tensor : source.getInitializerList()) {
      if (scope.constants.put(tensor.getName(), tensor) != null) {
        throw new InvalidInputException(
            "tensor '" + OnnxNode.shown(tensor.getName()) + "' is given twice");
      }
    }
    readInput(input);
    source.getNodeList().forEach(this::translate);
    Graph graph = finish(input, output);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Node node : graph.nodes()) {
      if (node.op() instanceof Op.Parameter || node.op() instanceof Op.Buffer) {
        tensors.put(node.path(), scope.tensors.get(node.path()));
      }
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    for (StringStringEntryProto entry : model.getMetadataPropsList()) {
      metadata.put(entry.getKey(), entry.getValue());
    }
    return new Onnx(name(source.getName()), graph, tensors, metadata);
  }

  private static String name(String given) {
    String name = given.replaceAll("\\p{Cntrl}", "").strip();
    return name.isEmpty() ? "onnx" : name.substring(0, Math.min(name.length(), LONGEST_NAME));
  }

  private void readInput(String input) {
    List<ValueInfoProto> fed =
        source.getInputList().stream()
            .filter(info -> !scope.constants.containsKey(info.getName()))
            .toList();
    if (fed.size() != 1) {
      throw new InvalidInputException("has " + fed.size() + " inputs; expected one, the pictures");
    }
    ValueInfoProto info = fed.get(0);
    List<Dimension> dims = info.getType().getTensorType().getShape().getDimList();
    if (dims.size() != 4) {
      throw new InvalidInputException(
          "input '"
              + OnnxNode.shown(info.getName())
              + "' has "
              + dims.size()
              + " dimensions; expected pictures [N,C,H,W]");
    }
    for (Dimension dim : dims.subList(1, 4)) {
      if (!dim.hasDimValue() || dim.getDimValue() < 1 || dim.getDimValue() > MOST_PIXELS) {
        throw new InvalidInputException(
            "input '"
                + OnnxNode.shown(info.getName())
                + "' does not fix its channels, height and width; expected each to be 1 to "
                + MOST_PIXELS);
      }
    }
    Dimension first = dims.get(0);
    scope.fixedBatch =
        first.hasDimValue() && first.getDimValue() > 0 && first.getDimValue() <= MOST_PIXELS
            ? OptionalInt.of((int) first.getDimValue())
            : OptionalInt.empty();
    int[] size = dims.stream().mapToInt(d -> (int) d.getDimValue()).toArray();
    Shape shape = Shape.of(OnnxScope.BATCH, size[1], size[2], size[3]);
    Value value = scope.emit(scope.unique(input), new Op.Input(shape), List.of());
    scope.values.put(info.getName(), value);
  }

  private void translate(NodeProto proto) {
    OnnxNode node = new OnnxNode(proto);
    scope.last.ifPresent(
        softmax -> {
          throw softmax.error("only a softmax at the very end is known here");
        });
    if (proto.getOutputCount() < 1 || proto.getOutput(0).isEmpty()) {
      throw node.error("it has no output");
    }
    for (String name : proto.getOutputList()) {
      if (!name.isEmpty() && scope.isMade(name)) {
        throw node.error("'" + OnnxNode.shown(name) + "' is made twice");
      }
    }
    OnnxOperators.Translation translation = OnnxOperators.TABLE.get(proto.getOpType());
    if (translation == null || !isStandard(proto.getDomain())) {
      String domain = isStandard(proto.getDomain()) ? "" : proto.getDomain() + ".";
      throw node.error(
          "there is no operation "
              + OnnxNode.shown(domain + proto.getOpType())
              + " here; known are "
              + String.join(", ", OnnxOperators.TABLE.keySet()));
    }
    try {
      translation.apply(scope, node);
    } catch (InvalidInputException e) {
      throw e;
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw node.error(e.getMessage());
    }
    node.requireAllRead();
    for (String name : proto.getOutputList().subList(1, proto.getOutputCount())) {
      scope.unavailable.add(name);
    }
  }

  private Graph finish(String input, String output) {
    if (source.getOutputCount() != 1) {
      throw new InvalidInputException(
          "has " + source.getOutputCount() + " outputs; expected one, the logits");
    }
    String name = source.getOutput(0).getName();
    Value value = scope.values.get(name);
    if (value == null) {
      throw new InvalidInputException(
          "no node makes the output '" + OnnxNode.shown(name) + "' in a form known here");
    }
    scope.builder.output(output, value);
    Graph graph = scope.builder.build().prune(Set.of());
    if (graph.find(input).isEmpty()) {
      throw new InvalidInputException("the output does not depend on the input");
    }
    return graph;
  }
}
