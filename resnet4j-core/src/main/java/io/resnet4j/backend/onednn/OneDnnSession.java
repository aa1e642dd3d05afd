package io.resnet4j.backend.onednn;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Choices;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.plan.Plan;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.plan.UpdateRule;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** State, executables and one arena, all behind one engine thread. */
final class OneDnnSession implements Session {
  private static final Set<String> SLOTS = Set.of(UpdateRule.Sgd.VELOCITY);

  private final EngineThread engine = new EngineThread();
  private final Resources resources = new Resources();
  private final Set<Precision> precisions;
  private final Dnnl dnnl;
  private final StateStore store;
  private final Tuner tuner;
  private final List<OneDnnExecutable> executables = new ArrayList<>();
  private Optional<Memory> arena = Optional.empty();
  private Optional<OneDnnExecutable> lastRun = Optional.empty();
  private boolean closed;

  OneDnnSession(Set<Precision> precisions, Choices choices) {
    this.precisions = Set.copyOf(precisions);
    this.dnnl = engine.call(() -> new Dnnl(resources));
    this.store = new StateStore(dnnl, resources);
    this.tuner = new Tuner(dnnl, choices);
  }

  void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this session is closed; open another");
    }
  }

  EngineThread engine() {
    return engine;
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
    return engine.call(() -> prepareOnEngine(plan));
  }

  private Executable prepareOnEngine(Plan plan) {
    Lowering lowering = new Lowering(dnnl, resources, plan, store, tuner);
    lowering.lower();
    OneDnnExecutable executable = new OneDnnExecutable(this, lowering);
    long growth = Math.max(0, executable.arenaBytes() - arena.map(Memory::bytes).orElse(0L));
    long needed = growth + store.pendingBytes(plan.trains()) + executable.inputBytes();
    requireMemory(needed);
    store.allocate();
    if (plan.trains()) {
      store.withCompanion(StateStore.GRADIENT);
    }
    executable.bindInputs(resources);
    executables.add(executable);
    if (growth > 0) {
      arena.ifPresent(Memory::close);
      arena = Optional.of(new Memory(executable.arenaBytes()));
      executables.forEach(each -> each.bindArena(arena.get()));
    } else {
      arena.ifPresent(executable::bindArena);
    }
    return executable;
  }

  private static void requireMemory(long needed) {
    OptionalLong available = AvailableMemory.bytes();
    if (available.isPresent() && needed > available.getAsLong()) {
      throw new InvalidInputException(
          String.format(
              java.util.Locale.ROOT,
              "memory: the plan needs %,d MiB more, %,d MiB are available; use a smaller batch or"
                  + " input, or bf16",
              needed >> 20,
              available.getAsLong() >> 20));
    }
  }

  void beforeRun(OneDnnExecutable executable) {
    store.refresh();
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
    engine.run(
        () -> {
          Region region = region(tensor, namespace);
          store.writeCanonical(tensor.layout(), region, tensor.canonical, values);
          store.touch();
        });
  }

  @Override
  public Tensor read(String namespace, String path) {
    requireOpen();
    StateTensor tensor = find(namespace, path);
    return copy(tensor, engine.call(() -> region(tensor, namespace)));
  }

  /** Slots of optimisers are companions of the trained network's parameters. */
  private static boolean isSlot(String namespace) {
    return SLOTS.contains(namespace);
  }

  private StateTensor find(String namespace, String path) {
    return store.find(isSlot(namespace) ? Program.MODEL : namespace, path);
  }

  private Region region(StateTensor tensor, String namespace) {
    if (!isSlot(namespace)) {
      return tensor.value;
    }
    store.withCompanion(namespace);
    tensor.useSlot(namespace);
    return tensor.companion(namespace);
  }

  @Override
  public Tensor readGradient(String namespace, String path) {
    requireOpen();
    StateTensor tensor = store.find(namespace, path);
    if (!tensor.hasCompanion(StateStore.GRADIENT)) {
      throw new InvalidInputException("state: no plan computes a gradient by " + path);
    }
    return copy(tensor, tensor.companion(StateStore.GRADIENT));
  }

  private Tensor copy(StateTensor tensor, Region region) {
    float[] values =
        engine.call(() -> store.readCanonical(tensor.layout(), region, tensor.canonical));
    return Tensor.ofFloats(tensor.shape, values);
  }

  @Override
  public Map<String, Shape> state(String namespace) {
    requireOpen();
    return isSlot(namespace)
        ? store.shapes(Program.MODEL, tensor -> tensor.usesSlot(namespace))
        : store.shapes(namespace, tensor -> true);
  }

  @Override
  public void update(String namespace, UpdateRule rule, List<UpdateRule.Group> groups) {
    requireOpen();
    if (rule instanceof UpdateRule.Sgd sgd) {
      engine.run(() -> SgdUpdate.apply(store, namespace, sgd, groups));
    } else {
      throw new IllegalStateException("update: no kernel for " + rule);
    }
  }

  @Override
  public Map<String, String> choices() {
    return tuner.choices();
  }

  @Override
  public long bytes() {
    requireOpen();
    long inputs = executables.stream().mapToLong(OneDnnExecutable::inputBytes).sum();
    return store.bytes() + inputs + arena.map(Memory::bytes).orElse(0L);
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    engine.run(
        () -> {
          resources.close();
          arena.ifPresent(Memory::close);
        });
    engine.close();
  }
}
