package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.dnnl_binary_add;
import static org.bytedeco.dnnl.global.dnnl.dnnl_binary_mul;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_forward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_linear;
import static org.bytedeco.dnnl.global.dnnl.dnnl_forward_training;

import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.tensor.DType;
import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.dnnl.dnnl_primitive_desc;

/** Sums and products with a value that is broadcast, and with constants. */
final class Broadcasts {
  private final Lowering lowering;
  private final Pointwise pointwise;

  Broadcasts(Lowering lowering, Pointwise pointwise) {
    this.lowering = lowering;
    this.pointwise = pointwise;
  }

  void shift(Node node) {
    broadcast("shift", dnnl_binary_add, node.input(0), node.input(1), node.output());
  }

  void multiply(Node node) {
    multiply("multiply", node.input(0), node.input(1), node.output());
  }

  /** y = wide narrow. */
  void multiply(String kind, Value wide, Value narrow, Value y) {
    broadcast(kind, dnnl_binary_mul, wide, narrow, y);
  }

  private void broadcast(String kind, int algorithm, Value wide, Value narrow, Value y) {
    Lowering.Placed x = lowering.operand(wide, lowering.plan.type(y));
    if (wide.shape().equals(narrow.shape())) {
      Lowering.Placed other = lowering.bring(narrow, x.layout());
      emit(kind, algorithm, x, other, lowering.placeOver(y, x.layout(), wide, x));
      return;
    }
    Optional<Order> order = Order.of(lowering, x.layout());
    if (order.isEmpty()) {
      x = lowering.bring(wide, lowering.plain(wide.shape(), x.layout().type()));
    }
    DType type = lowering.placed(narrow).layout().type();
    long[] dims = extents(wide, narrow);
    if (algorithm == dnnl_binary_mul && bySample(wide, narrow)) {
      multiplySamples(
          kind, wide, x, lowering.bring(narrow, Dnnl.plain(lowering.resources, dims, type)), y);
      return;
    }
    // oneDNN has code of its own for a narrow operand in the order of the wide one only.
    Layout wanted =
        order.isPresent()
            ? order.get().layout(lowering, type, dims)
            : Dnnl.plain(lowering.resources, dims, type);
    Lowering.Placed other = lowering.bring(narrow, wanted);
    emit(kind, algorithm, x, other, lowering.placeOver(y, x.layout(), wide, x));
  }

  /** Extents of a broadcast value in the rank of the other. */
  private static long[] extents(Value wide, Value narrow) {
    if (narrow.shape().rank() == wide.shape().rank()) {
      return Lowering.dims(narrow.shape());
    }
    long[] ones = new long[wide.shape().rank()];
    Arrays.fill(ones, 1);
    return ones;
  }

  private static boolean bySample(Value wide, Value narrow) {
    long samples = wide.shape().dim(0);
    return samples > 1
        && narrow.shape().rank() == wide.shape().rank()
        && narrow.shape().dim(0) == samples
        && narrow.shape().elements() == samples;
  }

  /**
   * A factor for each sample, which oneDNN has only reference code for: as a factor for each
   * channel of one picture whose channels are the samples. Zeros that fill blocks stay zeros.
   */
  private void multiplySamples(
      String kind, Value wide, Lowering.Placed x, Lowering.Placed factors, Value y) {
    Lowering.Placed to = lowering.placeOver(y, x.layout(), wide, x);
    long samples = wide.shape().dim(0);
    long each = x.layout().bytes() / x.layout().type().bytes() / samples;
    Layout rows = Dnnl.plain(lowering.resources, new long[] {1, samples, each}, x.layout().type());
    Layout one =
        Dnnl.plain(lowering.resources, new long[] {1, samples, 1}, factors.layout().type());
    emit(
        kind,
        dnnl_binary_mul,
        new Lowering.Placed(rows, x.region()),
        new Lowering.Placed(one, factors.region()),
        new Lowering.Placed(rows, to.region()));
  }

  private void emit(
      String kind, int algorithm, Lowering.Placed a, Lowering.Placed b, Lowering.Placed y) {
    pointwise.binary(kind, algorithm, a, b, y, Dnnl.NONE);
  }

  void affine(Op.Affine op, Node node) {
    Lowering.Placed x = lowering.operand(node.input(0), lowering.plan.type(node.output()));
    Layout layout = x.layout();
    dnnl_primitive_desc description =
        lowering.dnnl.describe(
            lowering.resources,
            "eltwise",
            Dnnl.NONE,
            (into, engine, attributes) ->
                dnnl_eltwise_forward_primitive_desc_create(
                    into,
                    engine,
                    dnnl_forward_training,
                    dnnl_eltwise_linear,
                    layout.desc(),
                    layout.desc(),
                    (float) op.factor(),
                    (float) op.addend(),
                    attributes));
    Lowering.Placed y = lowering.placeOver(node.output(), layout, node.input(0), x);
    lowering.emit(
        "affine",
        description,
        Lowering.argument(DNNL_ARG_SRC, x),
        Lowering.argument(DNNL_ARG_DST, y));
  }
}
