package io.resnet4j.backend;

import io.resnet4j.graph.Value;
import io.resnet4j.plan.MemoryMode;
import io.resnet4j.plan.Plan;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** Central differences of fourth order, (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h, in double. */
final class GradientCheck {
  /** Below the distance that the cases keep from kinks; rounding leaves about 1e-11. */
  private static final double STEP = 2e-5;

  private GradientCheck() {}

  /**
   * Derivatives of {@code objective} by every element that {@code y} is differentiated by, keyed
   * {@code d path}.
   *
   * @param objective of all numbers that the case reads; called from several threads
   */
  static Map<String, double[]> numeric(
      Case test, ToDoubleFunction<Map<String, double[]>> objective) {
    Map<String, double[]> gradients = new LinkedHashMap<>();
    for (Value by : test.by()) {
      gradients.put(
          "d " + by.name(),
          IntStream.range(0, test.values().get(by.name()).length)
              .parallel()
              .mapToDouble(i -> derivative(test, objective, by.name(), i))
              .toArray());
    }
    return gradients;
  }

  private static double derivative(
      Case test, ToDoubleFunction<Map<String, double[]>> objective, String path, int i) {
    Map<String, double[]> values = new HashMap<>(test.values());
    double[] x = values.get(path).clone();
    values.put(path, x);
    double near = change(objective, values, x, i, STEP);
    double far = change(objective, values, x, i, 2 * STEP);
    return (8 * near - far) / (12 * STEP);
  }

  private static double change(
      ToDoubleFunction<Map<String, double[]>> objective,
      Map<String, double[]> values,
      double[] x,
      int i,
      double step) {
    double at = x[i];
    x[i] = at + step;
    double above = objective.applyAsDouble(values);
    x[i] = at - step;
    double below = objective.applyAsDouble(values);
    x[i] = at;
    return above - below;
  }

  /** The same through a backend's forward pass in F64, for graphs too large to write by hand. */
  static Map<String, double[]> numeric(Case test, Backend backend) {
    Program forward =
        new Program(
            test.graph(),
            test.mode(),
            Precision.F64,
            Optional.empty(),
            List.of(),
            Set.of(),
            Program.MODEL,
            MemoryMode.KEEP);
    Plan plan = Planner.plan(forward);
    try (Session session = backend.open()) {
      Executable executable = session.prepare(plan);
      return numeric(
          test,
          values -> {
            // One session is for one thread at a time.
            synchronized (session) {
              CaseRunner.fill(session, executable, values);
              executable.run(CaseRunner.SEED, CaseRunner.STEP);
              return objective(test, executable.fetch(Case.Y).toDoubles());
            }
          });
    }
  }

  /** The loss itself, or the inner product of y and the seed. */
  static double objective(Case test, double[] y) {
    if (test.isLoss()) {
      return y[0];
    }
    double[] seed = test.values().get(io.resnet4j.autodiff.Gradients.SEED);
    double sum = 0;
    for (int i = 0; i < y.length; i++) {
      sum += seed[i] * y[i];
    }
    return sum;
  }
}
