package io.resnet4j.golden;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.autodiff.Gradients;
import io.resnet4j.backend.Backends;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Fifty steps of every optimiser against PyTorch's float64, averages and clipping included. */
class OptimiserGoldenTest {
  private static final String MODEL = Program.MODEL;
  private static final Set<String> ALL = TrainingGolden.PARAMETERS.keySet();

  @TestFactory
  Stream<DynamicTest> referenceInF64() {
    return tests("reference", Precision.F64, 1e-9);
  }

  @TestFactory
  Stream<DynamicTest> referenceInF32() {
    return tests("reference", Precision.F32, 1e-5);
  }

  @TestFactory
  Stream<DynamicTest> oneDnnInF32() {
    return tests("onednn", Precision.F32, 1e-5);
  }

  private static Stream<DynamicTest> tests(String backend, Precision precision, double tolerance) {
    return TrainingGolden.optimisers().stream()
        .map(
            golden ->
                DynamicTest.dynamicTest(
                    golden.name(), () -> check(golden, backend, precision, tolerance)));
  }

  private static void check(
      TrainingGolden.Optimiser golden, String backend, Precision precision, double tolerance) {
    try (Session session = Backends.named(backend).open()) {
      Executable conv = convolution(session, precision);
      Executable fc = linear(session, precision);
      TrainingGolden.PARAMETERS.forEach(
          (path, shape) ->
              session.write(MODEL, path, Tensor.ofDoubles(shape, TrainingGolden.start(path))));
      session.blend("slow", 0, MODEL, 1, ALL);
      Map<String, double[]> expected = golden.expected();
      for (int t = 0; t < TrainingGolden.STEPS; t++) {
        run(conv, "conv", Shape.of(27, 5, 1, 1), t);
        run(fc, "fc", Shape.of(7, 4), t);
        if (golden.clip().isPresent()) {
          double most = golden.clip().get();
          double norm = session.gradientNorm(MODEL, ALL);
          session.blend(Session.GRADIENT, Math.min(1, most / (norm + 1e-6)), MODEL, 0, ALL);
        }
        session.update(MODEL, golden.groups(t), t);
        if (expected.containsKey("ema/fc.bias")) {
          session.blend("ema", t == 0 ? 0 : 0.9, MODEL, t == 0 ? 1 : 0.1, ALL);
          session.blend("swa", t / (t + 1.0), MODEL, 1 / (t + 1.0), ALL);
        }
        if (golden.name().equals("sgd-lookahead") && t % 5 == 4) {
          session.blend("slow", 0.5, MODEL, 0.5, ALL);
          session.blend(MODEL, 0, "slow", 1, ALL);
        }
      }
      expected.forEach(
          (key, wanted) -> {
            int slash = key.indexOf('/');
            String namespace = slash < 0 ? MODEL : key.substring(0, slash);
            double[] actual = session.read(namespace, key.substring(slash + 1)).toDoubles();
            double error = error(wanted, actual);
            assertTrue(error <= tolerance, () -> key + " is off by " + error);
          });
    }
  }

  private static double error(double[] wanted, double[] actual) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < wanted.length; i++) {
      difference += (actual[i] - wanted[i]) * (actual[i] - wanted[i]);
      norm += wanted[i] * wanted[i];
    }
    return Math.sqrt(difference / norm);
  }

  private static void run(Executable executable, String layer, Shape shape, int t) {
    executable.feed(
        Gradients.SEED, Tensor.ofDoubles(shape, TrainingGolden.outputGradient(layer, t)));
    executable.run(0, t);
  }

  /** Over unit pictures, so that the weight's gradient is what is fed. */
  private static Executable convolution(Session session, Precision precision) {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input("x", Shape.of(27, 3, 3, 3));
    g.output("y", g.conv("conv", x, 5, Window.square(3, 1, 0), 1));
    return prepared(session, g, precision, 27);
  }

  private static Executable linear(Session session, Precision precision) {
    GraphBuilder g = new GraphBuilder();
    g.output("y", g.linear("fc", g.input("x", Shape.of(7, 7)), 4));
    return prepared(session, g, precision, 7);
  }

  private static Executable prepared(
      Session session, GraphBuilder builder, Precision precision, int rows) {
    var graph = builder.build();
    Executable executable = session.prepare(Planner.plan(Program.training(graph, "y", precision)));
    double[] identity = new double[rows * rows];
    for (int i = 0; i < rows; i++) {
      identity[i * rows + i] = 1;
    }
    executable.feed("x", Tensor.ofDoubles(graph.inputs().get(0).shape(), identity));
    return executable;
  }
}
