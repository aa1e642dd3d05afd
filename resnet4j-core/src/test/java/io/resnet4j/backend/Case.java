package io.resnet4j.backend;

import io.resnet4j.graph.Graph;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.plan.MemoryMode;
import io.resnet4j.plan.Mode;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A small graph with numbers for everything that it reads. The graph's output {@code y} is what is
 * differentiated, weighted by a seed unless it is a loss, by every parameter and every input but
 * {@code targets}.
 *
 * @param values of inputs, parameters, buffers and the seed by path; all exact in single precision
 * @param fused what the plan must contain to show that it fused
 */
record Case(
    String name,
    Graph graph,
    Mode mode,
    boolean differentiated,
    Map<String, double[]> values,
    Optional<Predicate<Op>> fused) {
  /** The output that is differentiated. */
  static final String Y = "y";

  private static final String SEED = io.resnet4j.autodiff.Gradients.SEED;

  /** With batch statistics and dropout, forward and backward. */
  static Case training(String name, Function<GraphBuilder, Value> body) {
    GraphBuilder builder = new GraphBuilder();
    builder.output(Y, body.apply(builder));
    Graph graph = builder.build();
    Map<String, double[]> values = new HashMap<>();
    for (Node node : graph.nodes()) {
      if (node.inputs().isEmpty()) {
        double[] drawn = draw(name, node.path(), node.output().shape());
        values.put(node.path(), node.op() instanceof Op.Parameter ? scale(drawn, node) : drawn);
      }
    }
    values.put(SEED, draw(name, SEED, graph.output(Y).shape()));
    return new Case(name, graph, Mode.TRAINING, true, values, Optional.empty());
  }

  /** With running statistics and no dropout, forward only. */
  static Case inference(String name, Function<GraphBuilder, Value> body) {
    Case training = training(name, body);
    return new Case(name, training.graph, Mode.INFERENCE, false, training.values, Optional.empty());
  }

  /** With running statistics and no dropout, forward and backward. */
  static Case frozen(String name, Function<GraphBuilder, Value> body) {
    Case training = training(name, body);
    return new Case(name, training.graph, Mode.INFERENCE, true, training.values, Optional.empty());
  }

  /** The same, which the planner must fuse into an operation like this. */
  Case fusing(Predicate<Op> form) {
    return new Case(name, graph, mode, differentiated, values, Optional.of(form));
  }

  /** The same with other values for {@code path}. */
  Case with(String path, double... replacement) {
    Map<String, double[]> replaced = new HashMap<>(values);
    replaced.put(path, replacement);
    return new Case(name, graph, mode, differentiated, replaced, fused);
  }

  /** The same with input x all negative, a sixteenth apart and in random order. */
  Case withoutTies() {
    int[] order = KeyedRandom.of(3, name).permutation(values.get("x").length);
    return with("x", java.util.Arrays.stream(order).mapToDouble(i -> -(i + 1) / 16.0).toArray());
  }

  Value y() {
    return graph.output(Y);
  }

  boolean isLoss() {
    return graph.producer(y()).op() instanceof Op.SoftmaxCrossEntropy;
  }

  /** What y is differentiated by. */
  List<Value> by() {
    return graph.nodes().stream()
        .filter(node -> node.op() instanceof Op.Parameter || node.op() instanceof Op.Input)
        .map(Node::output)
        .filter(value -> !value.name().equals("targets"))
        .toList();
  }

  Program program(Precision precision) {
    return differentiated
        ? new Program(
            graph,
            mode,
            precision,
            Optional.of(y()),
            by(),
            Set.of(),
            Program.MODEL,
            MemoryMode.KEEP)
        : new Program(
            graph,
            mode,
            precision,
            Optional.empty(),
            List.of(),
            Set.of(),
            Program.MODEL,
            MemoryMode.KEEP);
  }

  /** Every value asked for, so that nothing can be fused away. */
  Program unfused(Precision precision) {
    return program(precision)
        .observing(
            graph.nodes().stream().map(Node::output).collect(java.util.stream.Collectors.toSet()));
  }

  private static double[] draw(String name, String path, Shape shape) {
    KeyedRandom random = KeyedRandom.of(20, name + ":" + path);
    double[] drawn = new double[(int) shape.elements()];
    for (int i = 0; i < drawn.length; i++) {
      double normal = random.normalAt(i);
      // Off zero, where ReLU has its kink.
      drawn[i] =
          path.endsWith("running_var") || path.equals("targets")
              ? 0.5 + random.uniformAt(i)
              : normal + Math.copySign(0.05, normal);
    }
    if (path.equals("targets")) {
      normaliseRows(drawn, shape.dim(1));
    }
    for (int i = 0; i < drawn.length; i++) {
      drawn[i] = (float) drawn[i];
    }
    return drawn;
  }

  /** Weights shrink with their fan-in, so that deep cases neither explode nor vanish. */
  private static double[] scale(double[] drawn, Node parameter) {
    Shape shape = parameter.output().shape();
    double fanIn = shape.rank() == 1 ? 1 : shape.elements() / (double) shape.dim(0);
    return java.util.Arrays.stream(drawn).map(v -> (float) (v / Math.sqrt(fanIn))).toArray();
  }

  private static void normaliseRows(double[] values, int columns) {
    for (int row = 0; row < values.length; row += columns) {
      double sum = 0;
      for (int i = row; i < row + columns; i++) {
        sum += values[i];
      }
      for (int i = row; i < row + columns; i++) {
        values[i] /= sum;
      }
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
