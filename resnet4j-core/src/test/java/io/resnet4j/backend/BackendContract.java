package io.resnet4j.backend;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.plan.MemoryMode;
import io.resnet4j.plan.Plan;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What every backend must do: each operation, each fused form and small whole networks, forward and
 * backward, on inputs kept off ties and off the kink of ReLU; and all that {@link SessionContract}
 * asks. A backend's test is a subclass of a few lines.
 */
abstract class BackendContract extends SessionContract {
  /** Largest error of a forward result, relative to its norm. */
  double forwardTolerance() {
    return 1e-5;
  }

  /** Largest error of a gradient, relative to its norm. */
  double backwardTolerance() {
    return 1e-5;
  }

  /** Largest error of a gradient of a whole small network. */
  double networkTolerance() {
    return 2e-4;
  }

  /** What a case should give; of the reference backend in F64, nothing fused. */
  Map<String, double[]> expected(Case test) {
    return oracle(test);
  }

  static Map<String, double[]> oracle(Case test) {
    return CaseRunner.run(Backends.named("reference"), test, test.unfused(Precision.F64));
  }

  @TestFactory
  Stream<DynamicTest> operations() {
    return OperationCases.all().stream().map(test -> dynamic(test, () -> check(test)));
  }

  @TestFactory
  Stream<DynamicTest> fusedForms() {
    return FusedCases.all().stream().map(test -> dynamic(test, () -> check(test)));
  }

  /** Rounding must not turn a ReLU, so none of its inputs may lie near zero. */
  @TestFactory
  Stream<DynamicTest> casesKeepOffTheKink() {
    return FusedCases.all().stream()
        .filter(test -> !reluInputs(test).isEmpty())
        .map(test -> dynamic(test, () -> checkOffTheKink(test)));
  }

  @TestFactory
  Stream<DynamicTest> bfloat16() {
    assumeTrue(backend().precisions().contains(Precision.BF16), "no bf16 here");
    return Stream.concat(OperationCases.all().stream(), FusedCases.all().stream())
        .map(test -> dynamic(test, () -> checkBfloat16(test)));
  }

  @TestFactory
  Stream<DynamicTest> networks() {
    return Stream.of(
            NetworkCases.residual(Activation.SILU, 3),
            NetworkCases.residual(Activation.TANH, 2),
            NetworkCases.frozen(Activation.SILU, 2),
            NetworkCases.frozen(Activation.SILU, 1),
            NetworkCases.flattened(3))
        .map(test -> dynamic(test, () -> checkNetwork(test)));
  }

  @Test
  void observingAValueChangesNothingElse() {
    Case test = NetworkCases.residual(Activation.RELU, 2);
    Map<String, double[]> alone = CaseRunner.run(backend(), test, test.program(precision()));
    Map<String, double[]> observed = CaseRunner.run(backend(), test, test.unfused(precision()));
    CaseRunner.assertClose("observed", alone, observed, forwardTolerance(), networkTolerance());
  }

  private static DynamicTest dynamic(Case test, Runnable check) {
    return DynamicTest.dynamicTest(test.name(), check::run);
  }

  private void check(Case test) {
    Program program = test.program(precision());
    test.fused().ifPresent(form -> assertFused(test, Planner.plan(program), form));
    CaseRunner.assertClose(
        test.name(),
        expected(test),
        CaseRunner.run(backend(), test, program),
        forwardTolerance(),
        backwardTolerance());
  }

  private static void assertFused(Case test, Plan plan, java.util.function.Predicate<Op> form) {
    assertTrue(
        plan.graph().nodes().stream().map(Node::op).anyMatch(form),
        () -> test.name() + " was not fused:\n" + plan.graph());
  }

  private void checkNetwork(Case test) {
    CaseRunner.assertClose(
        test.name(),
        expected(test),
        CaseRunner.run(backend(), test, test.program(precision())),
        forwardTolerance(),
        networkTolerance());
  }

  /** A few roundings of 2^-9 each, and elements whose sign they turn. */
  private void checkBfloat16(Case test) {
    CaseRunner.assertClose(
        test.name(),
        oracle(test),
        CaseRunner.run(backend(), test, test.program(Precision.BF16)),
        2e-2,
        4e-2);
  }

  private static Set<Value> reluInputs(Case test) {
    Set<Value> inputs = new HashSet<>();
    for (Node node : test.graph().nodes()) {
      if (node.op() instanceof Op.Activate activate && activate.activation() == Activation.RELU) {
        inputs.add(node.input(0));
      }
    }
    return inputs;
  }

  private static void checkOffTheKink(Case test) {
    Plan plan =
        Planner.plan(
            new Program(
                test.graph(),
                test.mode(),
                Precision.F64,
                java.util.Optional.empty(),
                List.of(),
                reluInputs(test),
                Program.MODEL,
                MemoryMode.KEEP));
    try (Session session = Backends.named("reference").open()) {
      Executable executable = session.prepare(plan);
      CaseRunner.fill(session, executable, test.values());
      executable.run(CaseRunner.SEED, CaseRunner.STEP);
      for (Value input : reluInputs(test)) {
        for (double value : executable.fetch(input).toDoubles()) {
          assertTrue(Math.abs(value) > 1e-4, () -> input + " holds " + value + "; change the seed");
        }
      }
    }
  }
}
