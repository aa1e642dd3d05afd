package io.resnet4j.golden;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.backend.Backends;
import io.resnet4j.plan.Precision;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whole networks in f32 and bf16 against PyTorch in float64. In f32 a ReLU whose input is nearly
 * zero turns, so single gradients of ReLU networks differ between any two implementations; those of
 * the same networks with SiLU do not.
 */
class OneDnnParityTest {
  private static ParityRun run(String name, Precision precision) {
    return new ParityRun(name, Backends.named("onednn"), precision);
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet20-silu", "resnet20-b-silu", "resnet18-silu", "resnet50-silu"})
  void everyGradientOfASmoothNetwork(String name) {
    ParityRun run = run(name, Precision.F32);
    Golden golden = run.golden();
    run.pass(
        (tensor, actual) -> {
          if (golden.tensors().contains(tensor)) {
            double floor = tensor.startsWith("grad.") ? golden.gradientFloor() : 0;
            double error = golden.compare(tensor, actual, floor).worst();
            assertTrue(error <= 2e-4, () -> name + ": " + tensor + " is off by " + error);
          }
        });
  }

  @ParameterizedTest
  @CsvSource({"resnet20, 1e-5", "resnet20-b, 1e-5", "resnet18, 1e-5", "resnet50, 2e-4"})
  void logitsAndGradientsTogether(String name, double tolerance) {
    ParityRun run = run(name, Precision.F32);
    Golden golden = run.golden();
    Map<String, double[]> results = new TreeMap<>();
    run.pass(results::put);
    run.inference(results::put);
    for (String logits : new String[] {"logits", "eval.logits"}) {
      double error = golden.compare(logits, results.get(logits)).worst();
      assertTrue(error <= tolerance, () -> name + ": " + logits + " are off by " + error);
    }
    double together = golden.together(results);
    assertTrue(together <= 5e-2, () -> name + ": gradients are off by " + together);
    for (String tensor : golden.tensors()) {
      if (tensor.startsWith("running.")) {
        double error = golden.compare(tensor, results.get(tensor)).worst();
        assertTrue(error <= tolerance, () -> name + ": " + tensor + " is off by " + error);
      }
    }
  }

  /** PyTorch's own distance is that of its autocast. */
  @ParameterizedTest
  @ValueSource(strings = {"resnet20", "resnet20-b", "resnet18", "resnet50"})
  void bfloat16IsNearlyAsCloseAsAutocast(String name) {
    ParityRun run = run(name, Precision.BF16);
    Golden golden = run.golden();
    Map<String, double[]> results = new TreeMap<>();
    run.pass(results::put);
    run.inference(results::put);
    for (String logits : new String[] {"logits", "eval.logits"}) {
      double error = golden.compare(logits, results.get(logits)).entries();
      double peer = golden.peer("bf16_" + logits.replace('.', '_'));
      assertTrue(
          error <= 1.5 * peer,
          () -> name + ": " + logits + " are off by " + error + ", PyTorch " + peer);
    }
  }
}
