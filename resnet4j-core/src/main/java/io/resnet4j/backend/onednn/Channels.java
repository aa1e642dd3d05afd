package io.resnet4j.backend.onednn;

import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.tensor.DType;

/** Channels side by side and some of the channels; row-major where they share a block. */
final class Channels {
  private final Lowering lowering;

  Channels(Lowering lowering) {
    this.lowering = lowering;
  }

  void concat(Node node) {
    Value y = node.output();
    DType type = lowering.plan.type(y);
    Order order =
        Order.of(lowering, lowering.operand(node.input(0), type).layout()).orElse(Order.ROWS);
    for (Value part : node.inputs()) {
      int channels = part.shape().dim(1);
      order = order.padded(channels) == channels ? order : Order.ROWS;
    }
    Layout layout = order.layout(lowering, type, Lowering.dims(y.shape()));
    Region region = lowering.place(y, layout).region();
    int channel = 0;
    for (Value part : node.inputs()) {
      long[] dims = Lowering.dims(part.shape());
      lowering.reorder(
          lowering.operand(part, type), new Lowering.Placed(part(layout, dims, channel), region));
      channel += part.shape().dim(1);
    }
  }

  private Layout part(Layout whole, long[] dims, int channel) {
    return Dnnl.part(lowering.resources, whole, dims, new long[] {0, channel, 0, 0});
  }

  void slice(Op.Slice op, Node node) {
    Value x = node.input(0);
    Value y = node.output();
    Lowering.Placed from = lowering.operand(x, lowering.plan.type(y));
    Order order = Order.of(lowering, from.layout()).orElse(Order.ROWS);
    boolean aligned =
        order.padded(op.from()) == op.from()
            && (order.padded(op.to()) == op.to() || op.to() == x.shape().dim(1));
    if (!aligned) {
      order = Order.ROWS;
    }
    DType type = from.layout().type();
    from = lowering.bring(x, order.layout(lowering, type, Lowering.dims(x.shape())));
    long[] dims = Lowering.dims(y.shape());
    lowering.reorder(
        new Lowering.Placed(part(from.layout(), dims, op.from()), from.region()),
        lowering.place(y, order.layout(lowering, type, dims)));
  }
}
