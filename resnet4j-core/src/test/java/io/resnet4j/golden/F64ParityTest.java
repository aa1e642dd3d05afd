package io.resnet4j.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.backend.Backends;
import io.resnet4j.plan.Precision;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The mathematics of whole networks: the reference backend in F64 against PyTorch in float64. Every
 * tensor of the golden must be handed over, so that nothing goes unseen.
 */
class F64ParityTest {
  private static ParityRun run(String name) {
    return new ParityRun(name, Backends.named("reference"), Precision.F64);
  }

  private static void check(Golden golden, String tensor, double[] actual, double tolerance) {
    Golden.Difference difference = golden.compare(tensor, actual);
    assertTrue(
        difference.worst() <= tolerance,
        () -> golden.network() + ": " + difference + " > " + tolerance);
  }

  private static Set<String> withPrefix(Golden golden, String... prefixes) {
    Set<String> names = new TreeSet<>();
    for (String tensor : golden.tensors()) {
      for (String prefix : prefixes) {
        if (tensor.startsWith(prefix)) {
          names.add(tensor);
        }
      }
    }
    return names;
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet20", "resnet20-b", "resnet18", "resnet50", "resnet20-silu"})
  void aPassIsEqual(String name) {
    ParityRun run = run(name);
    Set<String> seen = new TreeSet<>();
    BiConsumer<String, double[]> compare =
        (tensor, actual) -> {
          if (run.golden().tensors().contains(tensor)) {
            seen.add(tensor);
            check(run.golden(), tensor, actual, 1e-9);
          }
        };
    run.pass(compare);
    run.inference(compare);
    assertEquals(
        withPrefix(run.golden(), "loss", "logits", "eval.logits", "grad.", "running."), seen);
  }

  /** The change agrees, so the start, of which most of a weight consists, cannot hide an error. */
  @ParameterizedTest
  @ValueSource(strings = {"resnet20", "resnet20-b", "resnet18", "resnet50"})
  void tenStepsAreEqual(String name) {
    ParityRun run = run(name);
    Set<String> seen = new TreeSet<>();
    run.steps(
        (tensor, actual) -> {
          seen.add(tensor);
          check(run.golden(), tensor, actual, 1e-6);
        });
    assertEquals(withPrefix(run.golden(), "delta."), seen);
  }
}
