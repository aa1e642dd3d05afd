package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_0;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_1;
import static org.bytedeco.dnnl.global.dnnl.dnnl_binary_add;
import static org.bytedeco.dnnl.global.dnnl.dnnl_binary_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_backward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_forward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_forward_training;

import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Value;
import org.bytedeco.dnnl.dnnl_primitive_desc;

/** Non-linearities and sums: one pass over memory each, in place where that is safe. */
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
    Lowering.Placed x = lowering.operand(node.input(0), lowering.plan.type(node.output()));
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
      alias(node.output(), lowering.operand(node.input(1), lowering.plan.type(node.output())));
      return;
    }
    Lowering.Placed kept = lowering.operand(node.input(0), lowering.plan.type(node.output()));
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
    Lowering.Placed a = lowering.operand(left, lowering.plan.type(node.output()));
    Lowering.Placed b = lowering.bring(right, a.layout());
    // The first operand is the one whose region may be overwritten.
    boolean swap =
        !lowering.mayOverwrite(left, a, a.layout()) && lowering.mayOverwrite(right, b, a.layout());
    Lowering.Placed first = swap ? b : a;
    Lowering.Placed y = lowering.placeOver(node.output(), a.layout(), swap ? right : left, first);
    Dnnl.PostOps postOps = operations -> Eltwise.append(operations, activation);
    binary("add", dnnl_binary_add, first, swap ? a : b, y, postOps);
  }

  void binary(
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
}
