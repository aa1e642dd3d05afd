package io.resnet4j.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.golden.NetworkRun;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Implementations chosen by measuring are right, are repeated, and their cache can do no harm. */
class ChoicesTest {
  private static final ModelSpec NETWORK = Models.resnet20(10).withInput(3, 16, 16);
  private static final Backend ONEDNN = Backends.named("onednn");

  /** The backend with choices of its own. */
  private record Choosing(Choices choices) implements Backend {
    @Override
    public String name() {
      return ONEDNN.name();
    }

    @Override
    public java.util.Set<Precision> precisions() {
      return ONEDNN.precisions();
    }

    @Override
    public Session open(Choices ignored) {
      return ONEDNN.open(choices);
    }
  }

  private static Map<String, String> measured(Precision precision) {
    try (Session session = ONEDNN.open(Choices.measuring(Map.of()))) {
      session.prepare(
          Planner.plan(Program.training(NETWORK.trainingGraph(8, 0), ModelSpec.LOSS, precision)));
      return session.choices();
    }
  }

  private static Map<String, double[]> run(Choices choices, Precision precision) {
    return new NetworkRun(new Choosing(choices), NETWORK, precision, 8, 3).training();
  }

  @Test
  void everyConvolutionHasAChoiceThatIsOneOfOneDnns() {
    Map<String, String> choices = measured(Precision.F32);
    assertTrue(choices.size() > 10, choices::toString);
    choices.values().forEach(name -> assertFalse(name.startsWith("ref"), name));
  }

  @Test
  void chosenImplementationsComputeTheSameAndRepeatTheirBits() {
    Map<String, double[]> usual = run(Choices.DEFAULTS, Precision.F32);
    Choices chosen = Choices.fixed(measured(Precision.F32));
    Map<String, double[]> once = run(chosen, Precision.F32);
    Map<String, double[]> twice = run(chosen, Precision.F32);
    usual.forEach(
        (name, values) -> {
          assertArrayEquals(once.get(name), twice.get(name), name);
          double apart = CaseRunner.distance(values, once.get(name));
          assertTrue(apart <= 5e-2 * CaseRunner.norm(values) + 1e-6, name + " is off by " + apart);
        });
  }

  @Test
  void everyImplementationThatOneDnnHasIsRight() {
    Map<String, double[]> usual = run(Choices.DEFAULTS, Precision.F32);
    Map<String, String> others = new HashMap<>();
    for (String name : new String[] {"jit:avx512_core", "jit:avx2", "x64:gemm:jit"}) {
      measured(Precision.F32).keySet().forEach(key -> others.put(key, name));
      Map<String, double[]> forced = run(Choices.fixed(others), Precision.F32);
      double apart = CaseRunner.distance(usual.get("logits"), forced.get("logits"));
      assertTrue(apart <= 1e-5 * CaseRunner.norm(usual.get("logits")), name + ": " + apart);
    }
  }

  @Test
  void aCacheKeepsWhatWasMeasured(@TempDir Path folder) {
    ChoiceCache cache = new ChoiceCache(folder, "this machine");
    assertEquals(Map.of(), cache.read());
    cache.add(Map.of("forward [1, 2] = x: y", "jit:avx2"));
    cache.add(Map.of("another", "brg"));
    assertEquals(Map.of("forward [1, 2] = x: y", "jit:avx2", "another", "brg"), cache.read());
    assertEquals(Map.of(), new ChoiceCache(folder, "that machine").read());
  }

  @Test
  void aBrokenOrForeignCacheIsIgnored(@TempDir Path folder) throws IOException {
    ChoiceCache cache = new ChoiceCache(folder, "this machine");
    cache.add(Map.of("key", "value"));
    Path file;
    try (Stream<Path> files = Files.list(folder)) {
      file = files.findFirst().orElseThrow();
    }
    Files.writeString(file, "machine=that machine\nkey=value\n");
    assertEquals(Map.of(), cache.read());
    Files.writeString(file, "machine=this machine\nkey=\\u00zz\n");
    assertEquals(Map.of(), cache.read());
    cache.add(Map.of("key", "new"));
    assertEquals(Map.of("key", "new"), cache.read());
  }

  @Test
  void unknownImplementationsArePassedOver() {
    Map<String, String> foreign = new HashMap<>();
    measured(Precision.F32).keySet().forEach(key -> foreign.put(key, "jit:of_another_machine"));
    Map<String, double[]> usual = run(Choices.DEFAULTS, Precision.F32);
    Map<String, double[]> fixed = run(Choices.fixed(foreign), Precision.F32);
    usual.forEach((name, values) -> assertArrayEquals(values, fixed.get(name), name));
  }
}
