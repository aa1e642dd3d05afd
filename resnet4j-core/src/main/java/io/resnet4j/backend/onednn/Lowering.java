package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_FROM;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_TO;

import io.resnet4j.backend.PlanStep;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Work;
import io.resnet4j.plan.Plan;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.jspecify.annotations.Nullable;

/**
 * Collects what a plan becomes: steps over regions. Keeps where each value lies, reorders it when a
 * primitive wants another layout, and reuses the region of a value that is read for the last time.
 */
final class Lowering {
  final Dnnl dnnl;
  final Resources resources;
  final Plan plan;
  final StateStore store;
  final Tuner tuner;

  private static final String REORDER = "reorder";

  private final Map<Value, List<Placed>> placements = new HashMap<>();
  private final Map<String, Region> inputs = new HashMap<>();
  private final List<Step> steps = new ArrayList<>();
  private final Set<Region> regions = new LinkedHashSet<>();
  private final List<Binding> bindings = new ArrayList<>();

  /** Of each shape and type: a mask has the shape of what it masks, and another layout. */
  private final Map<Shape, Map<DType, Layout>> usual = new HashMap<>();

  private final Map<Value, Object> notes = new HashMap<>();
  private List<Followers.Follower> followers = List.of();
  private int nodeIndex;
  private Node node;
  private @Nullable Node counted;

  Lowering(Dnnl dnnl, Resources resources, Plan plan, StateStore store, Tuner tuner) {
    this.dnnl = dnnl;
    this.resources = resources;
    this.plan = plan;
    this.store = store;
    this.tuner = tuner;
    this.node = plan.graph().nodes().get(0);
  }

  /** A value's bytes: how they lie and where. */
  record Placed(Layout layout, Region region) {}

  /** An argument of a primitive. */
  record Argument(int key, Layout layout, Region region) {}

  /** A native memory object whose address follows a region. */
  record Binding(dnnl_memory memory, Region region) {}

  /** The seed and the number of a run, for random draws. */
  record Run(long seed, long step) {}

  /** Something done at each run. */
  interface Action {
    void run(Run run);
  }

  /**
   * One prepared step.
   *
   * @param what it does, for profiles
   * @param action does it
   */
  record Step(PlanStep what, Action action) {}

  /** Lowers every node in order. */
  void lower() {
    NodeLowering visitor = new NodeLowering(this);
    List<Node> nodes = plan.graph().nodes();
    for (nodeIndex = 0; nodeIndex < nodes.size(); nodeIndex++) {
      node = nodes.get(nodeIndex);
      node.op().accept(visitor, node);
    }
    new ParameterGradients(this, node).copyRest();
    followers = store.followers().takeUsed();
    Set<Value> kept = new LinkedHashSet<>(plan.graph().outputs().values());
    kept.addAll(plan.observed());
    kept.addAll(plan.gradients().values());
    for (Value value : kept) {
      for (Placed placed : placements.getOrDefault(value, List.of())) {
        placed.region().usedAt(steps.size());
      }
    }
  }

  /** Copies of the state that the steps read. */
  List<Followers.Follower> followers() {
    return followers;
  }

  List<Step> steps() {
    return steps;
  }

  List<Region> regions() {
    return List.copyOf(regions);
  }

  List<Binding> bindings() {
    return bindings;
  }

  Map<String, Region> inputs() {
    return inputs;
  }

  /** Whether a run changes state, so that copies of it are stale afterwards. */
  boolean movesState() {
    return plan.graph().nodes().stream()
        .anyMatch(
            n -> n.op() instanceof Op.BatchNorm norm && norm.statistics() == Op.Statistics.BATCH);
  }

  /** Where a value lies after the run. */
  Placed placed(Value value) {
    if (isState(value) && !placements.containsKey(value)) {
      placements.put(value, new ArrayList<>(List.of(stateRows(value))));
    }
    List<Placed> all = placements.get(value);
    if (all == null) {
      throw new IllegalStateException("lowering: nothing has made " + value);
    }
    return all.get(0);
  }

  private boolean isState(Value value) {
    Op op = plan.graph().producer(value).op();
    return op instanceof Op.Parameter || op instanceof Op.Buffer;
  }

  /** A parameter or buffer in row-major order: the master if it lies so, or a copy that follows. */
  private Placed stateRows(Value value) {
    StateTensor master = store.tensor(plan, value, dims(value.shape()));
    Placed rows = store.packed(master, master.canonical);
    return new Placed(plain(value.shape(), DType.F32), rows.region());
  }

  // ---- layouts ----

  static long[] dims(Shape shape) {
    return Arrays.stream(shape.toArray()).asLongStream().toArray();
  }

  Layout plain(Shape shape, DType type) {
    return Dnnl.plain(resources, dims(shape), type);
  }

  Layout any(Shape shape, DType type) {
    return Dnnl.any(resources, dims(shape), type);
  }

  Layout plain(Value value) {
    return plain(value.shape(), plan.type(value));
  }

  Layout any(Value value) {
    return any(value.shape(), plan.type(value));
  }

  // ---- placements ----

  Region region(long bytes) {
    return Region.planned(bytes);
  }

  /** A fresh place for a value that the current node makes. */
  Placed place(Value value, Layout layout) {
    return place(value, layout, region(layout.bytes()));
  }

  Placed place(Value value, Layout layout, Region region) {
    Placed placed = new Placed(layout, region);
    placements.computeIfAbsent(value, v -> new ArrayList<>()).add(0, placed);
    usual
        .computeIfAbsent(value.shape(), shape -> new EnumMap<>(DType.class))
        .put(layout.type(), layout);
    return placed;
  }

  /** Declares an input that is fed from outside. */
  void input(String name, Value value) {
    Region region = Region.external();
    inputs.put(name, region);
    place(value, plain(value.shape(), DType.F32), region);
  }

  /**
   * The place of an output of {@code layout} that may take over the region of {@code source}, if
   * the current node is the last to read it.
   */
  Placed placeOver(Value output, Layout layout, Value source, Placed from) {
    return mayOverwrite(source, from, layout)
        ? place(output, layout, from.region())
        : place(output, layout);
  }

  /** A value in the type of the activations, as it lies if that is its type already or codes. */
  Placed operand(Value value) {
    return operand(value, operandType(value));
  }

  /** The type in which a value is read: that of the activations, unless it is 8-bit codes. */
  DType operandType(Value value) {
    DType type = plan.type(value);
    return type == DType.U8 || type == DType.S8 ? type : plan.precision().activations();
  }

  /** A value in {@code type}, as it lies if that is its type already. */
  Placed operand(Value value, DType type) {
    Placed placed = placed(value);
    return placed.layout().type() == type ? placed : bring(value, plain(value.shape(), type));
  }

  /** The layout in which a value of this shape was last placed: what its neighbours will want. */
  Layout usualLayout(Shape shape, DType type) {
    Layout last = usual.getOrDefault(shape, Map.of()).get(type);
    boolean fits = last != null && Arrays.equals(last.dims(), dims(shape));
    return fits ? last : plain(shape, type);
  }

  /**
   * A value in {@code wanted} layout, reordered if need be; a reordered copy is kept for others.
   */
  Placed bring(Value value, Layout wanted) {
    for (Placed placed : placements.getOrDefault(value, List.of())) {
      if (placed.layout().same(wanted)) {
        return placed;
      }
    }
    Placed from = placed(value);
    if (wanted.dims().length != from.layout().dims().length) {
      from = viewed(value, wanted.dims());
    }
    if (from.layout().same(wanted)) {
      return from;
    }
    Placed to = new Placed(wanted, region(wanted.bytes()));
    reorder(from, to);
    placements.get(value).add(to);
    return to;
  }

  /** The elements of a value, row-major, under other extents of the same product. */
  Placed viewed(Value value, long[] dims) {
    DType type = placed(value).layout().type();
    Region rows = bring(value, plain(value.shape(), type)).region();
    return new Placed(Dnnl.plain(resources, dims, type), rows);
  }

  /**
   * A weight as a primitive wants it: a copy that follows the state, or, of a weight that is itself
   * computed, one made at each run.
   *
   * @param dims extents as the primitive sees them
   * @param adopt whether a master may take this layout
   */
  Placed weight(Value weight, long[] dims, Layout wanted, boolean adopt) {
    if (isState(weight)) {
      StateTensor master = store.tensor(plan, weight, dims);
      if (master.canonical.dims().length == dims.length) {
        if (adopt) {
          master.adopt(wanted);
        }
        return store.packed(master, wanted);
      }
    }
    return bring(weight, wanted);
  }

  /** Whether the current node may write its result over the region of one of its inputs. */
  boolean mayOverwrite(Value source, Placed from, Layout layout) {
    boolean lastRead = plan.lifetimes().get(source).last() == nodeIndex;
    long readsHere = node.inputs().stream().filter(source::equals).count();
    boolean fits = layout.bytes() <= from.region().bytes();
    return lastRead && readsHere == 1 && fits && from.region().mayBeOverwritten();
  }

  /** A vector as f32; of a parameter or buffer, in place. */
  Region vector(Value value) {
    return isState(value)
        ? stateVector(value)
        : bring(value, plain(value.shape(), DType.F32)).region();
  }

  /** A parameter or buffer as f32 in canonical layout, in place. */
  Region stateVector(Value value) {
    StateTensor tensor = store.tensor(plan, value, dims(value.shape()));
    tensor.pin();
    return tensor.value;
  }

  /** Remembers something about a value from the forward to the backward pass. */
  void note(Value value, Object note) {
    notes.put(value, note);
  }

  <T> T noted(Value value, Class<T> type) {
    Object note = notes.get(value);
    if (!type.isInstance(note)) {
      throw new IllegalStateException(
          node.path() + ": the forward pass left no " + type.getSimpleName() + " for " + value);
    }
    return type.cast(note);
  }

  // ---- steps ----

  void reorder(Placed from, Placed to) {
    dnnl_primitive_desc description = store.reorder(resources, from.layout(), to.layout());
    emit(
        REORDER,
        description,
        new Argument(DNNL_ARG_FROM, from.layout(), from.region()),
        new Argument(DNNL_ARG_TO, to.layout(), to.region()));
  }

  static Argument argument(int key, Placed placed) {
    return new Argument(key, placed.layout(), placed.region());
  }

  /** Appends a primitive with its arguments; the scratchpad comes by itself. */
  void emit(String kind, dnnl_primitive_desc description, Argument... arguments) {
    List<Argument> all = new ArrayList<>(Arrays.asList(arguments));
    long scratch = Dnnl.scratchBytes(description);
    if (scratch > 0) {
      Layout layout = Dnnl.scratchLayout(resources, description);
      all.add(new Argument(Dnnl.SCRATCHPAD, layout, region(scratch)));
    }
    dnnl_exec_arg_t array = new dnnl_exec_arg_t(all.size());
    resources.onClose(array::close);
    for (int i = 0; i < all.size(); i++) {
      Argument argument = all.get(i);
      dnnl_memory memory = dnnl.memory(resources, argument.layout().desc());
      array.position(i).arg(argument.key()).memory(memory);
      bindings.add(new Binding(memory, argument.region()));
    }
    array.position(0);
    String path = node.path();
    Dnnl.Prepared prepared =
        new Dnnl.Prepared(
            dnnl.primitive(resources, description, path + " " + kind), array, all.size());
    append(
        kind,
        Dnnl.implementation(description),
        Arrays.stream(arguments).mapToLong(argument -> argument.layout().bytes()).sum(),
        run -> dnnl.execute(prepared, path),
        all.stream().map(Argument::region).toList());
  }

  /** Appends a step written in Java. */
  void append(String kind, Action action, Region... used) {
    long bytes = Arrays.stream(used).mapToLong(Region::bytes).sum();
    append(kind, "java", bytes, action, List.of(used));
  }

  private void append(
      String kind, String implementation, long bytes, Action action, List<Region> used) {
    for (Region region : used) {
      region.usedAt(steps.size());
      if (region.bytes() > 0) {
        regions.add(region);
      }
    }
    // Of what a node becomes one step computes; the others bring its operands into order.
    long work = kind.equals(REORDER) || node == counted ? 0 : Work.multiplyAdds(node);
    counted = work > 0 ? node : counted;
    steps.add(new Step(new PlanStep(node.path(), kind, implementation, bytes, work), action));
  }
}
