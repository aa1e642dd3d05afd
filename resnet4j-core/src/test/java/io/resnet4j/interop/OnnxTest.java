package io.resnet4j.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.interop.onnx.AttributeProto;
import io.resnet4j.interop.onnx.GraphProto;
import io.resnet4j.interop.onnx.ModelProto;
import io.resnet4j.interop.onnx.NodeProto;
import io.resnet4j.interop.onnx.TensorProto;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxTest {
  @TempDir Path folder;

  private static Onnx tiny() {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input("images", Shape.of(2, 3, 8, 8));
    x = g.relu("act", g.batchNorm("bn1", g.conv("conv1", x, 4, Window.square(3, 2, 1), 1)));
    x = g.maxPool("pool", g.padShortcut("pad", x, 2, 1, 1), Window.square(2, 1, 0));
    g.output("logits", g.linear("fc", g.flatten("flat", x), 2));
    Graph graph = g.build();
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Value value :
        Stream.concat(graph.parameters().stream(), graph.buffers().stream()).toList()) {
      float[] values = new float[(int) value.shape().elements()];
      Arrays.fill(values, 0.5f);
      tensors.put(value.name(), Tensor.ofFloats(value.shape(), values));
    }
    return new Onnx("tiny", graph, tensors, Map.of("classes", "[\"a\",\"b\"]"));
  }

  private static ModelProto model(Onnx.Options options) {
    return OnnxWriter.write(tiny(), options);
  }

  private static List<String> types(ModelProto model) {
    return model.getGraph().getNodeList().stream().map(NodeProto::getOpType).toList();
  }

  private static List<String> initialisers(ModelProto model) {
    return model.getGraph().getInitializerList().stream().map(TensorProto::getName).toList();
  }

  @Test
  void weightsKeepTheirNamesAndTheBatchIsOpen() {
    ModelProto model = model(Onnx.Options.DEFAULT);
    assertEquals(
        List.of("Conv", "BatchNormalization", "Relu", "Slice", "Pad", "MaxPool", "Flatten", "Gemm"),
        types(model));
    assertTrue(
        initialisers(model).containsAll(tiny().tensors().keySet()), initialisers(model) + "");
    for (var info : List.of(model.getGraph().getInput(0), model.getGraph().getOutput(0))) {
      assertEquals("batch", info.getType().getTensorType().getShape().getDim(0).getDimParam());
    }
    assertEquals("images", model.getGraph().getInput(0).getName());
    assertEquals("logits", model.getGraph().getOutput(0).getName());
    assertEquals("classes", model.getMetadataProps(0).getKey());
    assertEquals(8, model.getIrVersion());
    assertEquals(17, model.getOpsetImport(0).getVersion());
    assertEquals("resnet4j", model.getProducerName());
  }

  @Test
  void foldingLeavesOneConvolutionWithABias() {
    ModelProto model = model(Onnx.Options.DEFAULT.withFold(true));
    assertFalse(types(model).contains("BatchNormalization"));
    assertTrue(initialisers(model).containsAll(List.of("conv1.weight", "conv1.bias")));
    assertFalse(initialisers(model).contains("bn1.weight"));
    Onnx read = OnnxReader.read("file", model, "images", "logits");
    double factor = 0.5 / Math.sqrt(0.5 + 1e-5);
    assertEquals(0.5 * factor, read.tensors().get("conv1.weight").get(7), 1e-7);
    assertEquals(0.5 - 0.5 * factor, read.tensors().get("conv1.bias").get(3), 1e-7);
  }

  @Test
  void whatIsReadIsTheGraphThatWasWritten() {
    Onnx read = OnnxReader.read("file", model(Onnx.Options.DEFAULT), "images", "logits");
    assertEquals(tiny().graph().toString(), read.graph().toString());
    assertEquals(tiny().metadata(), read.metadata());
    assertEquals("tiny", read.name());
    tiny()
        .tensors()
        .forEach((name, t) -> assertEquals(t.bytes(), read.tensors().get(name).bytes(), name));
  }

  @Test
  void trainingGraphsAndOddOptionsAreRefused() {
    GraphBuilder g = new GraphBuilder(tiny().graph());
    Value logits = tiny().graph().output("logits");
    Value targets = g.input("targets", Shape.of(2, 2));
    g.output("loss", g.softmaxCrossEntropy("loss", logits, targets, 0));
    Onnx training = new Onnx("t", g.build(), tiny().tensors(), Map.of());
    refused(
        "loss: Loss belongs to training", () -> OnnxWriter.write(training, Onnx.Options.DEFAULT));
    refused("opset 12: expected 13 to 22", () -> Onnx.Options.DEFAULT.withOpset(12));
    Onnx bare = new Onnx("t", tiny().graph(), Map.of(), Map.of());
    refused(
        "expected a tensor for conv1.weight", () -> OnnxWriter.write(bare, Onnx.Options.DEFAULT));
  }

  @Test
  void namesOfOutputsComeFirst() {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input("images", Shape.of(2, 3, 8, 8));
    x = g.flatten("logits", g.globalAveragePool("pool", x));
    g.output("logits", g.linear("fc", x, 2));
    Map<String, Tensor> tensors =
        Map.of(
            "fc.weight", Tensor.ofFloats(Shape.of(2, 3), 1, 2, 3, 4, 5, 6),
            "fc.bias", Tensor.ofFloats(Shape.of(2), 1, 2));
    ModelProto model =
        OnnxWriter.write(new Onnx("n", g.build(), tensors, Map.of()), Onnx.Options.DEFAULT);
    assertEquals(
        Shape.of(2, 2),
        OnnxReader.read("f", model, "images", "logits").graph().output("logits").shape());
  }

  private static void refused(String expected, Runnable action) {
    String message = assertThrows(InvalidInputException.class, action::run).getMessage();
    assertTrue(message.contains(expected), message);
    assertFalse(message.contains("\n"), message);
  }

  /** The file of the tiny network, changed, is refused with a message that holds {@code part}. */
  private static void changed(String part, Consumer<GraphProto.Builder> change) {
    ModelProto.Builder model = model(Onnx.Options.DEFAULT).toBuilder();
    change.accept(model.getGraphBuilder());
    refused(part, () -> OnnxReader.read("file", model.build(), "images", "logits"));
  }

  private static NodeProto.Builder node(GraphProto.Builder graph, String name) {
    return graph.getNodeBuilderList().stream()
        .filter(node -> node.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static TensorProto.Builder tensor(GraphProto.Builder graph, String name) {
    return graph.getInitializerBuilderList().stream()
        .filter(tensor -> tensor.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static AttributeProto.Builder attribute(NodeProto.Builder node, String name) {
    return node.getAttributeBuilderList().stream()
        .filter(attribute -> attribute.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void graphsThatCannotBeUsedAreRefused() {
    changed(
        "file: node 'conv1' (Conv): input 'act' is made by no node before it; the graph has a"
            + " cycle",
        g -> node(g, "conv1").setInput(0, "act"));
    changed("'conv1' is made twice", g -> node(g, "act").setOutput(0, "conv1"));
    changed(
        "(HardSwish): there is no operation HardSwish here; known are Add, AveragePool,",
        g -> node(g, "act").setOpType("HardSwish"));
    changed("there is no operation com.acme.Relu", g -> node(g, "act").setDomain("com.acme"));
    changed(
        "attribute 'colour' is not known here",
        g -> node(g, "act").addAttributeBuilder().setName("colour"));
    changed(
        "strides has 1 numbers; expected 2",
        g -> attribute(node(g, "conv1"), "strides").clearInts().addInts(1));
    changed(
        "dilations is 0; expected 1 to 65536",
        g -> attribute(node(g, "conv1"), "dilations").setInts(0, 0));
    changed(
        "expected as many behind as in front",
        g -> attribute(node(g, "conv1"), "pads").setInts(0, 0));
    changed("'nothing' is made by no node", g -> node(g, "conv1").setInput(1, "nothing"));
    changed(
        "conv1: expected x [N,I,H,W] and weight",
        g -> attribute(node(g, "conv1"), "group").setI(2));
    changed(
        "'strides' is of type INT, not INTS",
        g -> attribute(node(g, "conv1"), "strides").setType(AttributeProto.AttributeType.INT));
    changed(
        "only channels of zeros",
        g -> tensor(g, "pad.pads").setRawData(numbers(1, 0, 0, 0, 1, 0, 0, 0)));
    changed(
        "pads[0] is -1", g -> tensor(g, "pad.pads").setRawData(numbers(-1, 0, 0, 0, 1, 0, 0, 0)));
    changed(
        "training_mode is 1; only 0",
        g -> node(g, "bn1").addAttributeBuilder().setName("training_mode").setI(1));
    changed(
        "'fc.weight' holds 48 bytes, its dimensions ask for 56",
        g -> tensor(g, "fc.weight").setDims(1, 7));
    changed(
        "more than its data",
        g -> tensor(g, "fc.weight").setDims(0, 1L << 40).setDims(1, 1L << 40));
    changed("more than its data", g -> tensor(g, "fc.weight").setDims(1, -1));
    changed(
        "lies in another file",
        g -> tensor(g, "fc.weight").setDataLocation(TensorProto.DataLocation.EXTERNAL));
    changed(
        "is of type INT64; expected floating-point", g -> tensor(g, "fc.weight").setDataType(7));
    changed("'fc.weight' is given twice", g -> g.addInitializer(tensor(g, "fc.weight").build()));
    changed(
        "has 2 inputs; expected one", g -> g.addInput(g.getInput(0).toBuilder().setName("more")));
    changed(
        "does not fix its channels",
        g ->
            g.getInputBuilder(0)
                .getTypeBuilder()
                .getTensorTypeBuilder()
                .getShapeBuilder()
                .getDimBuilder(2)
                .setDimParam("h"));
    changed(
        "has 3 dimensions; expected pictures",
        g ->
            g.getInputBuilder(0)
                .getTypeBuilder()
                .getTensorTypeBuilder()
                .getShapeBuilder()
                .removeDim(3));
    changed("no node makes the output 'gone'", g -> g.getOutputBuilder(0).setName("gone"));
    changed("has 0 outputs", GraphProto.Builder::clearOutput);
  }

  private static ByteString numbers(long... values) {
    return OnnxTensors.longs("x", values).getRawData();
  }

  @Test
  void operatorSetsOfOtherTimesAreRefused() {
    ModelProto.Builder model = model(Onnx.Options.DEFAULT).toBuilder();
    model.getOpsetImportBuilder(0).setVersion(6);
    refused(
        "has operators of version 6; expected 7 to",
        () -> OnnxReader.read("f", model.build(), "images", "logits"));
    model.clearOpsetImport();
    refused("names no version", () -> OnnxReader.read("f", model.build(), "images", "logits"));
  }

  @Test
  void filesAreCheckedBeforeTheyAreBuilt() throws IOException {
    Path file = folder.resolve("a.onnx");
    refused("no such file", () -> Onnx.read(file, "images", "logits"));
    Files.write(file, new byte[0]);
    refused("it holds no graph", () -> Onnx.read(file, "images", "logits"));
    Files.writeString(file, "not a model at all");
    refused("not a valid ONNX file", () -> Onnx.read(file, "images", "logits"));
    // Two bytes each in the file: empty nodes.
    byte[] nodes = new byte[3_000_000];
    for (int i = 0; i < nodes.length; i += 2) {
      nodes[i] = 0x0a;
    }
    ModelProto.Builder many = ModelProto.newBuilder();
    many.setUnknownFields(
        com.google.protobuf.UnknownFieldSet.newBuilder()
            .addField(
                7,
                com.google.protobuf.UnknownFieldSet.Field.newBuilder()
                    .addLengthDelimited(ByteString.copyFrom(nodes))
                    .build())
            .build());
    Files.write(file, many.build().toByteArray());
    refused("more than 1000000 fields", () -> Onnx.read(file, "images", "logits"));
    // Graphs in attributes of nodes of graphs.
    GraphProto graph = GraphProto.getDefaultInstance();
    for (int i = 0; i < 40; i++) {
      NodeProto.Builder node = NodeProto.newBuilder();
      node.addAttributeBuilder().setG(graph);
      graph = GraphProto.newBuilder().addNode(node).build();
    }
    Files.write(file, ModelProto.newBuilder().setGraph(graph).build().toByteArray());
    refused("nested more than 50 deep", () -> Onnx.read(file, "images", "logits"));
  }

  @Test
  void truncationsAndMutationsAreRefusedOrRead() throws IOException {
    Path file = folder.resolve("a.onnx");
    tiny().write(file, Onnx.Options.DEFAULT);
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length += 7) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThrows(InvalidInputException.class, () -> Onnx.read(file, "images", "logits"));
    }
    Files.write(file, whole);
    OnnxFuzz fuzz = new OnnxFuzz(file, "onnx mutation");
    fuzz.run(0, 3000);
    OnnxFuzz foreign =
        new OnnxFuzz(Path.of("src/test/resources/golden/onnx/folded.onnx"), "onnx mutation");
    foreign.run(0, 2000);
    assertTrue(
        fuzz.refused > 600 && fuzz.read > 300, fuzz.refused + " refused, " + fuzz.read + " read");
  }

  @Test
  void aSoftmaxAtTheEndIsLeftOff() {
    ModelProto.Builder model = model(Onnx.Options.DEFAULT).toBuilder();
    GraphProto.Builder graph = model.getGraphBuilder();
    graph.addNodeBuilder().setOpType("Softmax").setName("p").addInput("logits").addOutput("p");
    graph.getOutputBuilder(0).setName("p");
    Onnx read = OnnxReader.read("file", model.build(), "images", "logits");
    assertEquals(tiny().graph().toString(), read.graph().toString());
    graph.addNodeBuilder().setOpType("Relu").addInput("p").addOutput("q");
    refused(
        "only a softmax at the very end",
        () -> OnnxReader.read("f", model.build(), "images", "logits"));
  }

  @Test
  void otherWaysToWriteTheSame() {
    ModelProto.Builder model = model(Onnx.Options.DEFAULT).toBuilder();
    GraphProto.Builder graph = model.getGraphBuilder();
    // Weights as float_data, half precision, and transposed.
    TensorProto.Builder weight = tensor(graph, "conv1.weight");
    weight.clearRawData();
    for (int i = 0; i < 4 * 27; i++) {
      weight.addFloatData(0.5f);
    }
    TensorProto.Builder bias = tensor(graph, "fc.bias").clearRawData().setDataType(10);
    bias.addInt32Data(0x3800).addInt32Data(0x3800);
    TensorProto.Builder fc = tensor(graph, "fc.weight");
    fc.setDims(0, 6).setDims(1, 2);
    NodeProto.Builder gemm = node(graph, "fc");
    gemm.setOpType("MatMul")
        .clearAttribute()
        .setOutput(0, "product")
        .clearInput()
        .addInput("flat")
        .addInput("fc.weight");
    graph
        .addNodeBuilder()
        .setOpType("Add")
        .setName("fc")
        .addInput("product")
        .addInput("fc.bias")
        .addOutput("logits");
    Onnx read = OnnxReader.read("file", model.build(), "images", "logits");
    assertEquals(0.5, read.tensors().get("fc.bias").get(1));
    Op.Linear linear = (Op.Linear) read.graph().producer(read.graph().output("logits")).op();
    assertEquals(new Op.Linear(), linear);
    assertEquals(tiny().graph().parameters().size(), read.graph().parameters().size());
    assertEquals(Shape.of(2, 6), read.tensors().get("fc.weight").shape());
  }
}
