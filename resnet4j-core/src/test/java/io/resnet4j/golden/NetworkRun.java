package io.resnet4j.golden;

import io.resnet4j.backend.Backend;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Value;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.plan.Mode;
import io.resnet4j.plan.Plan;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.plan.UpdateRule;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A network run on a backend as tools/reference/runs.py runs it in PyTorch: the same weights,
 * input, labels and names of results, so that they can be compared with a {@link Golden} or a full
 * dump.
 */
public final class NetworkRun {
  private final Backend backend;
  private final ModelSpec spec;
  private final Precision precision;
  private final int batch;
  private final long seed;

  /**
   * A run to be made.
   *
   * @param spec the network with the golden's input size and classes
   * @param batch pictures, 8 in the goldens
   * @param seed of weights, input and labels
   */
  public NetworkRun(Backend backend, ModelSpec spec, Precision precision, int batch, long seed) {
    this.backend = backend;
    this.spec = spec;
    this.precision = precision;
    this.batch = batch;
    this.seed = seed;
  }

  /** The network of a golden, on its own weights and input. */
  static NetworkRun of(Golden golden, Backend backend, Precision precision) {
    ModelSpec spec =
        golden.smooth()
            ? Models.resnet(golden.network()).withActivation(Activation.SILU)
            : Models.named(golden.network());
    spec =
        spec.withClasses(golden.classes())
            .withInput(golden.input().dim(1), golden.input().dim(2), golden.input().dim(3));
    return new NetworkRun(backend, spec, precision, golden.input().dim(0), golden.seed());
  }

  /** {@code loss, logits, grad.PATH, grad.input, running.PATH} of one pass in training mode. */
  public Map<String, double[]> training() {
    Graph graph = spec.trainingGraph(batch, 0);
    List<Value> by = new ArrayList<>(graph.parameters());
    by.add(images(graph));
    Plan plan = Planner.plan(Program.training(graph, ModelSpec.LOSS, precision).by(by));
    Map<String, double[]> results = new LinkedHashMap<>();
    try (Session session = backend.open()) {
      Executable run = prepared(session, plan, Set.of());
      feed(run);
      run.run(0, 0);
      results.put("loss", run.fetch(ModelSpec.LOSS).toDoubles());
      results.put("logits", run.fetch(ModelSpec.LOGITS).toDoubles());
      for (Value parameter : graph.parameters()) {
        String path = parameter.name();
        results.put("grad." + path, session.readGradient(Program.MODEL, path).toDoubles());
      }
      results.put("grad.input", run.fetch(plan.gradients().get(ModelSpec.IMAGES)).toDoubles());
      for (String path : session.state(Program.MODEL).keySet()) {
        if (path.contains("running_")) {
          results.put("running." + path, session.read(Program.MODEL, path).toDoubles());
        }
      }
    }
    return results;
  }

  /** {@code eval.logits} of the initial state. */
  public Map<String, double[]> evaluation() {
    Program program = Program.inference(spec.graph(batch), precision).in(Mode.INFERENCE);
    try (Session session = backend.open()) {
      Executable run = prepared(session, Planner.plan(program), Set.of());
      run.feed(ModelSpec.IMAGES, images());
      run.run(0, 0);
      return Map.of("eval.logits", run.fetch(ModelSpec.LOGITS).toDoubles());
    }
  }

  /**
   * {@code delta.PATH}, the change of every parameter and running statistic over SGD steps (rate
   * 0.1, momentum 0.9, weight decay 1e-4 on all) on the same batch.
   *
   * @param zeroed scales that start at zero
   */
  public Map<String, double[]> change(int steps, Set<String> zeroed) {
    Graph graph = spec.trainingGraph(batch, 0);
    Plan plan = Planner.plan(Program.training(graph, ModelSpec.LOSS, precision));
    Map<String, double[]> results = new LinkedHashMap<>();
    try (Session session = backend.open()) {
      Executable run = prepared(session, plan, zeroed);
      Map<String, double[]> start = read(session);
      Set<String> paths = new TreeSet<>();
      graph.parameters().forEach(p -> paths.add(p.name()));
      feed(run);
      for (int step = 0; step < steps; step++) {
        run.run(0, step);
        session.update(
            Program.MODEL,
            new UpdateRule.Sgd(0.9, false),
            List.of(new UpdateRule.Group(paths, 0.1, 1e-4)));
      }
      read(session)
          .forEach(
              (path, now) -> {
                double[] before = start.get(path);
                for (int i = 0; i < now.length; i++) {
                  now[i] -= before[i];
                }
                results.put("delta." + path, now);
              });
    }
    return results;
  }

  private Executable prepared(Session session, Plan plan, Set<String> zeroed) {
    Executable run = session.prepare(plan);
    Map<String, Shape> shapes = session.state(Program.MODEL);
    ReferenceWeights.state(seed, shapes)
        .forEach(
            (path, values) -> {
              double[] start = zeroed.contains(path) ? new double[values.length] : values;
              session.write(Program.MODEL, path, tensor(shapes.get(path), start));
            });
    return run;
  }

  private void feed(Executable run) {
    run.feed(ModelSpec.IMAGES, images());
    double[] targets = ReferenceWeights.targets(seed, batch, spec.classes());
    run.feed(ModelSpec.TARGETS, tensor(Shape.of(batch, spec.classes()), targets));
  }

  private Tensor images() {
    Shape shape = Shape.of(batch, spec.channels(), spec.height(), spec.width());
    return tensor(shape, ReferenceWeights.tensor(seed, "input", shape));
  }

  private Tensor tensor(Shape shape, double[] values) {
    if (precision.state() == DType.F64) {
      return Tensor.ofDoubles(shape, values);
    }
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return Tensor.ofFloats(shape, floats);
  }

  private static Map<String, double[]> read(Session session) {
    Map<String, double[]> state = new LinkedHashMap<>();
    for (String path : session.state(Program.MODEL).keySet()) {
      state.put(path, session.read(Program.MODEL, path).toDoubles());
    }
    return state;
  }

  private static Value images(Graph graph) {
    return graph.nodes().stream()
        .filter(node -> node.path().equals(ModelSpec.IMAGES))
        .findFirst()
        .orElseThrow()
        .output();
  }
}
