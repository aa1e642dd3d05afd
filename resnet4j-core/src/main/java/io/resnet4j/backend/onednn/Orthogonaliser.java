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
 * and that is as large as the largest needs.
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

  Orthogonaliser(Dnnl dnnl, Resources resources, StateStore store) {
    this.dnnl = dnnl;
    this.resources = resources;
    this.store = store;
    for (Buffer buffer : List.of(direction, x, y, square, fourth, scratch)) {
      resources.onClose(buffer::close);
    }
  }

  /** Memory that grows. */
  private static final class Buffer {
    final Region region = Region.external();
    private Memory memory = new Memory(Memory.ALIGNMENT);

    void require(long bytes) {
      if (memory.bytes() < bytes) {
        memory.close();
        memory = new Memory(bytes);
      }
      region.bind(memory.address());
    }

    FloatBuffer floats() {
      return memory.floats();
    }

    void close() {
      memory.close();
    }
  }

  private record Copies(Runnable in, Runnable out) {}

  /** Where the caller leaves a direction in the tensor's layout, and finds it orthogonalised. */
  Sweep.Operand operand(StateTensor tensor) {
    direction.require((long) tensor.floats() * Float.BYTES);
    return new Sweep.Operand(direction.floats(), 0, true);
  }

  /** Orthogonalises the direction; what is left to multiply it by: sqrt(max(1, rows / columns)). */
  double orthogonalise(StateTensor tensor) {
    long rows = tensor.shape.dim(0);
    long columns = tensor.shape.elements() / rows;
    int count = Math.toIntExact(rows * columns);
    Steps product = steps.computeIfAbsent(List.of(rows, columns), s -> new Steps(rows, columns));
    long bytes = (long) count * Float.BYTES;
    long small = Math.min(rows, columns);
    x.require(bytes);
    y.require(bytes);
    square.require(small * small * Float.BYTES);
    fourth.require(small * small * Float.BYTES);
    Copies copy = copies.computeIfAbsent(tensor, this::copies);
    copy.in().run();
    normalise(count);
    for (int i = 0; i < UpdateRule.Muon.ITERATIONS; i++) {
      product.square.run(x, x, square);
      fourth.floats().put(0, square.floats(), 0, Math.toIntExact(small * small));
      product.fourth.run(square, square, fourth);
      y.floats().put(0, x.floats(), 0, count);
      if (rows <= columns) {
        product.next.run(fourth, x, y);
      } else {
        product.next.run(x, fourth, y);
      }
      x.floats().put(0, y.floats(), 0, count);
    }
    copy.out().run();
    return Math.sqrt(Math.max(1, rows / (double) columns));
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
    final Product square;
    final Product fourth;
    final Product next;

    Steps(long rows, long columns) {
      Layout matrix = layout(rows, columns, dnnl_ab);
      Layout turned = layout(columns, rows, dnnl_ba);
      boolean wide = rows <= columns;
      long small = Math.min(rows, columns);
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
        scratch.require(scratchBytes);
        Dnnl.bind(memories[3], scratch.region.address());
      }
      dnnl.execute(prepared, "Muon");
      dnnl.await();
    }
  }
}
