package io.resnet4j.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.plan.MemoryMode;
import io.resnet4j.plan.Plan;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What is computed again, or rebuilt by undoing a coupling, is what would have been kept. */
class RecomputationTest {
  private static final String LOSS = "loss";

  /** Gradients and moved buffers after one step. */
  private static Map<String, double[]> step(
      String backend, Graph graph, Precision precision, MemoryMode memory) {
    Plan plan = Planner.plan(Program.training(graph, LOSS, precision).keeping(memory));
    Map<String, double[]> results = new TreeMap<>();
    try (Session session = Backends.named(backend).open()) {
      Executable run = session.prepare(plan);
      for (Value parameter : graph.parameters()) {
        session.write(Program.MODEL, parameter.name(), drawn(parameter, 0.3, 0));
      }
      for (Value buffer : graph.buffers()) {
        session.write(Program.MODEL, buffer.name(), drawn(buffer, 0.1, 1));
      }
      for (Value input : graph.inputs()) {
        boolean targets = input.name().equals("targets");
        run.feed(input.name(), drawn(input, targets ? 0 : 1, targets ? 0.1 : 0));
      }
      run.run(7, 3);
      for (Value parameter : graph.parameters()) {
        results.put(
            "d " + parameter.name(),
            session.readGradient(Program.MODEL, parameter.name()).toDoubles());
      }
      for (Value buffer : graph.buffers()) {
        results.put(buffer.name(), session.read(Program.MODEL, buffer.name()).toDoubles());
      }
    }
    return results;
  }

  private static Tensor drawn(Value value, double spread, double centre) {
    KeyedRandom random = KeyedRandom.of(5, value.name());
    double[] values = new double[(int) value.shape().elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = centre + spread * (2 * random.uniformAt(i) - 1);
    }
    return Tensor.ofDoubles(value.shape(), values);
  }

  private static double worst(Map<String, double[]> expected, Map<String, double[]> actual) {
    assertEquals(expected.keySet(), actual.keySet());
    double all = 0;
    double apart = 0;
    for (Map.Entry<String, double[]> entry : expected.entrySet()) {
      all += Math.pow(CaseRunner.norm(entry.getValue()), 2);
      apart += Math.pow(CaseRunner.distance(entry.getValue(), actual.get(entry.getKey())), 2);
    }
    return Math.sqrt(apart / all);
  }

  private static Graph network(ModelSpec spec, int size) {
    return spec.withClasses(10).withInput(3, size, size).trainingGraph(4, 0);
  }

  private static void assertSame(Graph graph) {
    Map<String, double[]> kept = step("reference", graph, Precision.F64, MemoryMode.KEEP);
    Map<String, double[]> lean = step("reference", graph, Precision.F64, MemoryMode.LEAN);
    assertTrue(worst(kept, lean) < 1e-12, () -> "off by " + worst(kept, lean));
    Map<String, double[]> native32 = step("onednn", graph, Precision.F32, MemoryMode.KEEP);
    Map<String, double[]> lean32 = step("onednn", graph, Precision.F32, MemoryMode.LEAN);
    assertTrue(worst(native32, lean32) < 1e-4, () -> "off by " + worst(native32, lean32));
  }

  @Test
  void leanPlansGiveTheGradientsOfPlansThatKeepEverything() {
    assertSame(network(Models.named("resnet20"), 16));
    assertSame(network(Models.named("plain20"), 16));
    assertSame(network(Models.named("densenet-bc-100-12"), 16));
    assertSame(
        network(Models.resnet("resnet50").withBlock(b -> b.activation(Activation.SILU)), 33));
  }

  @Test
  void masksAreDrawnOnce() {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input("images", Shape.of(4, 3, 8, 8));
    for (int i = 0; i < 4; i++) {
      x = g.conv("conv" + i, x, 8, Window.square(3, 1, 1), 1);
      x = g.dropout("drop" + i, g.relu("relu" + i, g.batchNorm("bn" + i, x)), 0.4);
    }
    Value logits = g.linear("fc", g.flatten("flat", g.globalAveragePool("gap", x)), 10);
    Value targets = g.input("targets", Shape.of(4, 10));
    g.output(LOSS, g.softmaxCrossEntropy(LOSS, logits, targets, 0));
    assertSame(g.build());
  }

  @Test
  void networksOfAThousandLayersCanBePlanned() {
    Graph graph = Models.named("preresnet1001").trainingGraph(2, 0);
    Program program = Program.training(graph, LOSS, Precision.F32);
    Plan kept = Planner.plan(program);
    Plan lean = Planner.plan(program.keeping(MemoryMode.LEAN));
    assertTrue(lean.graph().nodes().size() > kept.graph().nodes().size());
  }

  // ---- couplings ----

  private static Value branch(GraphBuilder g, String path, Value x) {
    int channels = x.shape().dim(1);
    Value y = g.activate(path + ".act", g.batchNorm(path + ".bn", x), Activation.SILU);
    return g.conv(path + ".conv", y, channels, Window.square(3, 1, 1), 1);
  }

  private static Graph reversible(int blocks, boolean coupled) {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input("images", Shape.of(4, 3, 8, 8));
    x = g.conv("conv", x, 16, Window.square(3, 1, 1), 1);
    Value left = g.slice("left", x, 0, 8);
    Value right = g.slice("right", x, 8, 16);
    for (int i = 0; i < blocks; i++) {
      String path = "block" + i;
      left = sum(g, path + ".f", left, right, coupled);
      right = sum(g, path + ".g", right, left, coupled);
    }
    Value both = g.concat("both", List.of(left, right));
    Value logits = g.linear("fc", g.flatten("flat", g.globalAveragePool("gap", both)), 10);
    Value targets = g.input("targets", Shape.of(4, 10));
    g.output(LOSS, g.softmaxCrossEntropy(LOSS, logits, targets, 0));
    return g.build();
  }

  private static Value sum(
      GraphBuilder g, String path, Value carried, Value read, boolean coupled) {
    Value branch = branch(g, path, read);
    return coupled
        ? g.couple(path + ".sum", branch, carried, read)
        : g.add(path + ".sum", branch, carried);
  }

  @Test
  void couplingsGiveTheGradientsOfSums() {
    Map<String, double[]> sums =
        step("reference", reversible(6, false), Precision.F64, MemoryMode.KEEP);
    Map<String, double[]> couplings =
        step("reference", reversible(6, true), Precision.F64, MemoryMode.KEEP);
    assertTrue(worst(sums, couplings) < 1e-9, () -> "off by " + worst(sums, couplings));
  }

  @Test
  void couplingsNeedNoMoreMemoryWhenDeeper() {
    assertEquals(alive(reversible(4, true)), alive(reversible(40, true)), 1e-9);
    assertTrue(alive(reversible(40, false)) > 5 * alive(reversible(4, false)));
  }

  /** The most elements that pictures have at once. */
  private static double alive(Graph graph) {
    Plan plan = Planner.plan(Program.training(graph, LOSS, Precision.F32));
    int steps = plan.graph().nodes().size();
    double[] change = new double[steps + 2];
    plan.lifetimes()
        .forEach(
            (value, lifetime) -> {
              if (value.shape().rank() == 4 && value.shape().dim(0) == 4) {
                change[lifetime.first()] += value.shape().elements();
                change[lifetime.last() + 1] -= value.shape().elements();
              }
            });
    double now = 0;
    double most = 0;
    for (double each : change) {
      now += each;
      most = Math.max(most, now);
    }
    return most;
  }

  @Test
  void aBranchThatReadsSomethingElseIsRefused() {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input("images", Shape.of(4, 8, 8, 8));
    Value left = g.conv("left", x, 8, Window.square(3, 1, 1), 1);
    Value right = g.conv("right", x, 8, Window.square(3, 1, 1), 1);
    Value branch = g.add("branch", right, g.relu("other", left));
    Value y = g.couple("sum", branch, left, right);
    Value logits = g.linear("fc", g.flatten("flat", g.globalAveragePool("gap", y)), 10);
    Value targets = g.input("targets", Shape.of(4, 10));
    g.output(LOSS, g.softmaxCrossEntropy(LOSS, logits, targets, 0));
    Graph graph = g.build();
    InvalidInputException refused =
        assertThrows(
            InvalidInputException.class,
            () -> Planner.plan(Program.training(graph, LOSS, Precision.F32)));
    assertTrue(refused.getMessage().startsWith("sum: its branch depends on"), refused::getMessage);
  }
}
