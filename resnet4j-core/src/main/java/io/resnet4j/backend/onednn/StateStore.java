package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_FROM;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_TO;
import static org.bytedeco.dnnl.global.dnnl.dnnl_reorder_primitive_desc_create;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Session;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.plan.Plan;
import io.resnet4j.plan.Program;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_primitive_desc;

/**
 * The session's named tensors and their memory. Values of one preparation lie in one chunk, in plan
 * order; gradients and each optimiser slot lie in chunks of the same arrangement, so that an update
 * is a walk over parallel ranges.
 */
final class StateStore {
  /** Largest chunk, so that a chunk fits a view of floats. */
  private static final long CHUNK_BYTES = 1L << 30;

  /** The companion of a parameter that holds its gradient. */
  static final String GRADIENT = Session.GRADIENT;

  private final Dnnl dnnl;
  private final Resources resources;
  private final Map<String, Map<String, StateTensor>> namespaces = new LinkedHashMap<>();
  private final List<Chunk> chunks = new ArrayList<>();
  private final List<StateTensor> unallocated = new ArrayList<>();
  private final List<Packed> unbuilt = new ArrayList<>();
  private final Map<String, List<Derived>> derived = new HashMap<>();
  private final List<Derived> unplaced = new ArrayList<>();
  private final Followers followers = new Followers();
  private long bytes;

  /** A copy whose reorder is not built yet. */
  private record Packed(StateTensor tensor, StateTensor.Packing packing) {}

  private record Derived(Layout layout, Region region, Followers.Follower follower) {}

  /** Tensors that lie side by side. */
  static final class Chunk {
    int index;
    final List<StateTensor> tensors = new ArrayList<>();
    final List<Long> offsets = new ArrayList<>();
    final Map<String, Memory> companions = new LinkedHashMap<>();
    Memory values;
    long bytes;
  }

  StateStore(Dnnl dnnl, Resources resources) {
    this.dnnl = dnnl;
    this.resources = resources;
  }

  /** What follows the state. */
  Followers followers() {
    return followers;
  }

  // ---- naming ----

  /** The tensor behind a parameter or buffer of a plan, declared at first sight. */
  StateTensor tensor(Plan plan, Value value, long[] dims) {
    Op op = plan.graph().producer(value).op();
    boolean trained = op instanceof Op.Parameter;
    if (!trained && !(op instanceof Op.Buffer)) {
      throw new IllegalStateException(
          value.name() + ": weights, scales and statistics must be parameters or buffers here");
    }
    return declare(plan.namespace(), value.name(), value.shape(), dims, trained);
  }

  private StateTensor declare(
      String namespace, String path, Shape shape, long[] dims, boolean trained) {
    StateTensor known = namespace(namespace).get(path);
    if (known == null) {
      known =
          new StateTensor(namespace, path, shape, trained, Dnnl.plain(resources, dims, DType.F32));
      twin(known).ifPresent(known::adopt);
      namespace(namespace).put(path, known);
      unallocated.add(known);
    } else if (!known.shape.equals(shape)) {
      throw new InvalidInputException(
          namespace
              + " "
              + path
              + ": the session has shape "
              + known.shape
              + ", the plan "
              + shape);
    }
    return known;
  }

  /** The layout of the same tensor of the network, so that averages of it lie as it does. */
  private Optional<Layout> twin(StateTensor tensor) {
    return Optional.ofNullable(namespaces.getOrDefault(Program.MODEL, Map.of()).get(tensor.path))
        .filter(model -> Arrays.equals(model.canonical.dims(), tensor.canonical.dims()))
        .map(StateTensor::pin);
  }

  /** Gives a namespace a tensor like another one, if it has none of that path. */
  void declareLike(String namespace, StateTensor other) {
    declare(namespace, other.path, other.shape, other.canonical.dims(), other.trained);
  }

  private Map<String, StateTensor> namespace(String name) {
    return namespaces.computeIfAbsent(name, n -> new LinkedHashMap<>());
  }

  Map<String, Shape> shapes(String name, Predicate<StateTensor> which) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    for (StateTensor tensor : namespaces.getOrDefault(name, Map.of()).values()) {
      if (which.test(tensor)) {
        shapes.put(tensor.path, tensor.shape);
      }
    }
    return shapes;
  }

  StateTensor find(String namespace, String path) {
    StateTensor tensor = namespaces.getOrDefault(namespace, Map.of()).get(path);
    if (tensor == null) {
      throw new InvalidInputException(
          "state: no tensor '"
              + path
              + "' in namespace '"
              + namespace
              + "'; prepare a plan that names it first");
    }
    return tensor;
  }

  // ---- copies that follow a master ----

  /** A tensor in the layout that a primitive wants: the master itself or a copy that follows it. */
  Lowering.Placed packed(StateTensor tensor, Layout wanted) {
    if (wanted.same(tensor.layout())) {
      return new Lowering.Placed(tensor.pin(), tensor.value);
    }
    for (StateTensor.Packing packing : tensor.packings()) {
      if (packing.layout().same(wanted)) {
        followers.use(packing.follower());
        return new Lowering.Placed(packing.layout(), packing.region());
      }
    }
    StateTensor.Packing packing =
        new StateTensor.Packing(wanted, Region.external(), followers.of(tensor.namespace));
    tensor.packings().add(packing);
    unbuilt.add(new Packed(tensor, packing));
    return new Lowering.Placed(wanted, packing.region());
  }

  /**
   * A tensor computed from others whenever the state has changed, such as a weight with a batch
   * norm folded in.
   *
   * @param namespace of what it is computed from
   * @param key names the computation
   * @param canonical row-major f32 layout of what {@code compute} returns
   */
  Region derived(
      String namespace, String key, Layout wanted, Layout canonical, Supplier<float[]> compute) {
    for (Derived known : derived.getOrDefault(key, List.of())) {
      if (known.layout().same(wanted)) {
        followers.use(known.follower());
        return known.region();
      }
    }
    Derived made = new Derived(wanted, Region.external(), followers.of(namespace));
    derived.computeIfAbsent(key, k -> new ArrayList<>()).add(made);
    unplaced.add(made);
    made.follower().compute(() -> writeCanonical(wanted, made.region(), canonical, compute.get()));
    return made.region();
  }

  // ---- memory ----

  /** Bytes that {@link #allocate} will take. */
  long pendingBytes(Optional<String> trained) {
    long pending = copyBytes();
    for (StateTensor tensor : unallocated) {
      long companions = tensor.trained && trained.isPresent() ? 1 : 0;
      pending += aligned(tensor.layout().bytes()) * (1 + companions);
    }
    return pending + trained.map(name -> missingBytes(name, List.of(GRADIENT))).orElse(0L);
  }

  private long copyBytes() {
    long copies = 0;
    for (Packed packed : unbuilt) {
      copies += aligned(packed.packing().layout().bytes());
    }
    for (Derived made : unplaced) {
      copies += aligned(made.layout().bytes());
    }
    return copies;
  }

  private static long aligned(long size) {
    return (size + Memory.ALIGNMENT - 1) / Memory.ALIGNMENT * Memory.ALIGNMENT;
  }

  private Memory take(long size) {
    Memory memory = new Memory(size);
    bytes += size;
    resources.onClose(
        () -> {
          memory.close();
          bytes -= size;
        });
    return memory;
  }

  /**
   * Gives memory to everything declared since the last call and builds the copies' reorders: to all
   * of it or, if that fails, to nothing.
   *
   * @param trained the namespace whose trained tensors get memory for gradients, too
   */
  void allocate(Optional<String> trained) {
    // What can fail comes first.
    List<Chunk> made = arrange();
    made.forEach(chunk -> chunk.values = take(chunk.bytes));
    Map<Chunk, Memory> gradients = new LinkedHashMap<>();
    trained.ifPresent(
        namespace ->
            Stream.concat(chunks.stream(), made.stream())
                .filter(chunk -> lacks(chunk, namespace, GRADIENT))
                .forEach(chunk -> gradients.put(chunk, take(chunk.bytes))));
    long copyBytes = copyBytes();
    // One allocation for all, large enough to be returned when freed.
    long copies = copyBytes > 0 ? take(copyBytes).address() : 0;
    List<Runnable> reorders = unbuilt.stream().map(this::copy).toList();
    made.forEach(this::settle);
    gradients.forEach((chunk, memory) -> settle(chunk, GRADIENT, memory));
    settleCopies(copies, reorders);
    unallocated.clear();
    unbuilt.clear();
    unplaced.clear();
  }

  /** Takes back what has been declared since the last {@link #allocate}. */
  void forgetDeclared() {
    unallocated.forEach(tensor -> namespace(tensor.namespace).remove(tensor.path));
    unbuilt.forEach(packed -> packed.tensor().packings().remove(packed.packing()));
    derived.values().forEach(known -> known.removeAll(unplaced));
    unallocated.clear();
    unbuilt.clear();
    unplaced.clear();
    followers.takeUsed();
  }

  /** Chunks for what has been declared since; trained tensors lie apart. */
  private List<Chunk> arrange() {
    List<Chunk> made = new ArrayList<>();
    for (boolean trained : new boolean[] {true, false}) {
      Chunk chunk = new Chunk();
      for (StateTensor tensor : unallocated) {
        if (tensor.trained != trained) {
          continue;
        }
        tensor.pin();
        long size = aligned(tensor.layout().bytes());
        if (chunk.bytes > 0 && chunk.bytes + size > CHUNK_BYTES) {
          made.add(chunk);
          chunk = new Chunk();
        }
        chunk.tensors.add(tensor);
        chunk.offsets.add(chunk.bytes);
        chunk.bytes += size;
      }
      if (chunk.bytes > 0) {
        made.add(chunk);
      }
    }
    return made;
  }

  private Runnable copy(Packed packed) {
    StateTensor from = packed.tensor();
    StateTensor.Packing to = packed.packing();
    return copy(resources, from.layout(), from.value, to.layout(), to.region());
  }

  private void settle(Chunk chunk) {
    chunk.index = chunks.size();
    for (int i = 0; i < chunk.tensors.size(); i++) {
      StateTensor tensor = chunk.tensors.get(i);
      long offset = chunk.offsets.get(i);
      tensor.value.bind(chunk.values.address() + offset);
      long size = aligned(tensor.layout().bytes());
      tensor.settle(chunk, (int) (offset / Float.BYTES), (int) (size / Float.BYTES));
    }
    chunks.add(chunk);
  }

  private static void settle(Chunk chunk, String companion, Memory memory) {
    chunk.companions.put(companion, memory);
    for (int i = 0; i < chunk.tensors.size(); i++) {
      chunk.tensors.get(i).companion(companion).bind(memory.address() + chunk.offsets.get(i));
    }
  }

  private void settleCopies(long at, List<Runnable> reorders) {
    for (int i = 0; i < reorders.size(); i++) {
      StateTensor.Packing packing = unbuilt.get(i).packing();
      packing.region().bind(at);
      packing.follower().compute(reorders.get(i));
      at += aligned(packing.layout().bytes());
    }
    for (Derived made : unplaced) {
      made.region().bind(at);
      at += aligned(made.layout().bytes());
    }
  }

  /** Bytes that {@link #withCompanion} will take for these. */
  long missingBytes(String namespace, Collection<String> names) {
    return names.stream()
        .distinct()
        .mapToLong(name -> lacking(namespace, name).mapToLong(chunk -> chunk.bytes).sum())
        .sum();
  }

  private Stream<Chunk> lacking(String namespace, String companion) {
    return chunks.stream().filter(chunk -> lacks(chunk, namespace, companion));
  }

  /** Chunks hold tensors of one namespace, and only trained ones or none. */
  private static boolean lacks(Chunk chunk, String namespace, String companion) {
    StateTensor one = chunk.tensors.get(0);
    return one.trained
        && one.namespace.equals(namespace)
        && !chunk.companions.containsKey(companion);
  }

  /** Gives the trained tensors of a namespace memory for this companion, zero at first. */
  void withCompanion(String namespace, String name) {
    lacking(namespace, name).forEach(chunk -> settle(chunk, name, take(chunk.bytes)));
  }

  long bytes() {
    return bytes;
  }

  // ---- reading and writing ----

  static FloatBuffer floats(Region region, long count) {
    return Memory.floats(region.address(), count);
  }

  dnnl_primitive_desc reorder(Resources owner, Layout from, Layout to) {
    return dnnl.describe(
        owner,
        "reorder",
        Dnnl.NONE,
        (into, engine, attributes) ->
            dnnl_reorder_primitive_desc_create(
                into, from.desc(), engine, to.desc(), engine, attributes));
  }

  /** A prepared copy from one bound region to another. */
  Runnable copy(Resources owner, Layout from, Region source, Layout to, Region target) {
    dnnl_primitive_desc description = reorder(owner, from, to);
    dnnl_memory read = dnnl.memory(owner, from.desc());
    dnnl_memory written = dnnl.memory(owner, to.desc());
    dnnl_exec_arg_t arguments = new dnnl_exec_arg_t(3);
    owner.onClose(arguments::close);
    arguments.position(0).arg(DNNL_ARG_FROM).memory(read);
    arguments.position(1).arg(DNNL_ARG_TO).memory(written);
    int count = 2;
    long scratch = Dnnl.scratchBytes(description);
    if (scratch > 0) {
      Memory memory = new Memory(scratch);
      owner.onClose(memory::close);
      dnnl_memory object = dnnl.memory(owner, Dnnl.scratchLayout(owner, description).desc());
      Dnnl.bind(object, memory.address());
      arguments.position(2).arg(Dnnl.SCRATCHPAD).memory(object);
      count = 3;
    }
    arguments.position(0);
    Dnnl.Prepared prepared =
        new Dnnl.Prepared(dnnl.primitive(owner, description, "reorder"), arguments, count);
    return () -> {
      Dnnl.bind(read, source.address());
      Dnnl.bind(written, target.address());
      dnnl.execute(prepared, "reorder");
      dnnl.await();
    };
  }

  /** The elements of a tensor in canonical order. */
  float[] read(StateTensor tensor) {
    return readCanonical(tensor.layout(), tensor.value, tensor.canonical);
  }

  /** Sets a tensor from canonical order. */
  void write(StateTensor tensor, float[] values) {
    writeCanonical(tensor.layout(), tensor.value, tensor.canonical, values);
    followers.touch(tensor.namespace);
  }

  /** The elements at a region of the tensor's layout, in canonical order. */
  float[] readCanonical(Layout layout, Region region, Layout canonical) {
    int count = Math.toIntExact(canonical.bytes() / Float.BYTES);
    float[] values = new float[count];
    try (Resources temporary = new Resources();
        Memory memory = new Memory(canonical.bytes())) {
      Region target = Region.external();
      target.bind(memory.address());
      copy(temporary, layout, region, canonical, target).run();
      floats(target, count).get(values);
    }
    return values;
  }

  /** Sets a region of the tensor's layout from canonical order. */
  void writeCanonical(Layout layout, Region region, Layout canonical, float[] values) {
    try (Resources temporary = new Resources();
        Memory memory = new Memory(canonical.bytes())) {
      Region source = Region.external();
      source.bind(memory.address());
      floats(source, values.length).put(values);
      copy(temporary, canonical, source, layout, region).run();
    }
  }
}
