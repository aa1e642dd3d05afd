package io.resnet4j.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Value;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/** The oracle itself, in F64, against definitions and finite differences. */
class ReferenceBackendTest extends BackendContract {
  @Override
  Backend backend() {
    return Backends.named("reference");
  }

  @Override
  Precision precision() {
    return Precision.F64;
  }

  @Override
  double forwardTolerance() {
    return 1e-12;
  }

  @Override
  double backwardTolerance() {
    return 1e-7;
  }

  @Override
  double networkTolerance() {
    // Some gradients are a thousandth of the loss, whose rounding the differences see.
    return 1e-6;
  }

  @Override
  Map<String, double[]> expected(Case test) {
    return Naive.run(test);
  }

  @TestFactory
  Stream<DynamicTest> singlePrecision() {
    return Stream.concat(OperationCases.all().stream(), FusedCases.all().stream())
        .map(
            test ->
                DynamicTest.dynamicTest(
                    test.name(),
                    () ->
                        CaseRunner.assertClose(
                            test.name(),
                            oracle(test),
                            CaseRunner.run(backend(), test, test.program(Precision.F32)),
                            1e-6,
                            1e-5)));
  }

  @TestFactory
  Stream<DynamicTest> gradientsOfNetworksAreTheirDifferences() {
    return Stream.of(
            NetworkCases.residual(Activation.RELU, 1), NetworkCases.frozen(Activation.RELU, 2))
        .map(test -> DynamicTest.dynamicTest(test.name(), () -> checkDifferences(test)));
  }

  private void checkDifferences(Case test) {
    Map<String, double[]> all = CaseRunner.run(backend(), test, test.program(Precision.F64));
    Map<String, double[]> gradients = new LinkedHashMap<>(all);
    gradients.keySet().removeIf(name -> !name.startsWith("d "));
    CaseRunner.assertClose(test.name(), GradientCheck.numeric(test, backend()), gradients, 0, 1e-7);
  }

  @Test
  void roundsToBfloat16ToNearestEven() {
    double[][] pairs = {
      {1, 1},
      {1.00390625, 1},
      {1.01171875, 1.015625},
      {1.0039064, 1.0078125},
      {-3.1415927, -3.140625}
    };
    for (double[] pair : pairs) {
      Case test =
          Case.inference(
                  "rounding",
                  g ->
                      g.relu(
                          "y",
                          g.add("a", g.input("x", Shape.of(1, 1)), g.input("z", Shape.of(1, 1)))))
              .with("x", Math.abs(pair[0]))
              .with("z", 0);
      double[] y = CaseRunner.run(backend(), test, test.program(Precision.BF16)).get(Case.Y);
      assertEquals(Math.abs(pair[1]), y[0]);
    }
  }

  @Test
  void saysWhatIsMissing() {
    Case test = NetworkCases.residual(Activation.SILU, 2);
    try (Session session = backend().open()) {
      var executable = session.prepare(Planner.plan(test.program(Precision.F64)));
      assertRefuses(() -> executable.run(0, 0), "'targets'", "'x'");
      assertRefuses(() -> executable.fetch(Case.Y), "not run");
      assertRefuses(() -> UpdateContract.update(session, test.graph()), "no gradient");
      assertRefuses(() -> session.prepare(Planner.plan(test.program(Precision.F32))), "F64", "F32");
      CaseRunner.fill(session, executable, test.values());
      executable.run(0, 0);
      Value hidden = test.graph().find("stem.conv").orElseThrow().output();
      String message =
          assertThrows(InvalidInputException.class, () -> executable.fetch(hidden)).getMessage();
      assertTrue(message.contains("stem.conv") && message.contains("observe"), message);
    }
  }

  private static void assertRefuses(Executable action, String... oneOf) {
    String message = assertThrows(IllegalStateException.class, action).getMessage();
    assertTrue(Stream.of(oneOf).anyMatch(message::contains), message);
  }
}
