package io.resnet4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.golden.TrainingGolden;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScheduleTest {
  private static final Schedule.Run RUN = Schedule.Run.of(100, 10);

  /** Fifty steps of each schedule, a step being an epoch for the plateau. */
  @Test
  void everyScheduleIsPyTorchs() throws Exception {
    Set<String> kinds = new HashSet<>();
    for (TrainingGolden.Schedule golden : TrainingGolden.schedules()) {
      Schedule schedule = Json.MAPPER.treeToValue(golden.schedule(), Schedule.class);
      kinds.add(golden.schedule().get("kind").textValue());
      double[] rates = golden.rates();
      Plateau plateau = Plateau.NONE;
      for (int t = 0; t < rates.length; t++) {
        Schedule.Run run = Schedule.Run.of(rates.length, 1).after(plateau.met());
        double rate = golden.rate() * schedule.factor(t, run);
        assertEquals(rates[t], rate, 1e-9 * golden.rate(), golden.name() + " at step " + t);
        if (golden.measured().isPresent()) {
          plateau = schedule.plateau().orElseThrow().watch(plateau, golden.measured().get()[t]);
        }
      }
    }
    assertEquals(Schedule.class.getPermittedSubclasses().length, kinds.size(), kinds.toString());
  }

  @Test
  void everyScheduleStaysInItsRangeOnTheShortestRuns() throws Exception {
    for (TrainingGolden.Schedule golden : TrainingGolden.schedules()) {
      Schedule schedule = Json.MAPPER.treeToValue(golden.schedule(), Schedule.class);
      for (int steps = 1; steps <= 4; steps++) {
        for (int t = 0; t < steps; t++) {
          double factor = schedule.factor(t, Schedule.Run.of(steps, 1));
          assertTrue(factor >= 0 && factor <= 1, golden.name() + " " + steps + " " + factor);
        }
      }
    }
  }

  @Test
  void constantStaysOne() {
    assertEquals(1, new Schedule.Constant().factor(0, RUN));
    assertEquals(1, new Schedule.Constant().factor(99, RUN));
  }

  @Test
  void multiStepDropsAtItsMilestonesInAnyUnit() {
    Schedule schedule =
        new Schedule.MultiStep(
            List.of(Extent.steps(20), Extent.epochs(5), Extent.share(0.75)), 0.1);
    assertEquals(1, schedule.factor(19, RUN));
    assertEquals(0.1, schedule.factor(20, RUN), 1e-15);
    assertEquals(0.1, schedule.factor(49, RUN), 1e-15);
    assertEquals(0.01, schedule.factor(50, RUN), 1e-15);
    assertEquals(0.01, schedule.factor(74, RUN), 1e-15);
    assertEquals(0.001, schedule.factor(75, RUN), 1e-15);
  }

  @Test
  void cosineFallsFromOneToItsFloor() {
    Schedule schedule = new Schedule.Cosine(0.2);
    assertEquals(1, schedule.factor(0, RUN));
    assertEquals(0.6, schedule.factor(50, RUN), 1e-15);
    assertEquals(0.2, schedule.factor(100, RUN), 1e-15);
    // (1 + cos(pi / 4)) / 2, scaled to [0.2, 1].
    assertEquals(0.2 + 0.8 * 0.8535533905932737, schedule.factor(25, RUN), 1e-12);
    for (int step = 1; step <= 100; step++) {
      assertTrue(schedule.factor(step, RUN) < schedule.factor(step - 1, RUN), "step " + step);
    }
  }

  @Test
  void warmUpRisesInAStraightLineAndHandsOver() {
    Schedule schedule = new Schedule.WarmUp(Extent.epochs(2), 0.1, new Schedule.Cosine(0));
    assertEquals(0.1, schedule.factor(0, RUN), 1e-15);
    assertEquals(0.55, schedule.factor(10, RUN), 1e-15);
    assertEquals(1, schedule.factor(20, RUN), 1e-15);
    assertEquals(0.5, schedule.factor(60, RUN), 1e-15);
    assertEquals(0, schedule.factor(100, RUN), 1e-15);
  }

  @Test
  void aWarmUpThatIsHeldJumps() {
    Schedule schedule = new Schedule.WarmUp(Extent.epochs(2), 0.1, true, new Schedule.Constant());
    assertEquals(0.1, schedule.factor(0, RUN));
    assertEquals(0.1, schedule.factor(19, RUN));
    assertEquals(1, schedule.factor(20, RUN));
  }

  @Test
  void milestonesBehindAWarmUpCountFromTheBeginning() {
    Schedule steps = new Schedule.MultiStep(List.of(Extent.steps(30)), 0.1);
    Schedule schedule = new Schedule.WarmUp(Extent.steps(20), 0, steps);
    assertEquals(0, schedule.factor(0, RUN));
    assertEquals(1, schedule.factor(29, RUN));
    assertEquals(0.1, schedule.factor(30, RUN), 1e-15);
  }

  @Test
  void aWarmUpLongerThanTheRunStaysFinite() {
    Schedule schedule = new Schedule.WarmUp(Extent.steps(500), 0, new Schedule.Cosine(0));
    assertEquals(0.99, schedule.factor(99, RUN), 1e-15);
    assertEquals(1, schedule.factor(100, RUN));
  }

  @Test
  void impossibleSchedulesAreRefused() {
    assertThrows(InvalidInputException.class, () -> new Schedule.Cosine(1.5));
    assertThrows(InvalidInputException.class, () -> new Schedule.MultiStep(List.of(), 0.1));
    List<Extent> half = List.of(Extent.share(0.5));
    assertThrows(InvalidInputException.class, () -> new Schedule.MultiStep(half, 0));
    assertThrows(InvalidInputException.class, () -> Extent.share(1.5));
    Schedule constant = new Schedule.Constant();
    assertThrows(
        InvalidInputException.class,
        () -> new Schedule.WarmUp(Extent.steps(5), Double.NaN, constant));
  }

  @Test
  void extentsReadWhatTheyWrite() {
    for (String text : List.of("400 steps", "1 step", "1.5 epochs", "1 epoch", "50%", "12.5%")) {
      assertEquals(text, Extent.parse(text).toString());
    }
    assertEquals(Extent.steps(400), Extent.parse("400"));
    assertEquals(Extent.epochs(2), Extent.parse("2ep"));
    for (String text : List.of("", "a", "-1", "1.5", "3 weeks", "5..2", "200%")) {
      assertThrows(InvalidInputException.class, () -> Extent.parse(text), text);
    }
  }
}
