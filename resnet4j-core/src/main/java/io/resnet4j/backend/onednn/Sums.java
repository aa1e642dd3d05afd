package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.dnnl_matmul_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_reduction_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_reduction_sum;

import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.bytedeco.dnnl.dnnl_primitive_desc;

/**
 * Sums in f32 over what a broadcast repeats. The usual ones, of everything and of the pixels of a
 * channel, are products with ones, in the order in which the values lie: oneDNN's reduction has
 * only reference code for blocks.
 */
final class Sums {
  private final Lowering lowering;

  Sums(Lowering lowering) {
    this.lowering = lowering;
  }

  void sumTo(Op.SumTo op, Node node) {
    Value x = node.input(0);
    Shape to = op.shape();
    Lowering.Placed from = lowering.placed(x);
    Order order = Order.of(lowering, from.layout()).orElse(Order.ROWS);
    if (Order.of(lowering, from.layout()).isEmpty()) {
      from = lowering.bring(x, lowering.plain(x.shape(), from.layout().type()));
    }
    if (to.elements() == 1) {
      all(from, x.shape().dim(0), node.output());
    } else if (x.shape().rank() == 4
        && to.dim(1) == x.shape().dim(1)
        && to.dim(2) == 1
        && to.dim(3) == 1) {
      pixels(order, from, x.shape(), node.output());
    } else {
      reduce(from, node.output());
    }
  }

  /** Each sample's sum, then theirs in double; zeros that fill blocks add nothing. */
  private void all(Lowering.Placed x, long samples, Value y) {
    DType type = x.layout().type();
    long each = x.layout().bytes() / type.bytes() / samples;
    Lowering.Placed sums =
        multiply(
            new Lowering.Placed(plain(type, samples, each), x.region()),
            ones(type, each, 1),
            plain(DType.F32, samples, 1));
    add(sums.region(), (int) samples, lowering.place(y, lowering.plain(y.shape(), DType.F32)), 1);
  }

  /** To [N,C,1,1], or from there to [1,C,1,1]. */
  private void pixels(Order order, Lowering.Placed x, Shape shape, Value y) {
    DType type = x.layout().type();
    int samples = shape.dim(0);
    long pixels = (long) shape.dim(2) * shape.dim(3);
    int channels = order.padded(shape.dim(1));
    Lowering.Placed sums;
    if (order == Order.ROWS) {
      long rows = (long) samples * channels;
      sums =
          multiply(
              new Lowering.Placed(plain(type, rows, pixels), x.region()),
              ones(type, pixels, 1),
              plain(DType.F32, rows, 1));
    } else {
      long together = order == Order.CHANNELS_LAST ? channels : order.block();
      long parts = samples * channels / together;
      sums =
          multiply(
              ones(type, 1, 1, pixels),
              new Lowering.Placed(plain(type, parts, pixels, together), x.region()),
              plain(DType.F32, parts, 1, together));
    }
    Layout layout = order.layout(lowering, DType.F32, Lowering.dims(y.shape()));
    if (y.shape().dim(0) == samples) {
      lowering.place(y, layout, sums.region());
    } else {
      add(sums.region(), samples, lowering.place(y, layout), channels);
    }
  }

  private Layout plain(DType type, long... dims) {
    return Dnnl.plain(lowering.resources, dims, type);
  }

  private Lowering.Placed ones(DType type, long... dims) {
    Layout wanted = plain(type, dims);
    int count = (int) Arrays.stream(dims).reduce(1, Math::multiplyExact);
    Region region =
        lowering.store.derived(
            "ones " + Arrays.toString(dims),
            wanted,
            plain(DType.F32, dims),
            () -> {
              float[] ones = new float[count];
              Arrays.fill(ones, 1);
              return ones;
            });
    return new Lowering.Placed(wanted, region);
  }

  private Lowering.Placed multiply(Lowering.Placed a, Lowering.Placed b, Layout y) {
    dnnl_primitive_desc description =
        lowering.dnnl.describe(
            lowering.resources,
            "matrix product",
            Dnnl.NONE,
            (into, engine, attributes) ->
                dnnl_matmul_primitive_desc_create(
                    into,
                    engine,
                    a.layout().desc(),
                    b.layout().desc(),
                    null,
                    y.desc(),
                    attributes));
    Lowering.Placed to = new Lowering.Placed(y, lowering.region(y.bytes()));
    lowering.emit(
        "sum",
        description,
        Lowering.argument(DNNL_ARG_SRC, a),
        Lowering.argument(DNNL_ARG_WEIGHTS, b),
        Lowering.argument(DNNL_ARG_DST, to));
    return to;
  }

  /** y[i] = sum over n of x[n, i]. */
  private void add(Region x, int rows, Lowering.Placed y, int columns) {
    FloatView from = new FloatView(x, (long) rows * columns);
    FloatView to = new FloatView(y.region(), columns);
    lowering.append(
        "sum over samples",
        run -> {
          FloatBuffer read = from.get();
          FloatBuffer written = to.get();
          for (int i = 0; i < columns; i++) {
            double sum = 0;
            for (int n = 0; n < rows; n++) {
              sum += read.get(n * columns + i);
            }
            written.put(i, (float) sum);
          }
        },
        x,
        y.region());
  }

  private void reduce(Lowering.Placed x, Value y) {
    Layout layout = lowering.plain(y.shape(), DType.F32);
    dnnl_primitive_desc description =
        lowering.dnnl.describe(
            lowering.resources,
            "reduction",
            Dnnl.NONE,
            (into, engine, attributes) ->
                dnnl_reduction_primitive_desc_create(
                    into,
                    engine,
                    dnnl_reduction_sum,
                    x.layout().desc(),
                    layout.desc(),
                    0,
                    0,
                    attributes));
    lowering.emit(
        "sum",
        description,
        Lowering.argument(DNNL_ARG_SRC, x),
        Lowering.argument(DNNL_ARG_DST, lowering.place(y, layout)));
  }
}
