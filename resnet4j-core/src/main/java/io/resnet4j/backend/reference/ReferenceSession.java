package io.resnet4j.backend.reference;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.plan.Plan;
import io.resnet4j.plan.Program;
import io.resnet4j.plan.UpdateRule;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** State in doubles on the Java heap, rounded to the state's type whenever it changes. */
final class ReferenceSession implements Session {
  private record State(Shape shape, double[] values) {}

  private final Map<String, Map<String, State>> state = new LinkedHashMap<>();
  private final Map<String, Map<String, State>> gradients = new LinkedHashMap<>();
  private @Nullable DType type;
  private boolean closed;

  void requireOpen() {
    if (closed) {
      throw new IllegalStateException("session: it is closed; open a new one");
    }
  }

  @Override
  public Executable prepare(Plan plan) {
    requireOpen();
    DType wanted = plan.precision().state();
    if (type != null && type != wanted) {
      throw new IllegalStateException(
          "session: its state is " + type + ", the plan's is " + wanted + "; open another session");
    }
    ReferenceExecutable executable = new ReferenceExecutable(this, plan);
    for (Node node : plan.graph().nodes()) {
      if (node.op() instanceof Op.Parameter || node.op() instanceof Op.Buffer) {
        requireShape(plan.namespace(), node.path(), node.output().shape());
      }
    }
    type = wanted;
    for (Node node : plan.graph().nodes()) {
      if (node.op() instanceof Op.Parameter || node.op() instanceof Op.Buffer) {
        create(plan.namespace(), node.path(), node.output().shape());
      }
    }
    return executable;
  }

  private void requireShape(String namespace, String path, Shape shape) {
    State known = state(namespace, state).get(path);
    if (known != null && !known.shape().equals(shape)) {
      throw new InvalidInputException(
          namespace + ":" + path + ": the session holds " + known.shape() + ", given " + shape);
    }
  }

  private State create(String namespace, String path, Shape shape) {
    return state
        .computeIfAbsent(namespace, n -> new LinkedHashMap<>())
        .computeIfAbsent(path, p -> new State(shape, new double[(int) shape.elements()]));
  }

  private static Map<String, State> state(String namespace, Map<String, Map<String, State>> from) {
    return from.getOrDefault(namespace, Map.of());
  }

  private State known(String namespace, String path) {
    State known = state(namespace, state).get(path);
    if (known == null) {
      throw new InvalidInputException(
          namespace
              + ":"
              + path
              + ": no prepared plan has this tensor; "
              + (state.containsKey(namespace)
                  ? namespace + " has " + state(namespace, state).keySet()
                  : "namespaces are " + state.keySet()));
    }
    return known;
  }

  private Tensor copy(State of) {
    return copy(of.shape(), of.values(), type == DType.F64);
  }

  static Tensor copy(Shape shape, double[] values, boolean wide) {
    if (wide) {
      return Tensor.ofDoubles(shape, values);
    }
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) values[i];
    }
    return Tensor.ofFloats(shape, narrow);
  }

  @Override
  public void write(String namespace, String path, Tensor value) {
    requireOpen();
    // A resumed run writes the rules' slots before its first update.
    if (UpdateRule.ALL_SLOTS.contains(namespace)) {
      createSlot(namespace, path);
    }
    State known = known(namespace, path);
    requireShape(namespace, path, value.shape());
    double[] values = Rounding.round(value.toDoubles(), type());
    System.arraycopy(values, 0, known.values(), 0, values.length);
  }

  private void createSlot(String slot, String path) {
    state.values().stream()
        .filter(tensors -> tensors.containsKey(path))
        .map(tensors -> tensors.get(path).shape())
        .findFirst()
        .ifPresent(shape -> create(slot, path, shape));
  }

  private DType type() {
    if (type == null) {
      throw new IllegalStateException("session: nothing is prepared");
    }
    return type;
  }

  @Override
  public Tensor read(String namespace, String path) {
    requireOpen();
    return copy(known(namespace, path));
  }

  @Override
  public Tensor readGradient(String namespace, String path) {
    requireOpen();
    known(namespace, path);
    return copy(gradient(namespace, path));
  }

  private State gradient(String namespace, String path) {
    State gradient = state(namespace, gradients).get(path);
    if (gradient == null) {
      throw new IllegalStateException(
          namespace + ":" + path + ": has no gradient yet; run a plan that differentiates by it");
    }
    return gradient;
  }

  @Override
  public Map<String, Shape> state(String namespace) {
    requireOpen();
    Map<String, Shape> shapes = new LinkedHashMap<>();
    state(namespace, state).forEach((path, tensor) -> shapes.put(path, tensor.shape()));
    return shapes;
  }

  /** The live array behind a tensor of the state. */
  double[] live(String namespace, String path) {
    return known(namespace, path).values();
  }

  /** Keeps a gradient, rounded to the state's type. */
  void leaveGradient(String namespace, String path, Shape shape, double[] values) {
    // Values of a run are never written again, so in F64 there is nothing to copy.
    double[] rounded = type() == DType.F64 ? values : Rounding.round(values.clone(), type());
    gradients
        .computeIfAbsent(namespace, n -> new LinkedHashMap<>())
        .put(path, new State(shape, rounded));
  }

  @Override
  public void update(String namespace, List<UpdateRule.Group> groups, long step) {
    requireOpen();
    Set<String> seen = new HashSet<>();
    for (UpdateRule.Group group : groups) {
      for (String path : group.paths()) {
        known(namespace, path);
        gradient(namespace, path);
        if (!seen.add(path)) {
          throw new InvalidInputException(path + ": is in two groups; list it once");
        }
      }
    }
    for (UpdateRule.Group group : groups) {
      for (String path : group.paths()) {
        State weight = known(namespace, path);
        Map<String, double[]> slots = new HashMap<>();
        for (String slot : group.rule().slots()) {
          slots.put(slot, create(slot, path, weight.shape()).values());
        }
        double[] gradient = gradient(namespace, path).values().clone();
        group
            .rule()
            .accept(
                new ReferenceUpdate(weight.values(), gradient, slots, group, step, weight.shape()));
        Rounding.round(weight.values(), type());
        slots.values().forEach(values -> Rounding.round(values, type()));
      }
    }
  }

  @Override
  public double gradientNorm(String namespace, Collection<String> paths) {
    requireOpen();
    double sum = 0;
    for (String path : paths) {
      sum += ReferenceUpdate.squares(gradient(namespace, path).values());
    }
    return Math.sqrt(sum);
  }

  @Override
  public void blend(String into, double keep, String from, double add, Collection<String> paths) {
    requireOpen();
    for (String path : paths) {
      Optional<double[]> source =
          add == 0 ? Optional.empty() : Optional.of(operand(from, path).values());
      Shape shape =
          known(state(from, state).containsKey(path) ? from : Program.MODEL, path).shape();
      if (!into.equals(GRADIENT)) {
        create(into, path, shape);
      }
      double[] old = operand(into, path).values();
      double[] blended = new double[old.length];
      for (int i = 0; i < old.length; i++) {
        int at = i;
        blended[i] =
            (keep == 0 ? 0 : keep * old[i]) + source.map(values -> add * values[at]).orElse(0.0);
      }
      Rounding.round(blended, type());
      if (into.equals(GRADIENT)) {
        leaveGradient(Program.MODEL, path, shape, blended);
      } else {
        System.arraycopy(blended, 0, old, 0, old.length);
      }
    }
  }

  private State operand(String namespace, String path) {
    return namespace.equals(GRADIENT) ? gradient(Program.MODEL, path) : known(namespace, path);
  }

  @Override
  public long bytes() {
    requireOpen();
    return 0;
  }

  @Override
  public void close() {
    closed = true;
    state.clear();
    gradients.clear();
  }
}
