package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_0;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_1;
import static org.bytedeco.dnnl.global.dnnl.dnnl_binary_add;
import static org.bytedeco.dnnl.global.dnnl.dnnl_binary_mul;
import static org.bytedeco.dnnl.global.dnnl.dnnl_binary_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_backward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_forward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_forward_training;

import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.DType;
import java.nio.FloatBuffer;
import org.bytedeco.dnnl.dnnl_primitive_desc;

/** Non-linearities, sums and dropout: one pass over memory each, in place where that is safe. */
final class Pointwise {
  private final Lowering lowering;

  Pointwise(Lowering lowering) {
    this.lowering = lowering;
  }

  private dnnl_primitive_desc describe(Activation activation, Layout layout) {
    return lowering.dnnl.describe(
        lowering.resources,
        "eltwise",
        Dnnl.NONE,
        (into, engine, attributes) ->
            dnnl_eltwise_forward_primitive_desc_create(
                into,
                engine,
                dnnl_forward_training,
                Eltwise.differentiable(activation),
                layout.desc(),
                layout.desc(),
                Eltwise.alpha(activation),
                0,
                attributes));
  }

  void activate(Activation activation, Node node) {
    Lowering.Placed x = lowering.operand(node.input(0));
    if (activation == Activation.IDENTITY) {
      alias(node.output(), x);
      return;
    }
    Lowering.Placed y = lowering.placeOver(node.output(), x.layout(), node.input(0), x);
    lowering.emit(
        "activation",
        describe(activation, x.layout()),
        Lowering.argument(DNNL_ARG_SRC, x),
        Lowering.argument(DNNL_ARG_DST, y));
  }

  /** The same bytes under another name; neither may be overwritten from now on. */
  private void alias(Value value, Lowering.Placed placed) {
    placed.region().share();
    lowering.place(value, placed.layout(), placed.region());
  }

  void activateGradient(Activation activation, Node node) {
    if (activation == Activation.IDENTITY) {
      alias(node.output(), lowering.operand(node.input(1)));
      return;
    }
    Lowering.Placed kept = lowering.operand(node.input(0));
    Layout layout = kept.layout();
    Lowering.Placed dy = lowering.bring(node.input(1), layout);
    Lowering.Placed dx = lowering.placeOver(node.output(), layout, node.input(1), dy);
    dnnl_primitive_desc hint = describe(activation, layout);
    dnnl_primitive_desc description =
        lowering.dnnl.describe(
            lowering.resources,
            "eltwise backward",
            Dnnl.NONE,
            (into, engine, attributes) ->
                dnnl_eltwise_backward_primitive_desc_create(
                    into,
                    engine,
                    Eltwise.differentiable(activation),
                    layout.desc(),
                    layout.desc(),
                    layout.desc(),
                    Eltwise.alpha(activation),
                    0,
                    hint,
                    attributes));
    lowering.emit(
        "activation backward",
        description,
        Lowering.argument(activation.gradientFromOutput() ? DNNL_ARG_DST : DNNL_ARG_SRC, kept),
        Lowering.argument(DNNL_ARG_DIFF_DST, dy),
        Lowering.argument(DNNL_ARG_DIFF_SRC, dx));
  }

  void add(Activation activation, Node node) {
    Value left = node.input(0);
    Value right = node.input(1);
    Lowering.Placed a = lowering.operand(left);
    Lowering.Placed b = lowering.bring(right, a.layout());
    // The first operand is the one whose region may be overwritten.
    boolean swap =
        !lowering.mayOverwrite(left, a, a.layout()) && lowering.mayOverwrite(right, b, a.layout());
    Lowering.Placed first = swap ? b : a;
    Lowering.Placed y = lowering.placeOver(node.output(), a.layout(), swap ? right : left, first);
    Dnnl.PostOps postOps = operations -> Eltwise.append(operations, activation);
    binary("add", dnnl_binary_add, first, swap ? a : b, y, postOps);
  }

  private void binary(
      String kind,
      int algorithm,
      Lowering.Placed a,
      Lowering.Placed b,
      Lowering.Placed y,
      Dnnl.PostOps postOps) {
    dnnl_primitive_desc description =
        lowering.dnnl.describe(
            lowering.resources,
            kind,
            postOps,
            (into, engine, attributes) ->
                dnnl_binary_primitive_desc_create(
                    into,
                    engine,
                    algorithm,
                    a.layout().desc(),
                    b.layout().desc(),
                    y.layout().desc(),
                    attributes));
    lowering.emit(
        kind,
        description,
        Lowering.argument(DNNL_ARG_SRC_0, a),
        Lowering.argument(DNNL_ARG_SRC_1, b),
        Lowering.argument(DNNL_ARG_DST, y));
  }

  void dropout(Op.Dropout op, Node node) {
    Lowering.Placed x = lowering.operand(node.input(0));
    Layout plain = lowering.plain(node.input(0).shape(), DType.F32);
    Lowering.Placed drawn = new Lowering.Placed(plain, lowering.region(plain.bytes()));
    int count = Math.toIntExact(node.input(0).shape().elements());
    FloatView view = new FloatView(drawn.region(), count);
    float kept = (float) (1 / (1 - op.probability()));
    String path = node.path();
    lowering.append(
        "dropout mask",
        run -> {
          KeyedRandom random = KeyedRandom.of(run.seed(), path).child(run.step());
          FloatBuffer mask = view.get();
          for (int i = 0; i < count; i++) {
            mask.put(i, random.uniformAt(i) < op.probability() ? 0 : kept);
          }
        },
        drawn.region());
    Lowering.Placed mask = lowering.place(node.output(1), x.layout());
    lowering.reorder(drawn, mask);
    Lowering.Placed y = lowering.placeOver(node.output(), x.layout(), node.input(0), x);
    binary("dropout", dnnl_binary_mul, x, mask, y, Dnnl.NONE);
  }

  void dropoutGradient(Node node) {
    Lowering.Placed mask = lowering.placed(node.input(0));
    Lowering.Placed dy = lowering.bring(node.input(1), mask.layout());
    Lowering.Placed dx = lowering.placeOver(node.output(), mask.layout(), node.input(1), dy);
    binary("dropout backward", dnnl_binary_mul, dy, mask, dx, Dnnl.NONE);
  }
}
