package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_binary_mul;

import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.DType;
import java.nio.FloatBuffer;

/** Dropout of elements, samples, batches and squares: a mask drawn at each run, and a product. */
final class Masks {
  private final Lowering lowering;
  private final Pointwise pointwise;
  private final Broadcasts broadcasts;

  Masks(Lowering lowering, Pointwise pointwise, Broadcasts broadcasts) {
    this.lowering = lowering;
    this.pointwise = pointwise;
    this.broadcasts = broadcasts;
  }

  void dropout(Op.Dropout op, Node node) {
    int count = Math.toIntExact(node.output(1).shape().elements());
    float kept = (float) (1 / (1 - op.probability()));
    multiply(
        node,
        (random, mask) -> {
          for (int i = 0; i < count; i++) {
            mask.put(i, random.uniformAt(i) < op.probability() ? 0 : kept);
          }
        });
  }

  void dropBlock(Op.DropBlock op, Node node) {
    float[] values = new float[Math.toIntExact(node.output(1).shape().elements())];
    multiply(
        node,
        (random, mask) -> {
          op.mask(node.input(0).shape(), random::uniformAt, values);
          mask.put(0, values);
        });
  }

  /** Writes a mask, row-major. */
  private interface Draw {
    void into(KeyedRandom random, FloatBuffer mask);
  }

  private void multiply(Node node, Draw draw) {
    Value x = node.input(0);
    Value mask = node.output(1);
    Layout plain = lowering.plain(mask.shape(), DType.F32);
    Lowering.Placed drawn = new Lowering.Placed(plain, lowering.region(plain.bytes()));
    FloatView view = new FloatView(drawn.region(), mask.shape().elements());
    String path = node.path();
    lowering.append(
        "mask",
        run -> draw.into(KeyedRandom.of(run.seed(), path).child(run.step()), view.get()),
        drawn.region());
    if (mask.shape().equals(x.shape())) {
      Lowering.Placed from = lowering.operand(x);
      lowering.reorder(drawn, lowering.place(mask, from.layout()));
    } else {
      lowering.place(mask, plain, drawn.region());
    }
    broadcasts.multiply("dropout", x, mask, node.output());
  }

  void gradient(Node node) {
    Value mask = node.input(0);
    Value dy = node.input(1);
    if (!mask.shape().equals(dy.shape())) {
      broadcasts.multiply("dropout backward", dy, mask, node.output());
      return;
    }
    // The gradient comes to the mask's layout, which is that of x.
    Lowering.Placed kept = lowering.placed(mask);
    Lowering.Placed from = lowering.bring(dy, kept.layout());
    Lowering.Placed dx = lowering.placeOver(node.output(), kept.layout(), dy, from);
    pointwise.binary("dropout backward", dnnl_binary_mul, from, kept, dx, Dnnl.NONE);
  }
}
