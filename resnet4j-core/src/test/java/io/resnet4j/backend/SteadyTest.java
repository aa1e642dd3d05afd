package io.resnet4j.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.graph.Value;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.plan.UpdateRule;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Long training neither drifts nor grows, and a closed session is gone. The property {@code
 * resnet4j.steady.steps} makes it as long as one likes.
 */
class SteadyTest {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final int STEPS = Integer.getInteger("resnet4j.steady.steps", 120);
  private static final long MIB = 1 << 20;

  /** A network in training on one batch that stays. */
  private static final class Run implements AutoCloseable {
    final Session session = Backends.named("onednn").open();
    private final Executable executable;
    private final List<UpdateRule.Group> groups;
    private long step;

    Run(ModelSpec spec, int batch, Precision precision) {
      Program program = Program.training(spec.trainingGraph(batch, 0), ModelSpec.LOSS, precision);
      executable = session.prepare(Planner.plan(program));
      Model model = spec.initialise(3);
      model.state().forEach((path, value) -> session.write(Program.MODEL, path, value));
      Set<String> paths = new HashSet<>();
      program.graph().parameters().stream().map(Value::name).forEach(paths::add);
      groups = List.of(new UpdateRule.Group(paths, 0.01, 1e-4));
      Shape pictures = Shape.of(batch, spec.channels(), spec.height(), spec.width());
      KeyedRandom random = KeyedRandom.of(3, "pictures");
      float[] values = new float[(int) pictures.elements()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.normalAt(i);
      }
      executable.feed(ModelSpec.IMAGES, Tensor.ofFloats(pictures, values));
      float[] targets = new float[batch * spec.classes()];
      for (int n = 0; n < batch; n++) {
        targets[n * spec.classes() + n % spec.classes()] = 1;
      }
      executable.feed(ModelSpec.TARGETS, Tensor.ofFloats(Shape.of(batch, spec.classes()), targets));
    }

    void steps(int count) {
      for (int i = 0; i < count; i++) {
        executable.run(3, step++);
        session.update(Program.MODEL, new UpdateRule.Sgd(0.9, false), groups);
      }
    }

    Map<String, float[]> state() {
      Map<String, float[]> state = new LinkedHashMap<>();
      for (String path : session.state(Program.MODEL).keySet()) {
        state.put(path, session.read(Program.MODEL, path).toFloats());
      }
      return state;
    }

    @Override
    public void close() {
      session.close();
    }
  }

  private static long residentBytes() throws IOException {
    Assumptions.assumeTrue(Files.exists(STATUS), "only Linux tells the resident memory");
    System.gc();
    for (String line : Files.readAllLines(STATUS)) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    throw new IOException(STATUS + " has no VmRSS");
  }

  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"F32", "BF16"})
  void sameSeedSameBits(Precision precision) {
    Assumptions.assumeTrue(Backends.named("onednn").precisions().contains(precision));
    try (Run first = new Run(Models.named("resnet20"), 16, precision);
        Run second = new Run(Models.named("resnet20"), 16, precision)) {
      first.steps(5);
      second.steps(5);
      Map<String, float[]> expected = first.state();
      Map<String, float[]> actual = second.state();
      assertEquals(expected.keySet(), actual.keySet());
      expected.forEach((path, values) -> assertArrayEquals(values, actual.get(path), path));
    }
  }

  @Test
  void residentMemoryDoesNotGrow() throws IOException {
    try (Run run = new Run(Models.named("resnet20"), 16, Precision.F32)) {
      run.steps(Math.max(20, STEPS / 10));
      long before = residentBytes();
      long session = run.session.bytes();
      run.steps(STEPS);
      long growth = residentBytes() - before;
      System.err.printf("steady: %d steps, growth %.1f MiB%n", STEPS, (double) growth / MIB);
      assertEquals(session, run.session.bytes());
      assertTrue(growth < 8 * MIB, () -> "grew by " + growth + " bytes in " + STEPS + " steps");
    }
  }

  @Test
  void closingReturnsTheMemory() throws IOException {
    long before = residentBytes();
    long taken;
    long held;
    try (Run run = new Run(Models.named("resnet18").withInput(3, 64, 64), 16, Precision.F32)) {
      run.steps(1);
      taken = run.session.bytes();
      held = residentBytes() - before;
    }
    long left = residentBytes() - before;
    System.err.printf(
        "steady: session of %d MiB, %d MiB resident, %d MiB after closing%n",
        taken / MIB, held / MIB, left / MIB);
    assertTrue(held > taken / 2, () -> "of " + taken + " bytes only " + held + " were resident");
    assertTrue(left < taken / 4, () -> left + " bytes are left of " + taken);
  }
}
