package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.backend.PlanStep;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProfileTest {
  private static final List<PlanStep> STEPS =
      List.of(
          new PlanStep("conv1", "convolution", "jit", 4_000_000, 1_000_000),
          new PlanStep("bn1", "batch norm", "jit", 2_000_000, 0),
          new PlanStep("conv2", "convolution", "jit", 2_000_000, 3_000_000));

  @Test
  void timesAreSummedByKindAndTheSlowestComeFirst() {
    double[] seconds = {1e-3, 5e-3, 3e-3};
    List<String> lines = Profile.of(STEPS, seconds).words(2, 10e9).lines().toList();
    assertEquals("batch norm 1 5.000 55.56 % 2.00 0.4", words(lines.get(1)));
    // 8 MFLOP in 4 ms are 2 GFLOP/s.
    assertEquals("convolution 2 4.000 44.44 % 2.0 20.00 % 6.00 1.5", words(lines.get(2)));
    assertTrue(lines.get(3).isEmpty());
    assertTrue(lines.get(4).startsWith("bn1"), lines.get(4));
    assertTrue(lines.get(5).startsWith("conv2"), lines.get(5));
    assertEquals(6, lines.size());
  }

  @Test
  void aPlanIsShownInItsOrderWithoutTimes() throws Exception {
    Ran planned = Ran.of("summary", "resnet20", "--plan", "--json");
    JsonNode steps = Json.MAPPER.readTree(planned.out());
    long macs = 0;
    for (JsonNode step : steps) {
      macs += step.get("macs").asLong();
      assertTrue(step.path("seconds").isMissingNode());
    }
    JsonNode summary = Json.MAPPER.readTree(Ran.of("summary", "resnet20", "--json").out());
    assertEquals(summary.get("macs").asLong(), macs);
  }

  @Test
  void aBenchmarkMeasuresEachStep() throws Exception {
    Ran ran =
        Ran.of(
            "bench",
            "--model",
            "resnet20",
            "--batch",
            "1",
            "--steps",
            "1",
            "--warmup",
            "0",
            "--autotune",
            "off",
            "--profile",
            "--json");
    JsonNode result = Json.MAPPER.readTree(ran.out());
    double prepared = result.get("prepare_seconds").asDouble();
    assertTrue(result.get("first_step_seconds").asDouble() > prepared, ran.out());
    JsonNode profile = result.get("profile");
    assertTrue(profile.size() > 20, ran.out());
    profile.forEach(step -> assertTrue(step.get("seconds").asDouble() > 0, step.toString()));
  }

  private static String words(String line) {
    return line.strip().replaceAll(" +", " ");
  }
}
