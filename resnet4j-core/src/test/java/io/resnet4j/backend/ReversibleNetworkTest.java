package io.resnet4j.backend;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.model.ResNetSpec;
import io.resnet4j.plan.Plan;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Reversible ResNet-110 against itself with every activation kept. */
class ReversibleNetworkTest {
  private static final int BATCH = 4;

  /** The same network with sums in place of couplings. */
  private static Graph stored(Graph graph) {
    List<Node> nodes =
        graph.nodes().stream()
            .map(
                node ->
                    node.op() instanceof Op.Couple
                        ? new Node(
                            node.path(),
                            new Op.Add(Activation.IDENTITY),
                            node.inputs().subList(0, 2),
                            node.outputs())
                        : node)
            .toList();
    return Graph.of(nodes, graph.outputs());
  }

  private static Map<String, double[]> gradients(
      ModelSpec spec, Graph graph, String backend, Precision precision) {
    Map<String, double[]> results = new HashMap<>();
    try (Session session = Backends.named(backend).open()) {
      Executable run =
          session.prepare(Planner.plan(Program.training(graph, ModelSpec.LOSS, precision)));
      spec.initialise(3).state().forEach((path, t) -> session.write(Program.MODEL, path, t));
      for (Value input : graph.inputs()) {
        KeyedRandom random = KeyedRandom.of(3, input.name());
        double[] values = new double[(int) input.shape().elements()];
        boolean targets = input.name().equals(ModelSpec.TARGETS);
        for (int i = 0; i < values.length; i++) {
          values[i] = targets ? (i % 11 == 0 ? 1 : 0) : random.normalAt(i);
        }
        run.feed(input.name(), Tensor.ofDoubles(input.shape(), values));
      }
      run.run(0, 0);
      for (Value parameter : graph.parameters()) {
        String path = parameter.name();
        results.put(path, session.readGradient(Program.MODEL, path).toDoubles());
      }
    }
    return results;
  }

  /** The worst distance of a gradient, relative to its norm or a millionth of all together. */
  private static double worst(Map<String, double[]> expected, Map<String, double[]> actual) {
    double all =
        Math.sqrt(
            expected.values().stream().mapToDouble(v -> Math.pow(CaseRunner.norm(v), 2)).sum());
    return expected.entrySet().stream()
        .mapToDouble(
            e ->
                CaseRunner.distance(e.getValue(), actual.get(e.getKey()))
                    / Math.max(CaseRunner.norm(e.getValue()), 1e-6 * all))
        .max()
        .orElseThrow();
  }

  private static double compare(ModelSpec spec, String backend, Precision precision) {
    Graph graph = spec.trainingGraph(BATCH, 0);
    assertTrue(graph.nodes().stream().anyMatch(node -> node.op() instanceof Op.Couple));
    return worst(
        gradients(spec, stored(graph), backend, precision),
        gradients(spec, graph, backend, precision));
  }

  private static long activationBytes(List<Integer> blocks, boolean reversible) {
    ModelSpec spec = Models.resnet("revnet110").withBlocks(blocks);
    Graph graph = spec.trainingGraph(32, 0);
    try (Session session = Backends.named("onednn").open()) {
      Plan plan =
          Planner.plan(
              Program.training(reversible ? graph : stored(graph), ModelSpec.LOSS, Precision.F32));
      session.prepare(plan);
      long state = 0;
      for (Value parameter : graph.parameters()) {
        // Master, gradient, and a packing of each convolution.
        state += 3 * 4 * parameter.shape().elements();
      }
      return session.bytes() - state;
    }
  }

  @Test
  void gradientsAreThoseOfStoredActivationsAndMemoryIsFlatInDepth() {
    ResNetSpec revnet = Models.resnet("revnet110");
    double f64 = compare(revnet.withInput(3, 16, 16), "reference", Precision.F64);
    double f32 =
        compare(
            revnet.withInput(3, 16, 16).withBlock(b -> b.activation(Activation.SILU)),
            "onednn",
            Precision.F32);
    double few = activationBytes(List.of(7, 7, 6), true) / 1048576.0;
    double many = activationBytes(List.of(37, 37, 36), true) / 1048576.0;
    double kept = activationBytes(List.of(37, 37, 36), false) / 1048576.0;
    System.out.printf(
        Locale.ROOT,
        "reversible: f64 %.3g f32 %.3g blocks20 %.1f MiB blocks110 %.1f MiB kept110 %.1f MiB%n",
        f64,
        f32,
        few,
        many,
        kept);
    assertTrue(f64 <= 1e-9, () -> "F64 gradients off by " + f64);
    assertTrue(f32 <= 1e-3, () -> "f32 gradients off by " + f32);
    assertTrue(many <= 1.1 * few, () -> few + " MiB for 20 blocks, " + many + " for 110");
    assertTrue(kept > 5 * few, () -> "keeping everything takes " + kept + " MiB");
  }
}
