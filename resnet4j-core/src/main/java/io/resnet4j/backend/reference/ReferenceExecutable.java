package io.resnet4j.backend.reference;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.PlanStep;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Work;
import io.resnet4j.plan.Lifetime;
import io.resnet4j.plan.Plan;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Runs node after node. A value is dropped after the last step of its lifetime, so that a plan
 * whose lifetimes are too short fails here instead of reading garbage elsewhere.
 */
final class ReferenceExecutable implements Executable, Evaluator.Source {
  private final ReferenceSession session;
  private final Plan plan;
  private final Map<String, double[]> fed = new HashMap<>();
  private final List<List<Value>> dying = new ArrayList<>();
  private final long peakBytes;
  private Map<Value, double[]> values = new HashMap<>();
  private boolean complete;

  ReferenceExecutable(ReferenceSession session, Plan plan) {
    this.session = session;
    this.plan = plan;
    List<Node> nodes = plan.graph().nodes();
    nodes.forEach(node -> dying.add(new ArrayList<>()));
    for (Node node : nodes) {
      for (Value value : node.outputs()) {
        Lifetime lifetime = plan.lifetimes().get(value);
        if (lifetime != null && lifetime.last() < nodes.size()) {
          dying.get(lifetime.last()).add(value);
        }
      }
    }
    this.peakBytes = peak(nodes);
    if (peakBytes > Runtime.getRuntime().maxMemory()) {
      throw new InvalidInputException(
          "reference: the plan needs "
              + (peakBytes >> 20)
              + " MiB of heap, there are "
              + (Runtime.getRuntime().maxMemory() >> 20)
              + "; raise -Xmx or lower the batch size");
    }
  }

  private long peak(List<Node> nodes) {
    long live = 0;
    long most = 0;
    for (int step = 0; step < nodes.size(); step++) {
      for (Value made : nodes.get(step).outputs()) {
        live += made.shape().elements() * Double.BYTES;
      }
      most = Math.max(most, live);
      for (Value dead : dying.get(step)) {
        live -= dead.shape().elements() * Double.BYTES;
      }
    }
    return most;
  }

  @Override
  public Plan plan() {
    return plan;
  }

  @Override
  public void feed(String input, FloatBuffer given) {
    session.requireOpen();
    Value value = input(input);
    if (given.remaining() < value.shape().elements()) {
      throw new InvalidInputException(
          "input '"
              + input
              + "': expected "
              + value.shape().elements()
              + " elements for "
              + value.shape()
              + ", the buffer holds "
              + given.remaining());
    }
    double[] copy = new double[(int) value.shape().elements()];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = given.get(given.position() + i);
    }
    fed.put(input, Rounding.round(copy, plan.type(value)));
  }

  @Override
  public void feed(String input, Tensor given) {
    session.requireOpen();
    Value value = input(input);
    if (!given.shape().equals(value.shape())) {
      throw new InvalidInputException(
          "input '" + input + "': expected " + value.shape() + ", given " + given.shape());
    }
    fed.put(input, Rounding.round(given.toDoubles(), plan.type(value)));
  }

  private Value input(String name) {
    List<Value> inputs = plan.graph().inputs();
    return inputs.stream()
        .filter(value -> value.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "input '"
                        + name
                        + "' is unknown; the graph has "
                        + inputs.stream().map(Value::name).toList()));
  }

  @Override
  public List<PlanStep> steps() {
    return plan.graph().nodes().stream()
        .map(
            node ->
                new PlanStep(
                    node.path(),
                    node.op().getClass().getSimpleName(),
                    "reference",
                    Double.BYTES
                        * Stream.of(node.inputs(), node.outputs())
                            .flatMap(List::stream)
                            .mapToLong(value -> value.shape().elements())
                            .sum(),
                    Work.multiplyAdds(node)))
        .toList();
  }

  @Override
  public void run(long seed, long step) {
    time(seed, step);
  }

  @Override
  public double[] time(long seed, long step) {
    session.requireOpen();
    complete = false;
    values = new HashMap<>();
    Graph graph = plan.graph();
    Evaluator evaluator =
        new Evaluator(
            this,
            plan.precision().activations(),
            plan.precision().state(),
            graph::producer,
            seed,
            step);
    double[] seconds = new double[graph.nodes().size()];
    for (int i = 0; i < seconds.length; i++) {
      long begin = System.nanoTime();
      Node node = graph.nodes().get(i);
      List<double[]> made = node.op().accept(evaluator, node);
      for (int j = 0; j < made.size(); j++) {
        Value value = node.output(j);
        values.put(
            value,
            opaque(node.op(), j) ? made.get(j) : Rounding.round(made.get(j), plan.type(value)));
      }
      dying.get(i).forEach(values::remove);
      seconds[i] = (System.nanoTime() - begin) * 1e-9;
    }
    plan.gradients()
        .forEach(
            (path, gradient) -> {
              if (isParameter(path)) {
                session.leaveGradient(plan.namespace(), path, gradient.shape(), value(gradient));
              }
            });
    complete = true;
    return seconds;
  }

  private boolean isParameter(String path) {
    return plan.graph().find(path).filter(n -> n.op() instanceof Op.Parameter).isPresent();
  }

  private static boolean opaque(Op op, int output) {
    return (op instanceof Op.BatchNorm && output == 3)
        || ((op instanceof Op.MaxPool || op instanceof Op.Dropout) && output == 1);
  }

  @Override
  public double[] value(Value value) {
    double[] array = values.get(value);
    if (array == null) {
      throw new IllegalStateException("reference: " + value + " was dropped before it was read");
    }
    return array;
  }

  @Override
  public double[] fed(String input) {
    double[] array = fed.get(input);
    if (array == null) {
      throw new IllegalStateException("input '" + input + "': nothing was fed; feed it before run");
    }
    return array;
  }

  @Override
  public double[] state(String path) {
    return session.live(plan.namespace(), path);
  }

  @Override
  public Tensor fetch(String output) {
    return fetch(plan.graph().output(output));
  }

  @Override
  public Tensor fetch(Value value) {
    session.requireOpen();
    if (!complete) {
      throw new IllegalStateException("fetch " + value.name() + ": the plan has not run yet");
    }
    double[] array = values.get(value);
    if (array == null) {
      throw new InvalidInputException(
          "fetch " + value.name() + ": the plan does not keep it; observe it or make it an output");
    }
    Shape shape = value.shape();
    return ReferenceSession.copy(shape, array, plan.type(value) == DType.F64);
  }

  @Override
  public double scalar(String output) {
    Tensor tensor = fetch(output);
    if (tensor.shape().elements() != 1) {
      throw new InvalidInputException(
          "output '" + output + "': expected a single number, got " + tensor.shape());
    }
    return tensor.get(0);
  }

  @Override
  public long arenaBytes() {
    return peakBytes;
  }
}
