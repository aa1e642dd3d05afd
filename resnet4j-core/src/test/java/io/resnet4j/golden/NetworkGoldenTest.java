package io.resnet4j.golden;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.backend.Backends;
import io.resnet4j.plan.Precision;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The mathematics: the reference backend in F64 against PyTorch's float64. */
class NetworkGoldenTest {
  @ParameterizedTest
  @ValueSource(strings = {"resnet20", "resnet20-b", "resnet18", "resnet50"})
  void oneStepIsPyTorchs(String name) {
    Golden golden = Golden.load(name);
    NetworkRun run = run(golden);
    Map<String, double[]> actual = run.training();
    assertEquals(names(golden, "loss", "logits", "grad.", "running."), actual.keySet());
    compare(golden, actual, 1e-9);
    compare(golden, run.evaluation(), 1e-9);
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet20", "resnet20-b", "resnet18", "resnet50"})
  void withSiluOneStepIsPyTorchs(String name) {
    Golden golden = Golden.load(name + "-silu");
    Map<String, double[]> actual = run(golden).training();
    actual.keySet().removeIf(tensor -> tensor.startsWith("running."));
    assertEquals(golden.tensors(), actual.keySet());
    compare(golden, actual, 1e-9);
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet20", "resnet20-b", "resnet18", "resnet50"})
  void stepsChangeWhatPyTorchChanges(String name) {
    Golden golden = Golden.load(name);
    Set<String> zeroed = new TreeSet<>();
    if (golden.deltaZeroInit()) {
      for (String tensor : golden.tensors()) {
        if (tensor.startsWith("delta.layer") && tensor.endsWith(".bn3.weight")) {
          zeroed.add(tensor.substring("delta.".length()));
        }
      }
      assertEquals(16, zeroed.size());
    }
    Map<String, double[]> actual = run(golden).change(golden.deltaSteps(), zeroed);
    assertEquals(names(golden, "delta."), actual.keySet());
    compare(golden, actual, 1e-6);
  }

  private static NetworkRun run(Golden golden) {
    return NetworkRun.of(golden, Backends.named("reference"), Precision.F64);
  }

  private static Set<String> names(Golden golden, String... prefixes) {
    Set<String> names = new TreeSet<>();
    for (String prefix : prefixes) {
      golden.tensors().stream().filter(n -> n.startsWith(prefix)).forEach(names::add);
    }
    return names;
  }

  private static void compare(Golden golden, Map<String, double[]> actual, double limit) {
    double floor = golden.gradientFloor();
    assertAll(
        actual.entrySet().stream()
            .map(
                e -> {
                  double least = e.getKey().startsWith("grad.") ? floor : 0;
                  Golden.Difference d = golden.compare(e.getKey(), e.getValue(), least);
                  return () -> assertTrue(d.worst() <= limit, d.toString());
                }));
  }
}
