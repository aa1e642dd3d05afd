package io.resnet4j.golden;

import io.resnet4j.backend.Backend;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Value;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.model.ResNetSpec;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.plan.UpdateRule;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/**
 * Does on a backend what tools/reference/runs.py does with PyTorch, from the same weights, pictures
 * and labels, and hands over its results one by one under the names that {@link Golden} has.
 */
final class ParityRun {
  private static final int STEPS = 10;
  private static final UpdateRule RULE = new UpdateRule.Sgd(0.9, false);

  private final Golden golden;
  private final ResNetSpec spec;
  private final Backend backend;
  private final Precision precision;

  /**
   * A run of a network.
   *
   * @param name of the golden, such as {@code resnet20-silu}
   */
  ParityRun(String name, Backend backend, Precision precision) {
    this.golden = Golden.load(name);
    this.backend = backend;
    this.precision = precision;
    Shape input = golden.input();
    this.spec =
        Models.named(golden.network())
            .withClasses(golden.classes())
            .withInput(input.dim(1), input.dim(2), input.dim(3))
            .withActivation(name.endsWith("-silu") ? Activation.SILU : Activation.RELU);
  }

  Golden golden() {
    return golden;
  }

  private int batch() {
    return golden.input().dim(0);
  }

  private Map<String, double[]> start(boolean zeroLastScale) {
    Map<String, double[]> state = ReferenceWeights.state(golden.seed(), spec.stateShapes());
    if (zeroLastScale) {
      Map<String, Tensor> fresh = spec.withZeroLastScale(true).initialise(0).state();
      fresh.forEach(
          (path, tensor) -> {
            boolean scale = tensor.shape().rank() == 1 && path.endsWith(".weight");
            if (scale && Arrays.stream(tensor.toDoubles()).allMatch(v -> v == 0)) {
              state.put(path, tensor.toDoubles());
            }
          });
    }
    return state;
  }

  private void fill(Session session, Map<String, double[]> state) {
    Map<String, Shape> shapes = spec.stateShapes();
    state.forEach(
        (path, values) ->
            session.write(Program.MODEL, path, Tensor.ofDoubles(shapes.get(path), values)));
  }

  private void feedImages(Executable executable) {
    double[] images = ReferenceWeights.tensor(golden.seed(), "input", golden.input());
    executable.feed(ModelSpec.IMAGES, Tensor.ofDoubles(golden.input(), images));
  }

  private void feedTargets(Executable executable) {
    double[] targets = ReferenceWeights.targets(golden.seed(), batch(), golden.classes());
    Shape shape = Shape.of(batch(), golden.classes());
    executable.feed(ModelSpec.TARGETS, Tensor.ofDoubles(shape, targets));
  }

  /** {@code eval.logits}. */
  void inference(BiConsumer<String, double[]> result) {
    try (Session session = backend.open()) {
      Program program = Program.inference(spec.graph(batch()), precision);
      Executable executable = session.prepare(Planner.plan(program));
      fill(session, start(false));
      feedImages(executable);
      executable.run(0, 0);
      result.accept("eval.logits", executable.fetch(ModelSpec.LOGITS).toDoubles());
    }
  }

  /** {@code loss}, {@code logits}, {@code grad.*}, {@code grad.input} and {@code running.*}. */
  void pass(BiConsumer<String, double[]> result) {
    Graph graph = spec.trainingGraph(batch(), 0);
    Value images = graph.find(ModelSpec.IMAGES).orElseThrow().output();
    List<Value> by = new ArrayList<>(graph.parameters());
    by.add(images);
    try (Session session = backend.open()) {
      Program program = Program.training(graph, ModelSpec.LOSS, precision).by(by);
      Executable executable = session.prepare(Planner.plan(program));
      fill(session, start(false));
      feedImages(executable);
      feedTargets(executable);
      executable.run(0, 0);
      result.accept("loss", executable.fetch(ModelSpec.LOSS).toDoubles());
      result.accept("logits", executable.fetch(ModelSpec.LOGITS).toDoubles());
      Value inputGradient = executable.plan().gradients().get(ModelSpec.IMAGES);
      result.accept("grad.input", executable.fetch(inputGradient).toDoubles());
      for (Value parameter : graph.parameters()) {
        String path = parameter.name();
        result.accept("grad." + path, session.readGradient(Program.MODEL, path).toDoubles());
      }
      for (Value buffer : graph.buffers()) {
        String path = buffer.name();
        result.accept("running." + path, session.read(Program.MODEL, path).toDoubles());
      }
    }
  }

  /** {@code delta.*}: what ten steps on the one batch change. */
  void steps(BiConsumer<String, double[]> result) {
    Graph graph = spec.trainingGraph(batch(), 0);
    Set<String> parameters =
        graph.parameters().stream().map(Value::name).collect(Collectors.toSet());
    List<UpdateRule.Group> groups = List.of(new UpdateRule.Group(parameters, 0.1, 1e-4));
    Map<String, double[]> start = start(golden.deltaZeroInit());
    try (Session session = backend.open()) {
      Program program = Program.training(graph, ModelSpec.LOSS, precision);
      Executable executable = session.prepare(Planner.plan(program));
      fill(session, start);
      feedImages(executable);
      feedTargets(executable);
      for (int step = 0; step < STEPS; step++) {
        executable.run(0, step);
        session.update(Program.MODEL, RULE, groups);
      }
      start.forEach(
          (path, began) -> {
            double[] delta = session.read(Program.MODEL, path).toDoubles();
            Arrays.setAll(delta, i -> delta[i] - began[i]);
            result.accept("delta." + path, delta);
          });
    }
  }
}
