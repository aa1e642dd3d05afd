package io.resnet4j.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.plan.Mode;
import io.resnet4j.plan.Plan;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Program;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** Runs a case on a backend and compares what came out. */
final class CaseRunner {
  static final long SEED = 11;
  static final long STEP = 4;

  private CaseRunner() {}

  /**
   * Everything that a run makes: {@code y}, the gradients as {@code d path} and, in training, the
   * moved buffers.
   */
  static Map<String, double[]> run(Backend backend, Case test, Program program) {
    Plan plan = Planner.plan(program);
    try (Session session = backend.open()) {
      Executable executable = session.prepare(plan);
      fill(session, executable, test.values());
      executable.run(SEED, STEP);
      Map<String, double[]> results = new LinkedHashMap<>();
      test.graph().outputs().keySet().forEach(n -> results.put(n, executable.fetch(n).toDoubles()));
      plan.gradients()
          .forEach((n, gradient) -> results.put("d " + n, gradient(session, executable, n)));
      if (test.mode() == Mode.TRAINING) {
        for (Value buffer : plan.graph().buffers()) {
          String path = buffer.name();
          results.put(path, session.read(Program.MODEL, path).toDoubles());
        }
      }
      return results;
    }
  }

  /** Writes the state and feeds the inputs of a plan. */
  static void fill(Session session, Executable executable, Map<String, double[]> values) {
    for (Node node : executable.plan().graph().nodes()) {
      if (node.inputs().isEmpty()) {
        Tensor tensor = tensor(node.output().shape(), values.get(node.path()));
        if (node.op() instanceof Op.Input) {
          executable.feed(node.path(), tensor);
        } else {
          session.write(executable.plan().namespace(), node.path(), tensor);
        }
      }
    }
  }

  static Tensor tensor(Shape shape, double[] values) {
    return Tensor.ofDoubles(shape, values);
  }

  /** The gradient by a parameter, from the session, or by another value, a result. */
  static double[] gradient(Session session, Executable executable, String name) {
    Plan plan = executable.plan();
    boolean parameter =
        plan.graph().find(name).filter(n -> n.op() instanceof Op.Parameter).isPresent();
    Tensor gradient =
        parameter
            ? session.readGradient(plan.namespace(), name)
            : executable.fetch(plan.gradients().get(name));
    return gradient.toDoubles();
  }

  /**
   * Asserts that every result is within {@code tolerance} of what is expected, relative to its
   * norm; gradients below a millionth of all gradients together use that as their floor.
   */
  static void assertClose(
      String what,
      Map<String, double[]> expected,
      Map<String, double[]> actual,
      double forward,
      double backward) {
    assertEquals(expected.keySet(), actual.keySet(), what);
    double all =
        Math.sqrt(
            expected.entrySet().stream()
                .filter(e -> e.getKey().startsWith("d "))
                .mapToDouble(e -> Math.pow(norm(e.getValue()), 2))
                .sum());
    expected.forEach(
        (name, values) -> {
          boolean gradient = name.startsWith("d ");
          double floor = gradient ? 1e-6 * all : 0;
          double error = distance(values, actual.get(name)) / Math.max(norm(values), floor);
          double tolerance = gradient ? backward : forward;
          assertTrue(
              error <= tolerance || distance(values, actual.get(name)) == 0,
              () ->
                  what
                      + ": "
                      + name
                      + " is off by "
                      + error
                      + " of its norm, allowed "
                      + tolerance);
        });
  }

  static double norm(double[] values) {
    return distance(values, new double[values.length]);
  }

  static double distance(double[] a, double[] b) {
    assertEquals(a.length, b.length);
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return Math.sqrt(sum);
  }
}
