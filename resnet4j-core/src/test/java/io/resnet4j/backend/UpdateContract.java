package io.resnet4j.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Value;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.plan.UpdateRule;
import io.resnet4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What every session must do from step to step: gradients, updates, random draws, same bits. */
abstract class UpdateContract {
  private static final String MODEL = Program.MODEL;

  /** A new instance of what is tested. */
  abstract Backend backend();

  /** What the contract is tested in. */
  Precision precision() {
    return Precision.F32;
  }

  /** One plain step over all parameters. */
  static void update(Session session, Graph graph) {
    Set<String> all = graph.parameters().stream().map(Value::name).collect(Collectors.toSet());
    session.update(
        MODEL, List.of(new UpdateRule.Group(new UpdateRule.Sgd(0.9, false), all, 0.01, 1e-3)), 0);
  }

  @TestFactory
  Stream<DynamicTest> updatesFollowTheFormula() {
    return Stream.of(
            new UpdateRule.Sgd(0, false),
            new UpdateRule.Sgd(0.9, false),
            new UpdateRule.Sgd(0.75, true))
        .map(rule -> DynamicTest.dynamicTest(rule.toString(), () -> checkUpdates(rule)));
  }

  /** By hand in double over five steps, from the gradients that the session left. */
  private void checkUpdates(UpdateRule.Sgd rule) {
    Case test = NetworkCases.residual(Activation.SILU, 2);
    Set<String> decayed = new java.util.HashSet<>();
    Set<String> plain = new java.util.HashSet<>();
    for (Value parameter : test.graph().parameters()) {
      if (!parameter.name().equals("fc.weight")) {
        (parameter.shape().rank() > 1 ? decayed : plain).add(parameter.name());
      }
    }
    Map<String, double[]> weights = new HashMap<>();
    Map<String, double[]> velocities = new HashMap<>();
    try (Session session = backend().open()) {
      Executable executable = session.prepare(Planner.plan(test.program(precision())));
      CaseRunner.fill(session, executable, test.values());
      for (int step = 0; step < 5; step++) {
        executable.run(2, step);
        double rate = 0.1 / (step + 1);
        List<UpdateRule.Group> groups =
            List.of(
                new UpdateRule.Group(rule, decayed, rate, 0.05),
                new UpdateRule.Group(rule, plain, rate / 2, 0));
        for (UpdateRule.Group group : groups) {
          for (String path : group.paths()) {
            double[] w = weights.computeIfAbsent(path, p -> test.values().get(p).clone());
            double[] v = velocities.computeIfAbsent(path, p -> new double[w.length]);
            double[] g = session.readGradient(MODEL, path).toDoubles();
            for (int i = 0; i < w.length; i++) {
              double decayedGradient = g[i] + group.weightDecay() * w[i];
              v[i] = rule.momentum() * v[i] + decayedGradient;
              w[i] -=
                  group.learningRate()
                      * (rule.nesterov() ? decayedGradient + rule.momentum() * v[i] : v[i]);
            }
          }
        }
        session.update(MODEL, groups, step);
      }
      double tolerance = precision() == Precision.F64 ? 1e-13 : 1e-5;
      weights.forEach((path, w) -> assertTensor(w, session.read(MODEL, path), tolerance, path));
      if (rule.momentum() > 0) {
        velocities.forEach(
            (path, v) -> assertTensor(v, session.read("momentum", path), tolerance, path));
        assertEquals(weights.keySet(), session.state("momentum").keySet());
      }
      assertArrayEquals(
          test.values().get("fc.weight"), session.read(MODEL, "fc.weight").toDoubles());
    }
  }

  private static void assertTensor(
      double[] expected, Tensor actual, double tolerance, String path) {
    double error = CaseRunner.distance(expected, actual.toDoubles()) / CaseRunner.norm(expected);
    assertTrue(error <= tolerance, () -> path + " is off by " + error);
  }

  @Test
  void slotsCanBeWrittenBeforeTheFirstUpdate() {
    Case test = NetworkCases.residual(Activation.SILU, 2);
    try (Session session = backend().open()) {
      Executable executable = session.prepare(Planner.plan(test.program(precision())));
      CaseRunner.fill(session, executable, test.values());
      Tensor slot = Tensor.ofFloats(io.resnet4j.tensor.Shape.of(5), 1, 2, 3, 4, 5);
      session.write("momentum", "fc.bias", slot);
      executable.run(0, 0);
      double[] gradient = session.readGradient(MODEL, "fc.bias").toDoubles();
      session.update(
          MODEL,
          List.of(new UpdateRule.Group(new UpdateRule.Sgd(0.5, false), Set.of("fc.bias"), 1, 0)),
          0);
      double[] moved = session.read(MODEL, "fc.bias").toDoubles();
      for (int i = 0; i < 5; i++) {
        double expected = test.values().get("fc.bias")[i] - gradient[i] - 0.5 * (i + 1);
        assertEquals(expected, moved[i], 1e-6);
      }
    }
  }

  @Test
  void blendsNamespacesAndGradients() {
    Case test = NetworkCases.residual(Activation.SILU, 2);
    List<String> paths = List.of("stem.conv.weight", "fc.bias");
    try (Session session = backend().open()) {
      Executable executable = session.prepare(Planner.plan(test.program(precision())));
      CaseRunner.fill(session, executable, test.values());
      executable.run(2, 0);
      double sum = 0;
      for (String path : paths) {
        for (double g : session.readGradient(MODEL, path).toDoubles()) {
          sum += g * g;
        }
      }
      assertEquals(Math.sqrt(sum), session.gradientNorm(MODEL, paths), 1e-6 * Math.sqrt(sum));
      double[] gradient = session.readGradient(MODEL, "fc.bias").toDoubles();
      session.blend(Session.ACCUMULATED, 0, Session.GRADIENT, 0.25, paths);
      session.blend(Session.ACCUMULATED, 1, Session.GRADIENT, 0.5, paths);
      session.blend(Session.GRADIENT, 0, Session.ACCUMULATED, 1, paths);
      session.blend(Session.GRADIENT, 2, Session.GRADIENT, 0, paths);
      assertArrayEquals(
          Arrays.stream(gradient).map(g -> 1.5 * g).toArray(),
          session.readGradient(MODEL, "fc.bias").toDoubles(),
          1e-6);
      session.blend("none", 0, MODEL, Double.NaN, paths);
      session.blend("none", 0, "none", 0, paths);
      assertArrayEquals(new double[5], session.read("none", "fc.bias").toDoubles());
      session.blend("ema", 0, MODEL, 1, paths);
      session.blend("ema", 0.75, MODEL, -0.25, paths);
      for (String path : paths) {
        double[] half = Arrays.stream(test.values().get(path)).map(w -> w / 2).toArray();
        assertArrayEquals(half, session.read("ema", path).toDoubles(), 1e-6, path);
      }
      assertEquals(Set.copyOf(paths), session.state("ema").keySet());
      assertArrayEquals(test.values().get("fc.bias"), session.read(MODEL, "fc.bias").toDoubles());
    }
  }

  @Test
  void aParameterMovesByOneRuleOnly() {
    Case test = NetworkCases.residual(Activation.SILU, 2);
    try (Session session = backend().open()) {
      Executable executable = session.prepare(Planner.plan(test.program(precision())));
      CaseRunner.fill(session, executable, test.values());
      executable.run(2, 0);
      UpdateRule.Group group =
          new UpdateRule.Group(new UpdateRule.Sgd(0, false), Set.of("fc.bias"), 1, 0);
      String message =
          assertThrows(
                  InvalidInputException.class,
                  () -> session.update(MODEL, List.of(group, group), 0))
              .getMessage();
      assertTrue(message.contains("fc.bias: is in two groups"), message);
    }
  }

  @Test
  void gradientsReplaceThoseOfTheRunBefore() {
    Case test = NetworkCases.residual(Activation.SILU, 2);
    try (Session session = backend().open()) {
      Executable executable = session.prepare(Planner.plan(test.program(precision())));
      CaseRunner.fill(session, executable, test.values());
      executable.run(3, 0);
      double[] first = session.readGradient(MODEL, "stem.conv.weight").toDoubles();
      executable.run(3, 0);
      assertArrayEquals(first, session.readGradient(MODEL, "stem.conv.weight").toDoubles());
    }
  }

  @Test
  void differentiatesBySomeParametersOnly() {
    Case test = NetworkCases.frozen(Activation.SILU, 2);
    List<Value> some =
        test.graph().parameters().stream().filter(p -> p.name().startsWith("fc.")).toList();
    Map<String, double[]> all = CaseRunner.run(backend(), test, test.program(precision()));
    Map<String, double[]> few = CaseRunner.run(backend(), test, test.program(precision()).by(some));
    assertEquals(2, few.keySet().stream().filter(name -> name.startsWith("d ")).count());
    for (Value value : some) {
      assertArrayEquals(all.get("d " + value.name()), few.get("d " + value.name()), 1e-6);
    }
  }

  @Test
  void theSameSeedGivesTheSameBits() {
    for (Precision each : backend().precisions()) {
      if (each == Precision.INT8) {
        continue; // only predicts
      }
      Map<String, double[]> first = train(each, 9);
      Map<String, double[]> second = train(each, 9);
      first.forEach((path, values) -> assertArrayEquals(values, second.get(path), path));
      assertFalse(
          Arrays.equals(first.get("fc.weight"), train(each, 10).get("fc.weight")),
          "the seed changes nothing");
    }
  }

  private Map<String, double[]> train(Precision precision, long seed) {
    Case test = NetworkCases.residual(Activation.RELU, 3);
    try (Session session = backend().open()) {
      Executable executable = session.prepare(Planner.plan(test.program(precision)));
      CaseRunner.fill(session, executable, test.values());
      for (int step = 0; step < 3; step++) {
        executable.run(seed, step);
        update(session, test.graph());
      }
      Map<String, double[]> end = new HashMap<>();
      session.state(MODEL).keySet().forEach(p -> end.put(p, session.read(MODEL, p).toDoubles()));
      end.put("loss", executable.fetch(Case.Y).toDoubles());
      return end;
    }
  }

  @Test
  void trainingLowersTheLoss() {
    Case test = NetworkCases.residual(Activation.RELU, 3);
    try (Session session = backend().open()) {
      Executable executable = session.prepare(Planner.plan(test.program(precision())));
      CaseRunner.fill(session, executable, test.values());
      executable.run(1, 0);
      double before = executable.scalar(Case.Y);
      assertEquals(before, executable.fetch(Case.Y).get(0));
      for (int step = 1; step <= 30; step++) {
        update(session, test.graph());
        executable.run(1, 0);
      }
      assertTrue(
          executable.scalar(Case.Y) < before - 0.1, before + " and " + executable.scalar(Case.Y));
    }
  }

  @Test
  void dropoutDrawsAnewEachStepWithItsProbability() {
    double probability = 0.3;
    int count = 2 * 5 * 41 * 43;
    Case test =
        Case.training(
            "rates", g -> g.dropout("drop", OperationCases.x(g, 2, 5, 41, 43), probability));
    double[] ones = new double[count];
    Arrays.fill(ones, 1);
    List<double[]> draws = new ArrayList<>();
    try (Session session = backend().open()) {
      Executable executable = session.prepare(Planner.plan(test.program(precision())));
      CaseRunner.fill(session, executable, test.with("x", ones).values());
      for (long[] key : new long[][] {{1, 0}, {1, 1}, {2, 0}, {1, 0}}) {
        executable.run(key[0], key[1]);
        draws.add(executable.fetch(Case.Y).toDoubles());
      }
    }
    for (double[] draw : draws) {
      double zeros = Arrays.stream(draw).filter(v -> v == 0).count();
      assertEquals(probability, zeros / count, 0.015);
      Arrays.stream(draw).filter(v -> v != 0).forEach(v -> assertEquals(1 / 0.7, v, 1e-6));
    }
    assertArrayEquals(draws.get(0), draws.get(3));
    // Independent draws agree in sign with probability p^2 + (1 - p)^2.
    assertEquals(0.58, agreement(draws.get(0), draws.get(1)), 0.015);
    assertEquals(0.58, agreement(draws.get(0), draws.get(2)), 0.015);
  }

  private static double agreement(double[] a, double[] b) {
    int same = 0;
    for (int i = 0; i < a.length; i++) {
      same += (a[i] == 0) == (b[i] == 0) ? 1 : 0;
    }
    return (double) same / a.length;
  }
}
