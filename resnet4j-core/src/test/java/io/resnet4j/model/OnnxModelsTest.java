package io.resnet4j.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.resnet4j.backend.Backends;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Op;
import io.resnet4j.infer.Predictor;
import io.resnet4j.interop.Onnx;
import io.resnet4j.nn.HeadKind;
import io.resnet4j.plan.Precision;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxModelsTest {
  private static final long SEED = 17;

  /** What a coupling is where no gradient undoes it. */
  private static final Op ADD = new Op.Add(Activation.IDENTITY);

  @TempDir Path folder;

  private static ResNetSpec small(String name) {
    ResNetSpec named = Models.resnet(name);
    return named.blocks().size() == 4
        ? named
            .withBlocks(List.of(1, 2, 1, 1))
            .withWidths(List.of(2, 3, 4, 5))
            .withClasses(5)
            .withInput(3, 64, 32)
        : named
            .withBlocks(List.of(1, 2, 1))
            .withWidths(List.of(4, 6, 8))
            .withClasses(5)
            .withInput(3, 20, 17);
  }

  static Stream<ModelSpec> networks() {
    return Stream.of(
        small("resnet20"),
        small("resnet20-b").withActivation(Activation.SILU).withName("silu"),
        small("resnet50").withName("bottleneck"),
        small("resnet34-a").withName("zero-pad"),
        small("resnet20-exclusive-gate").withName("gated"),
        small("nf_resnet26").withName("made weights"),
        small("resnet50-fixup").withName("fixup"),
        small("seresnet50").withName("squeezed"),
        small("resnet152-sd").withName("stochastic depth"),
        small("revnet38").withName("reversible"),
        small("resnet18-blur").withName("blurred"),
        small("resnet20").with(d -> d.name("flattened").headKind(HeadKind.FLATTEN)),
        GraphSpec.of("every operation", ManyOps.graph(3)));
  }

  private static float[] logits(Model model, FloatBuffer pictures, int count) {
    try (Predictor predictor = Predictor.open(model, Precision.F64, Backends.named("reference"))) {
      return predictor.logits(pictures, count);
    }
  }

  /** Distance of two vectors over the length of the first. */
  private static double distance(float[] expected, float[] actual) {
    assertEquals(expected.length, actual.length);
    double difference = 0;
    double length = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow(expected[i] - actual[i], 2);
      length += Math.pow(expected[i], 2);
    }
    assertTrue(length > 0.01, "logits that tell nothing: " + Arrays.toString(expected));
    return Math.sqrt(difference / length);
  }

  @ParameterizedTest
  @MethodSource("networks")
  void onnxRuntimeGivesTheSameLogits(ModelSpec spec) {
    Model model = ManyOps.model(spec, SEED);
    for (boolean fold : new boolean[] {false, true}) {
      Path file = folder.resolve(fold + ".onnx");
      OnnxModels.write(model, file, Onnx.Options.DEFAULT.withFold(fold));
      for (int batch : new int[] {1, 7}) {
        FloatBuffer pictures = ManyOps.pictures(spec, batch, SEED + batch);
        double distance =
            distance(
                logits(model, pictures, batch), OnnxRuntime.logits(file, spec, pictures, batch));
        assertTrue(distance < 1e-5, spec.name() + " fold " + fold + ": " + distance);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("networks")
  void whatIsWrittenComesBack(ModelSpec spec) {
    Model model = ManyOps.model(spec, SEED).withMetadata("note", "kept");
    Path file = folder.resolve("m.onnx");
    FloatBuffer pictures = ManyOps.pictures(spec, 3, SEED);
    float[] expected = logits(model, pictures, 3);
    OnnxModels.write(model, file, Onnx.Options.DEFAULT);
    Model read = OnnxModels.read(file);
    assertEquals(Map.of("note", "kept"), read.metadata());
    assertEquals(model.state().keySet(), read.state().keySet());
    assertTrue(distance(expected, logits(read, pictures, 3)) < 1e-6, read.spec().toString());
    assertEquals(spec.toJson(), read.spec().toJson());
    OnnxModels.write(model, file, Onnx.Options.DEFAULT.withFold(true));
    Model folded = OnnxModels.read(file);
    assertTrue(distance(expected, logits(folded, pictures, 3)) < 1e-5, "folded");
    if (spec.stateShapes().keySet().stream().noneMatch(name -> name.endsWith("running_var"))) {
      return; // there was nothing to fold
    }
    assertInstanceOf(GraphSpec.class, folded.spec());
    // A graph that was read is a network like any other: it survives a file of its own.
    Path saved = folder.resolve("m.safetensors");
    folded.save(saved);
    assertEquals(folded.spec(), Model.load(saved).spec());
    OnnxModels.write(folded, file, Onnx.Options.DEFAULT);
    assertEquals(
        ((GraphSpec) folded.spec()).nodes().size(),
        ((GraphSpec) OnnxModels.read(file).spec()).nodes().size());
  }

  @Test
  void everyOperationIsRecognisedAgain() {
    GraphSpec spec = GraphSpec.of("every operation", ManyOps.graph(2));
    Path file = folder.resolve("m.onnx");
    OnnxModels.write(ManyOps.model(spec, SEED), file, Onnx.Options.DEFAULT);
    Onnx onnx = Onnx.read(file, ModelSpec.IMAGES, ModelSpec.LOGITS);
    GraphSpec read = GraphSpec.of(onnx.name(), onnx.graph());
    List<GraphSpec.Layer> expected =
        spec.nodes().stream()
            .filter(n -> !(n.op() instanceof Op.Dropout || n.op() instanceof Op.DropBlock))
            .toList();
    assertEquals(
        expected.stream()
            .map(n -> n.path() + " " + (n.op() instanceof Op.Couple ? ADD : n.op()))
            .sorted()
            .toList(),
        read.nodes().stream().map(n -> n.path() + " " + n.op()).sorted().toList());
  }

  @Test
  void anotherGraphThanTheNamedNetworksStaysAGraph() {
    Path file = folder.resolve("m.onnx");
    Model model = ManyOps.model(small("resnet20"), SEED);
    String other = small("resnet20").withActivation(Activation.SILU).toJson();
    OnnxModels.write(model.withMetadata("resnet4j.spec", other), file, Onnx.Options.DEFAULT);
    assertInstanceOf(GraphSpec.class, OnnxModels.read(file).spec());
  }

  @ParameterizedTest
  @ValueSource(ints = {Onnx.FIRST_OPSET, Onnx.LAST_OPSET})
  void otherOperatorSetsMeanTheSame(int opset) {
    ModelSpec spec = GraphSpec.of("every operation", ManyOps.graph(2));
    Model model = ManyOps.model(spec, SEED);
    Path file = folder.resolve("m.onnx");
    OnnxModels.write(model, file, Onnx.Options.DEFAULT.withOpset(opset));
    FloatBuffer pictures = ManyOps.pictures(spec, 2, SEED);
    float[] expected = logits(model, pictures, 2);
    assertTrue(distance(expected, OnnxRuntime.logits(file, spec, pictures, 2)) < 1e-5);
    assertTrue(distance(expected, logits(OnnxModels.read(file), pictures, 2)) < 1e-6);
  }

  /** Files of PyTorch's exporter, with what ONNX Runtime answers; see onnx_goldens.py. */
  @Test
  void whatPyTorchExportedGivesTheSameLogits() throws Exception {
    Path golden = Path.of("src/test/resources/golden/onnx");
    JsonNode cases =
        new ObjectMapper().readTree(golden.resolve("logits.json").toFile()).get("cases");
    assertEquals(3, cases.size());
    for (JsonNode each : cases) {
      String file = each.get("file").asText();
      Model read = OnnxModels.read(golden.resolve(file));
      float[] logits = logits(read, FloatBuffer.wrap(floats(each.get("input"))), 2);
      float[] expected = floats(each.get("logits"));
      if (file.equals("view.onnx")) { // log-probabilities: the softmax was left off
        logits = centred(logits, read.spec().classes());
        expected = centred(expected, read.spec().classes());
      }
      assertTrue(distance(expected, logits) < 1e-5, file + ": " + distance(expected, logits));
    }
    GraphSpec training = (GraphSpec) OnnxModels.read(golden.resolve("training.onnx")).spec();
    List<String> names = List.copyOf(training.stateShapes().keySet());
    assertTrue(
        names.containsAll(
            List.of(
                "conv1.weight", "bn1.running_var", "gn.weight", "downsample.1.bias", "fc.bias")),
        names.toString());
  }

  private static float[] floats(JsonNode list) {
    float[] values = new float[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) list.get(i).asDouble();
    }
    return values;
  }

  /** Each row less its mean. */
  private static float[] centred(float[] rows, int classes) {
    float[] centred = rows.clone();
    for (int row = 0; row < rows.length; row += classes) {
      double mean = 0;
      for (int k = row; k < row + classes; k++) {
        mean += rows[k] / classes;
      }
      for (int k = row; k < row + classes; k++) {
        centred[k] -= (float) mean;
      }
    }
    return centred;
  }
}
