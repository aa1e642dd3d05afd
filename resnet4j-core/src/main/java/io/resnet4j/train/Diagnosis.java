package io.resnet4j.train;

import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.MemoryMode;
import io.resnet4j.plan.Mode;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.tensor.Tensor;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Says in plain words what ended a run: where a loss or gradient that is not finite comes from,
 * found by running the same pictures forward again, or which weight is not.
 */
final class Diagnosis {
  private static final String REMEDY = "lower the learning rate or warm up for longer";

  private final Session session;
  private final Precision precision;
  private final long seed;

  Diagnosis(Session session, Precision precision, long seed) {
    this.session = session;
    this.precision = precision;
    this.seed = seed;
  }

  /**
   * Of a step that failed.
   *
   * @param lastGood says where the run can go on from
   */
  NonFiniteLossException of(
      StepRunner.NotFinite cause, long step, int epoch, double learningRate, String lastGood) {
    Optional<Node> first = firstBroken(cause);
    String path = first.map(Node::path).orElse(ModelSpec.LOSS);
    String weights = first.map(node -> brokenInputs(cause.graph(), node)).orElse("");
    String message =
        String.format(
            Locale.ROOT,
            "%s: %s%s; the %s at step %d (epoch" + " %d, learning rate %s); " + REMEDY + "; %s",
            path,
            first.isPresent()
                ? "the first layer whose output is not finite"
                : "every layer's output is finite",
            weights,
            cause.what(),
            step + 1,
            epoch,
            Double.toString(learningRate),
            lastGood);
    return new NonFiniteLossException(message, path, step + 1, epoch, learningRate);
  }

  /**
   * Of a weight or statistic that the last of {@code steps} steps left.
   *
   * @param name namespace and path
   * @param lastGood says where the run can go on from
   */
  static NonFiniteLossException ofWeight(
      String name, long steps, int epoch, double learningRate, String lastGood) {
    String own = Program.MODEL + "/";
    String path = name.startsWith(own) ? name.substring(own.length()) : name;
    String message =
        path
            + ": is not finite after step "
            + steps
            + " (epoch "
            + epoch
            + ", learning rate "
            + learningRate
            + "), so it is not kept; "
            + REMEDY
            + "; "
            + lastGood;
    return new NonFiniteLossException(message, path, steps, epoch, learningRate);
  }

  private Optional<Node> firstBroken(StepRunner.NotFinite cause) {
    Graph graph = cause.graph();
    List<Node> layers = graph.nodes().stream().filter(node -> !isState(node)).toList();
    // First outputs only: the further ones are statistics and a backend's own notes.
    Set<Value> observed = new LinkedHashSet<>();
    layers.forEach(node -> observed.add(node.output()));
    Program forward =
        new Program(
            graph,
            Mode.TRAINING,
            precision,
            Optional.empty(),
            List.of(),
            observed,
            Program.MODEL,
            MemoryMode.KEEP);
    Executable run;
    try {
      run = session.prepare(Planner.plan(forward));
    } catch (RuntimeException e) {
      // Keeping every value takes more memory than training did; then the loss must do.
      System.getLogger(Diagnosis.class.getName())
          .log(System.Logger.Level.WARNING, "the network cannot be searched: " + e.getMessage());
      return Optional.empty();
    }
    cause.feed(run);
    run.run(seed, cause.draw());
    return layers.stream().filter(node -> !finite(run.fetch(node.output()))).findFirst();
  }

  private String brokenInputs(Graph graph, Node node) {
    List<String> broken =
        node.inputs().stream()
            .map(graph::producer)
            .filter(input -> input.op() instanceof Op.Parameter)
            .map(Node::path)
            .filter(path -> !finite(session.read(Program.MODEL, path)))
            .toList();
    return broken.isEmpty() ? "" : " (nor is " + String.join(", ", broken) + ")";
  }

  private static boolean isState(Node node) {
    return node.op() instanceof Op.Parameter || node.op() instanceof Op.Buffer;
  }

  /** Whether every element is a number and not infinite. */
  static boolean finite(Tensor tensor) {
    int count = Math.toIntExact(tensor.shape().elements());
    for (int i = 0; i < count; i++) {
      double value = tensor.get(i);
      if (Double.isNaN(value) || Double.isInfinite(value)) {
        return false;
      }
    }
    return true;
  }
}
