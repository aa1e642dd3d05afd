package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_FROM;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_TO;
import static org.bytedeco.dnnl.global.dnnl.dnnl_reorder_primitive_desc_create;

import io.resnet4j.graph.Node;
import io.resnet4j.graph.Value;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import org.bytedeco.dnnl.dnnl_primitive_desc;

/**
 * Mirrored borders: copies of columns, then of whole rows. The gradient adds in the opposite
 * direction: rows, then columns.
 */
final class Reflections {
  private final Lowering lowering;

  Reflections(Lowering lowering) {
    this.lowering = lowering;
  }

  /** A picture whose parts are copied: planes of rows, whatever a pixel is made of. */
  private final class Picture {
    private final Layout planes;
    private final Region region;
    private final int pixel;

    Picture(Lowering.Placed placed, Shape shape) {
      Order order = Order.of(lowering, placed.layout()).orElseThrow();
      int channels = order.padded(shape.dim(1));
      region = placed.region();
      pixel = order == Order.CHANNELS_LAST ? channels : order.block();
      long[] dims = {
        (long) shape.dim(0) * channels / pixel, shape.dim(2), (long) shape.dim(3) * pixel
      };
      planes = Dnnl.plain(lowering.resources, dims, placed.layout().type());
    }

    Lowering.Placed part(int row, int column, int rows, int columns) {
      long[] dims = {planes.dims()[0], rows, (long) columns * pixel};
      long[] offsets = {0, row, (long) column * pixel};
      return new Lowering.Placed(Dnnl.part(lowering.resources, planes, dims, offsets), region);
    }
  }

  /** A value in an order whose rows and columns can be told apart. */
  private Lowering.Placed ordered(Value value, DType type) {
    Lowering.Placed placed = lowering.operand(value, type);
    return Order.of(lowering, placed.layout()).isPresent()
        ? placed
        : lowering.bring(value, lowering.plain(value.shape(), type));
  }

  private Layout like(Lowering.Placed placed, Shape shape) {
    Order order = Order.of(lowering, placed.layout()).orElseThrow();
    return order.layout(lowering, placed.layout().type(), Lowering.dims(shape));
  }

  void forward(int pad, Node node) {
    Lowering.Placed x = ordered(node.input(0), lowering.plan.type(node.output()));
    int h = node.input(0).shape().dim(2);
    int w = node.input(0).shape().dim(3);
    Shape wider = node.output().shape();
    Picture from = new Picture(x, node.input(0).shape());
    Picture to = new Picture(lowering.place(node.output(), like(x, wider)), wider);
    lowering.reorder(from.part(0, 0, h, w), to.part(pad, pad, h, w));
    for (int i = 1; i <= pad; i++) {
      lowering.reorder(from.part(0, i, h, 1), to.part(pad, pad - i, h, 1));
      lowering.reorder(from.part(0, w - 1 - i, h, 1), to.part(pad, pad + w - 1 + i, h, 1));
    }
    int wide = w + 2 * pad;
    for (int i = 1; i <= pad; i++) {
      lowering.reorder(to.part(pad + i, 0, 1, wide), to.part(pad - i, 0, 1, wide));
      int last = pad + h - 1;
      lowering.reorder(to.part(last - i, 0, 1, wide), to.part(last + i, 0, 1, wide));
    }
  }

  void gradient(int pad, Node node) {
    Value dy = node.input(0);
    Lowering.Placed given = ordered(dy, lowering.plan.type(node.output()));
    int h = node.output().shape().dim(2);
    int w = node.output().shape().dim(3);
    Picture sums = new Picture(scratch(dy, given), dy.shape());
    int wide = w + 2 * pad;
    for (int i = 1; i <= pad; i++) {
      add(sums.part(pad - i, 0, 1, wide), sums.part(pad + i, 0, 1, wide));
      int last = pad + h - 1;
      add(sums.part(last + i, 0, 1, wide), sums.part(last - i, 0, 1, wide));
    }
    for (int i = 1; i <= pad; i++) {
      add(sums.part(pad, pad - i, h, 1), sums.part(pad, pad + i, h, 1));
      int last = pad + w - 1;
      add(sums.part(pad, last + i, h, 1), sums.part(pad, last - i, h, 1));
    }
    Lowering.Placed dx = lowering.place(node.output(), like(given, node.output().shape()));
    Picture to = new Picture(dx, node.output().shape());
    lowering.reorder(sums.part(pad, pad, h, w), to.part(0, 0, h, w));
  }

  /** The gradient itself if nobody reads it afterwards, or a copy. */
  private Lowering.Placed scratch(Value dy, Lowering.Placed given) {
    Layout layout = given.layout();
    if (lowering.mayOverwrite(dy, given, layout)) {
      return given;
    }
    Lowering.Placed copy = new Lowering.Placed(layout, lowering.region(layout.bytes()));
    lowering.reorder(given, copy);
    return copy;
  }

  private void add(Lowering.Placed from, Lowering.Placed to) {
    dnnl_primitive_desc description =
        lowering.dnnl.describe(
            lowering.resources,
            "reorder",
            Eltwise::appendSum,
            (into, engine, attributes) ->
                dnnl_reorder_primitive_desc_create(
                    into, from.layout().desc(), engine, to.layout().desc(), engine, attributes));
    lowering.emit(
        "add border",
        description,
        Lowering.argument(DNNL_ARG_FROM, from),
        Lowering.argument(DNNL_ARG_TO, to));
  }
}
