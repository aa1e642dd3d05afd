package io.resnet4j.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.NotEnoughMemoryException;
import io.resnet4j.model.Models;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.plan.UpdateRule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Long training neither drifts nor grows, and a closed session is gone. The property {@code
 * resnet4j.steady.steps} makes it as long as one likes.
 */
class SteadyTest {
  private static final int STEPS = Integer.getInteger("resnet4j.steady.steps", 120);
  private static final long MIB = 1 << 20;

  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"F32", "BF16"})
  void sameSeedSameBits(Precision precision) {
    Assumptions.assumeTrue(Backends.named("onednn").precisions().contains(precision));
    try (SteadyRun first = new SteadyRun(Models.named("resnet20"), 16, precision);
        SteadyRun second = new SteadyRun(Models.named("resnet20"), 16, precision)) {
      first.steps(5);
      second.steps(5);
      Map<String, float[]> expected = first.state();
      Map<String, float[]> actual = second.state();
      assertEquals(expected.keySet(), actual.keySet());
      expected.forEach((path, values) -> assertArrayEquals(values, actual.get(path), path));
    }
  }

  @Test
  void slotsAreTakenBeforeTheFirstStepOrRefused() {
    try (SteadyRun run = new SteadyRun(Models.named("resnet20"), 2, Precision.F32)) {
      refusedThenTakenBeforeTheFirstStep(run);
    }
  }

  /** It has its slots already: what is refused is the memory that it works in. */
  @Test
  void whatMuonWorksInIsTakenBeforeTheFirstStepOrRefused() {
    UpdateRule muon = new UpdateRule.Muon(0.95, true);
    try (SteadyRun run = new SteadyRun(Models.named("resnet20"), 2, Precision.F32, muon)) {
      run.session.reserve(Program.MODEL, List.of(), List.of(UpdateRule.VELOCITY));
      refusedThenTakenBeforeTheFirstStep(run);
    }
  }

  private static void refusedThenTakenBeforeTheFirstStep(SteadyRun run) {
    long before = run.session.bytes();
    System.setProperty("resnet4j.memory", "1k");
    try {
      assertThrows(
          NotEnoughMemoryException.class,
          () -> run.session.reserve(Program.MODEL, run.groups, List.of()));
      assertThrows(NotEnoughMemoryException.class, () -> run.steps(1));
    } finally {
      System.clearProperty("resnet4j.memory");
    }
    assertEquals(before, run.session.bytes());
    run.session.reserve(Program.MODEL, run.groups, List.of());
    long taken = run.session.bytes();
    assertTrue(taken > before);
    assertEquals(Map.of(), run.session.state(UpdateRule.VELOCITY));
    run.steps(2);
    assertEquals(taken, run.session.bytes());
  }

  @Test
  void stepsTakeNoMemoryAndClosingReturnsIt() throws IOException, InterruptedException {
    Assumptions.assumeTrue(
        Files.exists(Path.of("/proc/self/status")), "only Linux tells the resident memory");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xms256m",
                "-Xmx256m",
                "-XX:+AlwaysPreTouch",
                "-Dorg.bytedeco.javacpp.maxBytes=0",
                "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                "-cp",
                System.getProperty("java.class.path"),
                SteadyRun.class.getName(),
                Integer.toString(STEPS))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String printed;
    try (var output = process.getInputStream()) {
      printed = new String(output.readAllBytes(), StandardCharsets.UTF_8).strip();
    }
    assertTrue(process.waitFor(1, TimeUnit.MINUTES));
    assertEquals(0, process.exitValue());
    long[] figures = Arrays.stream(printed.split(" ")).mapToLong(Long::parseLong).toArray();
    long growth = figures[0];
    long taken = figures[1];
    long held = figures[2];
    long left = figures[3];
    System.err.printf(
        "steady: %d steps, growth %.1f MiB; session of %d MiB, %d MiB resident, %d MiB closed%n",
        STEPS, (double) growth / MIB, taken / MIB, held / MIB, left / MIB);
    assertTrue(growth < 8 * MIB, () -> "grew by " + growth + " bytes in " + STEPS + " steps");
    assertTrue(held > taken / 2, () -> "of " + taken + " bytes only " + held + " were resident");
    assertTrue(left < taken / 4, () -> left + " bytes are left of " + taken);
  }
}
