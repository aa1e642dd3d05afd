package io.resnet4j.golden;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.autodiff.Gradients;
import io.resnet4j.backend.Backend;
import io.resnet4j.backend.Backends;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.plan.MemoryMode;
import io.resnet4j.plan.Mode;
import io.resnet4j.plan.Plan;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Single operations against PyTorch's float64, forward and backward. */
class OpParityTest {
  private static final Set<String> TRAINED = Set.of("weight", "bias", "scale", "shift");

  @TestFactory
  Stream<DynamicTest> referenceInF64() {
    return tests("reference", Precision.F64, 1e-12);
  }

  @TestFactory
  Stream<DynamicTest> oneDnnInF32() {
    return tests("onednn", Precision.F32, 1e-5);
  }

  private static Stream<DynamicTest> tests(String name, Precision precision, double tolerance) {
    Backend backend = Backends.named(name);
    return OpGolden.load().values().stream()
        .map(
            golden ->
                DynamicTest.dynamicTest(
                    golden.name(), () -> check(golden, backend, precision, tolerance)));
  }

  private static void check(
      OpGolden golden, Backend backend, Precision precision, double tolerance) {
    Graph graph = graph(golden);
    List<Value> by = new ArrayList<>();
    for (String result : golden.expected().keySet()) {
      if (result.startsWith("d")) {
        by.add(graph.find(result.substring(1)).orElseThrow().output());
      }
    }
    Optional<Value> loss = by.isEmpty() ? Optional.empty() : Optional.of(graph.output("y"));
    Plan plan =
        Planner.plan(
            new Program(
                graph,
                Mode.TRAINING,
                precision,
                loss,
                by,
                Set.of(),
                Program.MODEL,
                MemoryMode.KEEP));
    try (Session session = backend.open()) {
      Executable executable = session.prepare(plan);
      fill(golden, session, executable);
      executable.run(0, 0);
      for (String result : golden.expected().keySet()) {
        double error = golden.error(result, result(session, executable, result));
        assertTrue(error <= tolerance, () -> golden + ": " + result + " is off by " + error);
      }
    }
  }

  private static Graph graph(OpGolden golden) {
    GraphBuilder builder = new GraphBuilder();
    List<Value> inputs = new ArrayList<>();
    golden
        .inputs()
        .forEach(
            (name, input) -> {
              if (name.startsWith("running_")) {
                inputs.add(builder.buffer(name, input.shape().toArray()));
              } else if (TRAINED.contains(name)) {
                inputs.add(builder.parameter(name, input.shape().toArray()));
              } else if (!name.equals("dy")) {
                inputs.add(builder.input(name, input.shape()));
              }
            });
    builder.output("y", emit(builder, golden, inputs));
    return builder.build();
  }

  /**
   * A batch norm's non-linearity is written apart: whether to join them is the planner's choice.
   */
  private static Value emit(GraphBuilder builder, OpGolden golden, List<Value> inputs) {
    if (golden.op() instanceof Op.BatchNorm norm) {
      Op plain =
          new Op.BatchNorm(norm.epsilon(), norm.momentum(), norm.statistics(), Activation.IDENTITY);
      Value y = builder.emit(golden.name(), plain, inputs).output();
      return norm.activation() == Activation.IDENTITY
          ? y
          : builder.activate("activation", y, norm.activation());
    }
    return golden.write(builder, inputs);
  }

  private static void fill(OpGolden golden, Session session, Executable executable) {
    Map<String, OpGolden.Value> inputs = golden.inputs();
    for (Value input : executable.plan().graph().inputs()) {
      OpGolden.Value given = inputs.get(input.name().equals(Gradients.SEED) ? "dy" : input.name());
      executable.feed(input.name(), Tensor.ofDoubles(given.shape(), given.values()));
    }
    for (String path : session.state(Program.MODEL).keySet()) {
      OpGolden.Value given = inputs.get(path);
      session.write(Program.MODEL, path, Tensor.ofDoubles(given.shape(), given.values()));
    }
  }

  private static double[] result(Session session, Executable executable, String result) {
    if (result.equals("y")) {
      return executable.fetch("y").toDoubles();
    }
    if (result.startsWith("running_")) {
      return session.read(Program.MODEL, result).toDoubles();
    }
    String by = result.substring(1);
    Tensor gradient =
        TRAINED.contains(by)
            ? session.readGradient(Program.MODEL, by)
            : executable.fetch(executable.plan().gradients().get(by));
    return gradient.toDoubles();
  }
}
