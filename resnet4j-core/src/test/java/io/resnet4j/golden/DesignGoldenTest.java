package io.resnet4j.golden;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.backend.Backends;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Precision;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every block design in a small network against PyTorch code written from its definition
 * (tools/reference/designs.py): logits in training and evaluation, and all gradients, in F64 on the
 * reference backend.
 */
class DesignGoldenTest {
  private static final JsonNode FILE = GoldenFiles.read("designs.json.gz");

  private static Stream<String> designs() {
    return FILE.get("designs").properties().stream().map(Map.Entry::getKey);
  }

  @ParameterizedTest
  @MethodSource("designs")
  void oneStepIsPyTorchs(String name) {
    Golden golden = golden(name);
    NetworkRun run = run(name, golden, "reference", Precision.F64);
    Map<String, double[]> actual = run.training();
    actual.keySet().removeIf(tensor -> tensor.startsWith("running."));
    actual.putAll(run.evaluation());
    assertEquals(golden.tensors(), new TreeSet<>(actual.keySet()));
    double floor = golden.gradientFloor();
    assertAll(
        actual.entrySet().stream()
            .map(
                e -> {
                  double least = e.getKey().startsWith("grad.") ? floor : 0;
                  Golden.Difference d = golden.compare(e.getKey(), e.getValue(), least);
                  return () -> assertTrue(d.worst() <= 1e-9, d.toString());
                }));
  }

  /** The engine runs every design; in f32, so a few rounded activations may switch a ReLU. */
  @ParameterizedTest
  @MethodSource("designs")
  void theEngineAgrees(String name) {
    Golden golden = golden(name);
    NetworkRun run = run(name, golden, "onednn", Precision.F32);
    Map<String, double[]> actual = run.training();
    actual.putAll(run.evaluation());
    assertAll(
        Stream.of("logits", "eval.logits")
            .map(
                tensor -> {
                  Golden.Difference d = golden.compare(tensor, actual.get(tensor));
                  return () -> assertTrue(d.worst() <= 1e-5, d.toString());
                }));
    double gradients = golden.together(actual);
    assertTrue(gradients <= 1e-4, "gradients " + gradients);
  }

  private static Golden golden(String name) {
    ObjectNode design = ((ObjectNode) FILE.get("designs").get(name)).deepCopy();
    return new Golden(design.set("about", FILE.get("about")));
  }

  private static NetworkRun run(String name, Golden golden, String backend, Precision precision) {
    JsonNode design = FILE.get("designs").get(name);
    ModelSpec spec = ModelSpec.fromJson(design.get("spec").toString(), name);
    int batch = design.get("batch").intValue();
    return new NetworkRun(Backends.named(backend), spec, precision, batch, golden.seed());
  }
}
