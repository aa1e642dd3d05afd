package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_forward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_linear;
import static org.bytedeco.dnnl.global.dnnl.dnnl_forward_inference;
import static org.bytedeco.dnnl.global.dnnl.dnnl_forward_training;
import static org.bytedeco.dnnl.global.dnnl.dnnl_softmax_backward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_softmax_forward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_softmax_log;

import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import java.nio.FloatBuffer;
import org.bytedeco.dnnl.dnnl_primitive_desc;

/**
 * Cross-entropy. The logarithm of the softmax and its gradient are oneDNN's; the loss itself is
 * summed in Java in double precision, since it is what people read.
 */
final class Losses {
  private final Lowering lowering;

  Losses(Lowering lowering) {
    this.lowering = lowering;
  }

  private Lowering.Placed rows(Value value) {
    return lowering.bring(value, lowering.plain(value.shape(), DType.F32));
  }

  private dnnl_primitive_desc describe(Layout rows) {
    return lowering.dnnl.describe(
        lowering.resources,
        "softmax",
        Dnnl.NONE,
        (into, engine, attributes) ->
            dnnl_softmax_forward_primitive_desc_create(
                into,
                engine,
                dnnl_forward_training,
                dnnl_softmax_log,
                rows.desc(),
                rows.desc(),
                1,
                attributes));
  }

  /** The logarithms of the softmax of the logits, made once and kept for the gradient. */
  private Lowering.Placed logSoftmax(Value logits) {
    Lowering.Placed x = rows(logits);
    Lowering.Placed y = new Lowering.Placed(x.layout(), lowering.region(x.layout().bytes()));
    lowering.emit(
        "softmax",
        describe(x.layout()),
        Lowering.argument(DNNL_ARG_SRC, x),
        Lowering.argument(DNNL_ARG_DST, y));
    lowering.note(logits, y);
    return y;
  }

  void crossEntropy(Op.SoftmaxCrossEntropy op, Node node) {
    Shape shape = node.input(0).shape();
    Lowering.Placed logs = logSoftmax(node.input(0));
    Lowering.Placed targets = rows(node.input(1));
    Lowering.Placed loss =
        lowering.place(node.output(), lowering.plain(node.output().shape(), DType.F32));
    FloatView logView = new FloatView(logs.region(), shape.elements());
    FloatView targetView = new FloatView(targets.region(), shape.elements());
    FloatView lossView = new FloatView(loss.region(), 1);
    int count = Math.toIntExact(shape.elements());
    double keep = 1 - op.smoothing();
    double spread = op.smoothing() / shape.dim(1);
    double batch = shape.dim(0);
    lowering.append(
        "cross-entropy",
        run -> {
          FloatBuffer log = logView.get();
          FloatBuffer target = targetView.get();
          double sum = 0;
          for (int i = 0; i < count; i++) {
            double weight = keep * target.get(i) + spread;
            if (weight != 0) {
              sum -= weight * log.get(i);
            }
          }
          lossView.get().put(0, (float) (sum / batch));
        },
        logs.region(),
        targets.region(),
        loss.region());
  }

  void crossEntropyGradient(Op.SoftmaxCrossEntropy op, Node node) {
    Shape shape = node.input(0).shape();
    Lowering.Placed logs = lowering.noted(node.input(0), Lowering.Placed.class);
    Layout rows = logs.layout();
    Lowering.Placed byLogs = new Lowering.Placed(rows, lowering.region(rows.bytes()));
    scaleTargets(op, node.input(1), byLogs);
    boolean direct = lowering.plan.type(node.output()) == DType.F32;
    Lowering.Placed gradient =
        direct
            ? lowering.place(node.output(), rows)
            : new Lowering.Placed(rows, lowering.region(rows.bytes()));
    dnnl_primitive_desc hint = describe(rows);
    lowering.emit(
        "softmax backward",
        lowering.dnnl.describe(
            lowering.resources,
            "softmax backward",
            Dnnl.NONE,
            (into, engine, attributes) ->
                dnnl_softmax_backward_primitive_desc_create(
                    into,
                    engine,
                    dnnl_softmax_log,
                    rows.desc(),
                    rows.desc(),
                    rows.desc(),
                    1,
                    hint,
                    attributes)),
        Lowering.argument(DNNL_ARG_DST, logs),
        Lowering.argument(DNNL_ARG_DIFF_DST, byLogs),
        Lowering.argument(DNNL_ARG_DIFF_SRC, gradient));
    if (!direct) {
      Layout wanted = lowering.plain(shape, lowering.plan.type(node.output()));
      lowering.reorder(gradient, lowering.place(node.output(), wanted));
    }
  }

  /** The gradient of the mean loss by the logarithms: -((1 - s) target + s / K) / N. */
  private void scaleTargets(Op.SoftmaxCrossEntropy op, Value targets, Lowering.Placed to) {
    Shape shape = targets.shape();
    float slope = (float) (-(1 - op.smoothing()) / shape.dim(0));
    float offset = (float) (-op.smoothing() / shape.dim(1) / shape.dim(0));
    Lowering.Placed from = rows(targets);
    lowering.emit(
        "scale targets",
        lowering.dnnl.describe(
            lowering.resources,
            "eltwise",
            Dnnl.NONE,
            (into, engine, attributes) ->
                dnnl_eltwise_forward_primitive_desc_create(
                    into,
                    engine,
                    dnnl_forward_inference,
                    dnnl_eltwise_linear,
                    from.layout().desc(),
                    to.layout().desc(),
                    slope,
                    offset,
                    attributes)),
        Lowering.argument(DNNL_ARG_SRC, from),
        Lowering.argument(DNNL_ARG_DST, to));
  }
}
