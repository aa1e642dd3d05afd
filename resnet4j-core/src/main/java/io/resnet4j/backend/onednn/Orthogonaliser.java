package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.dnnl_ab;
import static org.bytedeco.dnnl.global.dnnl.dnnl_ba;
import static org.bytedeco.dnnl.global.dnnl.dnnl_data_type_undef;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_linear;
import static org.bytedeco.dnnl.global.dnnl.dnnl_matmul_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_post_ops_append_eltwise;
import static org.bytedeco.dnnl.global.dnnl.dnnl_post_ops_append_sum;

import io.resnet4j.plan.UpdateRule;
import io.resnet4j.tensor.DType;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_primitive_desc;

/**
 * Muon's Newton-Schulz steps with oneDNN's matrix products: X' = A X + (B S + C S S) X with S = X
 * X^T, on the side of X that makes S small. A tensor is worked on alone, in memory that all share
 * and that is as large as the largest needs; it is reserved before.
 */
final class Orthogonaliser {
  private static final float A = (float) UpdateRule.Muon.A;
  private static final float B = (float) UpdateRule.Muon.B;
  private static final float C = (float) UpdateRule.Muon.C;

  private final Dnnl dnnl;
  private final Resources resources;
  private final StateStore store;
  private final Map<StateTensor, Copies> copies = new HashMap<>();
  private final Map<List<Long>, Steps> steps = new HashMap<>();

  // In the tensor's layout: the direction, before and after. Then two matrices and two squares.
  private final Buffer direction = new Buffer();
  private final Buffer x = new Buffer();
  private final Buffer y = new Buffer();
  private final Buffer square = new Buffer();
  private final Buffer fourth = new Buffer();
  private final Buffer scratch = new Buffer();
  private Sizes held = Sizes.NONE;

  Orthogonaliser(Dnnl dnnl, Resources resources, StateStore store) {
    this.dnnl = dnnl;
    this.resources = resources;
    this.store = store;
    for (Buffer buffer : List.of(direction, x, y, square, fourth, scratch)) {
      resources.onClose(buffer::close);
    }
  }

  /** Memory that grows, and where it lies. */
  private static final class Buffer {
    final Region region = Region.external();
    private final GrowingMemory memory = new GrowingMemory(Memory::new);

    void require(long bytes) {
      try {
        if (memory.bytes() < bytes) {
          memory.replace(bytes);
        }
      } finally {
        // Refused memory lies elsewhere too, or is gone.
        region.bind(memory.address());
      }
    }

    FloatBuffer floats() {
      return memory.floats();
    }

    void close() {
      memory.close();
    }
  }

  /**
   * Bytes of the buffers.
   *
   * @param direction in a tensor's layout
   * @param matrix of each of {@code x} and {@code y}
   * @param small of each of {@code square} and {@code fourth}
   * @param scratch of the products
   */
  private record Sizes(long direction, long matrix, long small, long scratch) {
    static final Sizes NONE = new Sizes(0, 0, 0, 0);

    /** Enough for both. */
    Sizes or(Sizes other) {
      return new Sizes(
          Math.max(direction, other.direction),
          Math.max(matrix, other.matrix),
          Math.max(small, other.small),
          Math.max(scratch, other.scratch));
    }

    long bytes() {
      return direction + 2 * (matrix + small) + scratch;
    }
  }

  /** Bytes that {@link #reserve} will take for these. */
  long missingBytes(List<StateTensor> tensors) {
    return wanted(tensors).bytes() - held.bytes();
  }

  /** Takes the memory in which these are orthogonalised. */
  void reserve(List<StateTensor> tensors) {
    Sizes wanted = wanted(tensors);
    direction.require(wanted.direction());
    x.require(wanted.matrix());
    y.require(wanted.matrix());
    square.require(wanted.small());
    fourth.require(wanted.small());
    scratch.require(wanted.scratch());
    held = wanted;
  }

  private Sizes wanted(List<StateTensor> tensors) {
    Sizes wanted = held;
    for (StateTensor tensor : tensors) {
      wanted = wanted.or(steps(tensor).sizes((long) tensor.floats() * Float.BYTES));
    }
    return wanted;
  }

  long bytes() {
    return held.bytes();
  }

  private Steps steps(StateTensor tensor) {
    long rows = tensor.shape.dim(0);
    long columns = tensor.shape.elements() / rows;
    return steps.computeIfAbsent(List.of(rows, columns), s -> new Steps(rows, columns));
  }

  private record Copies(Runnable in, Runnable out) {}

  /** Where the caller leaves a direction in a tensor's layout, and finds it orthogonalised. */
  Sweep.Operand operand() {
    return new Sweep.Operand(direction.floats(), 0, true);
  }

  /** Orthogonalises the direction; what is left to multiply it by: sqrt(max(1, rows / columns)). */
  double orthogonalise(StateTensor tensor) {
    Steps product = steps(tensor);
    int count = Math.toIntExact(product.rows * product.columns);
    int small = Math.toIntExact(product.small * product.small);
    Copies copy = copies.computeIfAbsent(tensor, this::copies);
    copy.in().run();
    normalise(count);
    for (int i = 0; i < UpdateRule.Muon.ITERATIONS; i++) {
      product.square.run(x, x, square);
      fourth.floats().put(0, square.floats(), 0, small);
      product.fourth.run(square, square, fourth);
      y.floats().put(0, x.floats(), 0, count);
      if (product.wide) {
        product.next.run(fourth, x, y);
      } else {
        product.next.run(x, fourth, y);
      }
      x.floats().put(0, y.floats(), 0, count);
    }
    copy.out().run();
    return Math.sqrt(Math.max(1, product.rows / (double) product.columns));
  }

  private Copies copies(StateTensor tensor) {
    return new Copies(
        store.copy(resources, tensor.layout(), direction.region, tensor.canonical, x.region),
        store.copy(resources, tensor.canonical, x.region, tensor.layout(), direction.region));
  }

  private void normalise(int count) {
    List<Sweep.Operand> matrix = List.of(new Sweep.Operand(x.floats(), 0, true));
    Sweep measure = new Sweep();
    measure.add((v, n, sums) -> sums[0] += Kernels.squares(v[0], n), count, matrix);
    double norm = Math.max(Math.sqrt(measure.run()[0][0]), UpdateRule.Muon.EPSILON);
    Sweep divide = new Sweep();
    divide.add((v, n, sums) -> Kernels.scale(v[0], (float) (1 / norm), n), count, matrix);
    divide.run();
  }

  /** The three products for one shape of matrix. */
  private final class Steps {
    final long rows;
    final long columns;
    final long small;
    final boolean wide;
    final Product square;
    final Product fourth;
    final Product next;

    Steps(long rows, long columns) {
      this.rows = rows;
      this.columns = columns;
      small = Math.min(rows, columns);
      wide = rows <= columns;
      Layout matrix = layout(rows, columns, dnnl_ab);
      Layout turned = layout(columns, rows, dnnl_ba);
      Layout s = layout(small, small, dnnl_ab);
      square = wide ? new Product(matrix, turned, s, Dnnl.NONE) : new Product(turned, matrix, s);
      fourth =
          new Product(
              s,
              s,
              s,
              to -> {
                Dnnl.check(dnnl_post_ops_append_eltwise(to, dnnl_eltwise_linear, C, 0), "post-op");
                Dnnl.check(dnnl_post_ops_append_sum(to, B, 0, dnnl_data_type_undef), "post-op");
              });
      next =
          new Product(
              wide ? s : matrix,
              wide ? matrix : s,
              matrix,
              to -> Dnnl.check(dnnl_post_ops_append_sum(to, A, 0, dnnl_data_type_undef), "sum"));
    }

    Sizes sizes(long direction) {
      long most = Math.max(square.scratchBytes, Math.max(fourth.scratchBytes, next.scratchBytes));
      return new Sizes(direction, rows * columns * Float.BYTES, small * small * Float.BYTES, most);
    }

    private Layout layout(long rows, long columns, int tag) {
      return Dnnl.tagged(resources, new long[] {rows, columns}, DType.F32, tag);
    }
  }

  /** A prepared product of matrices wherever they lie. */
  private final class Product {
    private final dnnl_memory[] memories = new dnnl_memory[4];
    private final Dnnl.Prepared prepared;
    private final long scratchBytes;

    Product(Layout left, Layout right, Layout result) {
      this(left, right, result, Dnnl.NONE);
    }

    Product(Layout left, Layout right, Layout result, Dnnl.PostOps postOps) {
      dnnl_primitive_desc description =
          dnnl.describe(
              resources,
              "matrix product",
              postOps,
              (into, engine, attributes) ->
                  dnnl_matmul_primitive_desc_create(
                      into, engine, left.desc(), right.desc(), null, result.desc(), attributes));
      scratchBytes = Dnnl.scratchBytes(description);
      int count = scratchBytes > 0 ? 4 : 3;
      dnnl_exec_arg_t arguments = new dnnl_exec_arg_t(count);
      resources.onClose(arguments::close);
      int[] keys = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST, Dnnl.SCRATCHPAD};
      Layout[] layouts = {left, right, result};
      for (int i = 0; i < count; i++) {
        Layout layout = i < 3 ? layouts[i] : Dnnl.scratchLayout(resources, description);
        memories[i] = dnnl.memory(resources, layout.desc());
        arguments.position(i).arg(keys[i]).memory(memories[i]);
      }
      arguments.position(0);
      prepared =
          new Dnnl.Prepared(
              dnnl.primitive(resources, description, "matrix product"), arguments, count);
    }

    void run(Buffer left, Buffer right, Buffer result) {
      Dnnl.bind(memories[0], left.region.address());
      Dnnl.bind(memories[1], right.region.address());
      Dnnl.bind(memories[2], result.region.address());
      if (scratchBytes > 0) {
        Dnnl.bind(memories[3], scratch.region.address());
      }
      dnnl.execute(prepared, "Muon");
      dnnl.await();
    }
  }
}
