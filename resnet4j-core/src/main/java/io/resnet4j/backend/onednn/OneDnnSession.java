package io.resnet4j.backend.onednn;

import io.resnet4j.InvalidInputException;
import io.resnet4j.NotEnoughMemoryException;
import io.resnet4j.backend.Choices;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.graph.Value;
import io.resnet4j.plan.Plan;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.plan.UpdateRule;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** State, executables and one arena, all behind one engine thread. */
final class OneDnnSession implements Session {
  /** What a parameter of the trained network may have beside its value. */
  private static final Set<String> COMPANIONS = companions();

  private final Holdings holdings;
  private final LeakAlarm.Handle alarm;
  private final Set<Precision> precisions;
  private final Dnnl dnnl;
  private final StateStore store;
  private final Orthogonaliser orthogonaliser;
  private final Tuner tuner;
  private final List<OneDnnExecutable> executables = new ArrayList<>();
  private Optional<OneDnnExecutable> lastRun = Optional.empty();
  private boolean closed;

  OneDnnSession(Set<Precision> precisions, Choices choices, Holdings holdings) {
    this.precisions = Set.copyOf(precisions);
    this.holdings = holdings;
    this.alarm = LeakAlarm.set(this, holdings::free);
    try {
      this.dnnl = onEngine(() -> new Dnnl(holdings.resources));
      this.store = new StateStore(dnnl, holdings.resources);
      this.orthogonaliser = onEngine(() -> new Orthogonaliser(dnnl, holdings.resources, store));
    } catch (RuntimeException | Error e) {
      alarm.free();
      throw e;
    }
    this.tuner = new Tuner(dnnl, choices);
  }

  private static Set<String> companions() {
    Set<String> names = new HashSet<>(UpdateRule.ALL_SLOTS);
    names.add(GRADIENT);
    names.add(ACCUMULATED);
    return Set.copyOf(names);
  }

  void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this session is closed; open another");
    }
  }

  /** Refuses an executable whose memory is not there, as all are of a closed session. */
  void requireUsable(OneDnnExecutable executable) {
    requireOpen();
    if (executable.arenaBytes() > holdings.arena.bytes()) {
      throw new IllegalStateException(
          "this session has lost its working memory of "
              + (sharedArenaBytes() >> 20)
              + " MiB, as the system refused more and then that, too; free some and prepare a plan"
              + " again, or close the session");
    }
  }

  /** Does a task on the engine's thread; the session lives until it has ended. */
  <T> T onEngine(Callable<T> task) {
    try {
      return holdings.engine.call(task);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  void runOnEngine(Runnable task) {
    onEngine(Executors.callable(task));
  }

  StateStore store() {
    return store;
  }

  @Override
  public Executable prepare(Plan plan) {
    requireOpen();
    if (!precisions.contains(plan.precision())) {
      throw new InvalidInputException(
          "precision "
              + plan.precision()
              + ": this processor's oneDNN computes in "
              + precisions
              + "; choose one of them, or the backend 'reference'");
    }
    return onEngine(() -> prepareOnEngine(plan));
  }

  private Executable prepareOnEngine(Plan plan) {
    // Before primitives of a hopeless size are measured.
    requireMemory(largestBytes(plan) - holdings.arena.bytes());
    OneDnnExecutable executable = wholly(() -> lower(plan));
    executable.bindArena(holdings.arena.address());
    executables.add(executable);
    return executable;
  }

  private OneDnnExecutable lower(Plan plan) {
    Lowering lowering = new Lowering(dnnl, holdings.resources, plan, store, tuner);
    lowering.lower();
    OneDnnExecutable executable = new OneDnnExecutable(this, lowering);
    long arenaBytes = Math.max(executable.arenaBytes(), sharedArenaBytes());
    long growth = Math.max(0, arenaBytes - holdings.arena.bytes());
    Optional<String> trained = plan.trains() ? Optional.of(plan.namespace()) : Optional.empty();
    requireMemory(growth + store.pendingBytes(trained) + executable.inputBytes());
    if (growth > 0) {
      replaceArena(arenaBytes);
    }
    executable.bindInputs(holdings.resources);
    store.allocate(trained);
    return executable;
  }

  /**
   * Does what declares state and ends with memory for it. If it fails, what it has declared and
   * taken is given back: it came last, and nothing else knows of it yet.
   */
  private <T> T wholly(Supplier<T> task) {
    int held = holdings.resources.count();
    try {
      return task.get();
    } catch (RuntimeException | Error e) {
      store.forgetDeclared();
      holdings.resources.closeTo(held);
      throw e;
    }
  }

  /** What the executables that there are ask of the arena; more than it has once it was lost. */
  private long sharedArenaBytes() {
    return executables.stream().mapToLong(OneDnnExecutable::arenaBytes).max().orElse(0);
  }

  /** Another arena for the executables that there are; what their runs have left is gone. */
  private void replaceArena(long bytes) {
    lastRun = Optional.empty();
    try {
      holdings.arena.replace(bytes);
    } finally {
      if (sharedArenaBytes() <= holdings.arena.bytes()) {
        executables.forEach(each -> each.bindArena(holdings.arena.address()));
      }
    }
  }

  /** What the largest value takes that is computed into the arena: no plan can do with less. */
  private static long largestBytes(Plan plan) {
    return plan.graph().nodes().stream()
        .filter(node -> !node.inputs().isEmpty())
        .flatMap(node -> node.outputs().stream())
        .filter(value -> !plan.gradients().containsValue(value))
        .mapToLong(value -> value.shape().elements() * bytes(plan, value))
        .max()
        .orElse(0);
  }

  private static int bytes(Plan plan, Value value) {
    return Math.min(plan.type(value).bytes(), plan.precision().activations().bytes());
  }

  private static void requireMemory(long needed) {
    OptionalLong available = AvailableMemory.bytes();
    if (available.isPresent() && needed > available.getAsLong()) {
      throw new NotEnoughMemoryException(
          needed, available.getAsLong(), "use a smaller batch or input, or bf16");
    }
  }

  void beforeRun(OneDnnExecutable executable) {
    store.followers().refresh(executable.followers());
    lastRun = Optional.of(executable);
  }

  boolean ranLast(OneDnnExecutable executable) {
    return lastRun.isPresent() && lastRun.get() == executable;
  }

  @Override
  public void write(String namespace, String path, Tensor value) {
    requireOpen();
    StateTensor tensor = find(namespace, path);
    if (!tensor.shape.equals(value.shape())) {
      throw new InvalidInputException(
          "state: " + path + " has shape " + tensor.shape + ", given " + value.shape());
    }
    float[] values = value.toFloats();
    runOnEngine(
        () -> {
          Region region = region(tensor, namespace);
          store.writeCanonical(tensor.layout(), region, tensor.canonical, values);
          store.followers().touch(namespace);
        });
  }

  @Override
  public Tensor read(String namespace, String path) {
    requireOpen();
    StateTensor tensor = find(namespace, path);
    return copy(tensor, onEngine(() -> region(tensor, namespace)));
  }

  /** Gradients and slots of optimisers are companions of the trained network's parameters. */
  private static boolean isCompanion(String namespace) {
    return COMPANIONS.contains(namespace);
  }

  private StateTensor find(String namespace, String path) {
    return store.find(isCompanion(namespace) ? Program.MODEL : namespace, path);
  }

  private Region region(StateTensor tensor, String namespace) {
    if (!isCompanion(namespace)) {
      return tensor.value;
    }
    reserveOnEngine(tensor.namespace, List.of(), List.of(namespace));
    tensor.useSlot(namespace);
    return tensor.companion(namespace);
  }

  @Override
  public Tensor readGradient(String namespace, String path) {
    requireOpen();
    StateTensor tensor = store.find(namespace, path);
    requireGradient(tensor);
    return copy(tensor, tensor.companion(GRADIENT));
  }

  private static void requireGradient(StateTensor tensor) {
    if (!tensor.hasCompanion(GRADIENT)) {
      throw new InvalidInputException("state: no plan computes a gradient by " + tensor.path);
    }
  }

  private Tensor copy(StateTensor tensor, Region region) {
    float[] values = onEngine(() -> store.readCanonical(tensor.layout(), region, tensor.canonical));
    return Tensor.ofFloats(tensor.shape, values);
  }

  @Override
  public Map<String, Shape> state(String namespace) {
    requireOpen();
    return isCompanion(namespace)
        ? store.shapes(Program.MODEL, tensor -> tensor.usesSlot(namespace))
        : store.shapes(namespace, tensor -> true);
  }

  @Override
  public void reserve(String namespace, List<UpdateRule.Group> groups, Collection<String> names) {
    requireOpen();
    runOnEngine(() -> reserveOnEngine(namespace, groups, names));
  }

  private void reserveOnEngine(
      String namespace, List<UpdateRule.Group> groups, Collection<String> names) {
    Set<String> beside = new TreeSet<>(names);
    List<StateTensor> orthogonalised = new ArrayList<>();
    for (UpdateRule.Group group : groups) {
      beside.addAll(group.rule().slots());
      if (group.rule() instanceof UpdateRule.Muon) {
        group.paths().forEach(path -> orthogonalised.add(store.find(namespace, path)));
      }
    }
    long missing =
        store.missingBytes(namespace, beside) + orthogonaliser.missingBytes(orthogonalised);
    if (missing > 0) {
      requireMemory(missing);
      beside.forEach(name -> store.withCompanion(namespace, name));
      orthogonaliser.reserve(orthogonalised);
    }
  }

  @Override
  public void update(String namespace, List<UpdateRule.Group> groups, long step) {
    requireOpen();
    runOnEngine(
        () -> {
          reserveOnEngine(namespace, groups, List.of());
          Updates.apply(store, orthogonaliser, namespace, groups, step);
        });
  }

  @Override
  public double gradientNorm(String namespace, Collection<String> paths) {
    requireOpen();
    return onEngine(
        () -> {
          Sweep sweep = new Sweep();
          for (String path : paths) {
            StateTensor tensor = store.find(namespace, path);
            requireGradient(tensor);
            sweep.add(
                (x, n, sums) -> sums[0] += Kernels.squares(x[0], n),
                tensor.floats(),
                List.of(operand(tensor, GRADIENT, false)));
          }
          return Math.sqrt(Arrays.stream(sweep.run()).mapToDouble(sums -> sums[0]).sum());
        });
  }

  @Override
  public void blend(String into, double keep, String from, double add, Collection<String> paths) {
    requireOpen();
    runOnEngine(() -> blendOnEngine(into, (float) keep, from, (float) add, paths));
  }

  private void blendOnEngine(
      String into, float keep, String from, float add, Collection<String> paths) {
    if (!isCompanion(into)) {
      wholly(
          () -> {
            paths.forEach(path -> store.declareLike(into, find(from, path)));
            requireMemory(store.pendingBytes(Optional.empty()));
            store.allocate(Optional.empty());
            return into;
          });
    }
    Sweep sweep = new Sweep();
    for (String path : paths) {
      StateTensor target = find(into, path);
      StateTensor source = find(from, path);
      region(target, into);
      region(source, from);
      if (!target.layout().same(source.layout())) {
        throw new IllegalStateException(
            "blend: "
                + path
                + " lies otherwise in "
                + into
                + " than in "
                + from
                + "; prepare the plan of "
                + Program.MODEL
                + " first");
      }
      sweep.add(
          (x, n, sums) -> {
            if (keep == 0 && add == 0) {
              // Not zero times what may be no number.
              Arrays.fill(x[0], 0, n, 0);
            } else if (keep == 0) {
              Kernels.set(x[0], add, x[1], n);
            } else if (add == 0) {
              Kernels.scale(x[0], keep, n);
            } else {
              Kernels.blend(x[0], keep, add, x[1], n);
            }
          },
          target.floats(),
          List.of(operand(target, into, true), operand(source, from, false)));
    }
    sweep.run();
    if (!isCompanion(into)) {
      store.followers().touch(into);
    }
  }

  private Sweep.Operand operand(StateTensor tensor, String namespace, boolean written) {
    StateStore.Chunk chunk = tensor.chunk();
    Memory memory = isCompanion(namespace) ? chunk.companions.get(namespace) : chunk.values;
    return new Sweep.Operand(memory.floats(), tensor.offset(), written);
  }

  @Override
  public Map<String, String> choices() {
    return tuner.choices();
  }

  @Override
  public long bytes() {
    requireOpen();
    long inputs = executables.stream().mapToLong(OneDnnExecutable::inputBytes).sum();
    return store.bytes() + orthogonaliser.bytes() + inputs + holdings.arena.bytes();
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    alarm.free();
  }
}
