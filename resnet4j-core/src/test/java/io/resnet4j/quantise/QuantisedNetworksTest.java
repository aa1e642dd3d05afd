package io.resnet4j.quantise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.backend.Backends;
import io.resnet4j.graph.Activation;
import io.resnet4j.infer.Features;
import io.resnet4j.infer.Predictor;
import io.resnet4j.interop.Onnx;
import io.resnet4j.model.ManyOps;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.model.OnnxRuntime;
import io.resnet4j.model.ResNetSpec;
import io.resnet4j.model.TrainedModel;
import io.resnet4j.nn.HeadKind;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Quantisation;
import io.resnet4j.plan.Quantiser;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Networks of every block design in int8: both backends, ONNX Runtime, and single precision. */
class QuantisedNetworksTest {
  private static final long SEED = 23;
  private static final int BATCH = 3;

  @TempDir Path folder;

  static ResNetSpec small(String name) {
    ResNetSpec named = Models.resnet(name);
    return named.blocks().size() == 4
        ? named
            .withBlocks(List.of(1, 2, 1, 1))
            .withWidths(List.of(4, 6, 8, 10))
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
        small("resnext50_32x4d").withWidths(List.of(16, 16, 16, 16)).withName("grouped"),
        small("resnet50d").withName("mean pools"),
        small("resnet34-a").withName("zero-pad"),
        small("preresnet110").withName("pre-activation"),
        small("seresnet50").withName("squeezed"),
        small("revnet38").withName("reversible"),
        small("resnet20-b").with(d -> d.name("flattened").headKind(HeadKind.FLATTEN)));
  }

  static QuantisedModel quantised(Model model) {
    try (Calibration calibration = Calibration.of(model, Backends.named("onednn"))) {
      calibration.add(ManyOps.pictures(model.spec(), 8, SEED), 8);
      return QuantisedModel.of(model, calibration.quantisation(Method.MINMAX));
    }
  }

  /** Codes that a head reads come out as numbers. */
  @Test
  void featuresAreThoseOfSinglePrecisionBarRounding() {
    Model model = ManyOps.model(small("resnet20"), 3);
    float[] expected = features(model, "reference", Precision.F32);
    float largest = 0;
    for (float each : expected) {
      largest = Math.max(largest, Math.abs(each));
    }
    for (String backend : List.of("onednn", "reference")) {
      assertArrayEquals(
          expected, features(quantised(model), backend, Precision.INT8), 0.05f * largest, backend);
    }
  }

  private static float[] features(TrainedModel model, String backend, Precision precision) {
    FloatBuffer pictures = ManyOps.pictures(model.spec(), BATCH, SEED + 1);
    try (Predictor predictor = Predictor.open(model, precision, Backends.named(backend))) {
      return Features.of(predictor).see(pictures, BATCH).features();
    }
  }

  static float[] logits(TrainedModel model, String backend, Precision precision) {
    FloatBuffer pictures = ManyOps.pictures(model.spec(), BATCH, SEED + 1);
    try (Predictor predictor = Predictor.open(model, precision, Backends.named(backend))) {
      return predictor.logits(pictures, BATCH);
    }
  }

  static double distance(float[] expected, float[] actual) {
    double difference = 0;
    double length = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow(expected[i] - actual[i], 2);
      length += Math.pow(expected[i], 2);
    }
    assertTrue(length > 1e-6, "logits that tell nothing");
    return Math.sqrt(difference / length);
  }

  @ParameterizedTest
  @MethodSource("networks")
  void allAgree(ModelSpec spec) {
    Model model = ManyOps.model(spec, SEED);
    QuantisedModel quantised = quantised(model);
    assertTrue(quantised.quantisation().layers().size() >= 5, spec.name());
    float[] expected = logits(quantised, "reference", Precision.INT8);
    float[] actual = logits(quantised, "onednn", Precision.INT8);
    // A sum that single precision brings to the other side of a tie moves a code by one.
    double backends = distance(expected, actual);
    assertTrue(backends < 0.01, spec.name() + ": " + backends + " from the reference");
    assertArrayEquals(actual, logits(quantised, "onednn", Precision.INT8), "again");
    double single = distance(logits(model, "onednn", Precision.F32), actual);
    assertTrue(single < 0.15, spec.name() + ": " + single + " from single precision");
    Path file = folder.resolve("q.onnx");
    quantised.writeOnnx(file, Onnx.Options.DEFAULT);
    FloatBuffer pictures = ManyOps.pictures(spec, BATCH, SEED + 1);
    double onnx = distance(actual, OnnxRuntime.logits(file, spec, pictures, BATCH));
    assertTrue(onnx < 0.02, spec.name() + ": " + onnx + " from ONNX Runtime");
  }

  @Test
  void layersThatAreKeptComputeInSinglePrecision() {
    Model model = ManyOps.model(small("resnet50"), SEED);
    Quantisation all = quantised(model).quantisation();
    List<String> layers = new ArrayList<>(all.layers());
    float[] single = logits(model, "onednn", Precision.F32);
    double before = 0;
    for (int kept : new int[] {layers.size() - 1, layers.size() / 2, 0}) {
      QuantisedModel some =
          QuantisedModel.of(
              model, all.of(new LinkedHashSet<>(layers.subList(kept, layers.size()))));
      float[] logits = logits(some, "onednn", Precision.INT8);
      double distance = distance(single, logits);
      assertTrue(distance > before && distance < 0.15, kept + " kept: " + distance);
      assertTrue(distance(logits, logits(some, "reference", Precision.INT8)) < 0.01);
      before = distance / 4;
    }
    assertTrue(
        Quantiser.inNumbers(QuantisedModel.of(model, all).graph(1)).keySet().stream()
            .allMatch("GlobalAveragePool"::equals));
  }

  @Test
  void whatCannotBeQuantisedIsNamed() {
    ModelSpec squeezed = small("seresnet50");
    var gates = Quantiser.inNumbers(quantised(ManyOps.model(squeezed, SEED)).graph(1));
    assertTrue(gates.containsKey("Multiply"), "" + gates);
    ModelSpec computed = small("nf_resnet26");
    var excluded = Quantiser.excluded(Quantiser.fused(computed.graph(1)));
    assertTrue(excluded.containsValue("its weight is computed at each run"), "" + excluded);
    assertEquals(
        List.of("fc"),
        Quantiser.layers(Quantiser.fused(computed.graph(1))).stream()
            .map(n -> n.path())
            .filter("fc"::equals)
            .toList());
  }
}
