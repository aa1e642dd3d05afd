package io.resnet4j.backend.onednn;

import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import java.nio.FloatBuffer;

/**
 * Cross-entropy in Java with double sums: N x K numbers are too few to matter for speed, and the
 * loss is what people read.
 */
final class Losses {
  private final Lowering lowering;

  Losses(Lowering lowering) {
    this.lowering = lowering;
  }

  private Lowering.Placed rows(Value value) {
    return lowering.bring(value, lowering.plain(value.shape(), DType.F32));
  }

  void crossEntropy(Op.SoftmaxCrossEntropy op, Node node) {
    Shape shape = node.input(0).shape();
    int batch = shape.dim(0);
    int classes = shape.dim(1);
    Lowering.Placed logits = rows(node.input(0));
    Lowering.Placed targets = rows(node.input(1));
    Lowering.Placed loss =
        lowering.place(node.output(), lowering.plain(node.output().shape(), DType.F32));
    FloatView logitView = new FloatView(logits.region(), shape.elements());
    FloatView targetView = new FloatView(targets.region(), shape.elements());
    FloatView lossView = new FloatView(loss.region(), 1);
    double keep = 1 - op.smoothing();
    double spread = op.smoothing() / classes;
    lowering.append(
        "cross-entropy",
        run -> {
          FloatBuffer x = logitView.get();
          FloatBuffer t = targetView.get();
          double sum = 0;
          for (int n = 0; n < batch; n++) {
            int row = n * classes;
            double logSum = logSumExp(x, row, classes);
            for (int k = 0; k < classes; k++) {
              sum += (keep * t.get(row + k) + spread) * (logSum - x.get(row + k));
            }
          }
          lossView.get().put(0, (float) (sum / batch));
        },
        logits.region(),
        targets.region(),
        loss.region());
  }

  void crossEntropyGradient(Op.SoftmaxCrossEntropy op, Node node) {
    Shape shape = node.input(0).shape();
    int batch = shape.dim(0);
    int classes = shape.dim(1);
    Lowering.Placed logits = rows(node.input(0));
    Lowering.Placed targets = rows(node.input(1));
    Layout plain = lowering.plain(shape, DType.F32);
    boolean direct = lowering.plan.type(node.output()) == DType.F32;
    Lowering.Placed gradient =
        direct
            ? lowering.place(node.output(), plain)
            : new Lowering.Placed(plain, lowering.region(plain.bytes()));
    FloatView logitView = new FloatView(logits.region(), shape.elements());
    FloatView targetView = new FloatView(targets.region(), shape.elements());
    FloatView gradientView = new FloatView(gradient.region(), shape.elements());
    double keep = 1 - op.smoothing();
    double spread = op.smoothing() / classes;
    lowering.append(
        "cross-entropy backward",
        run -> {
          FloatBuffer x = logitView.get();
          FloatBuffer t = targetView.get();
          FloatBuffer dx = gradientView.get();
          for (int n = 0; n < batch; n++) {
            int row = n * classes;
            double logSum = logSumExp(x, row, classes);
            double mass = 0;
            for (int k = 0; k < classes; k++) {
              mass += keep * t.get(row + k) + spread;
            }
            for (int k = 0; k < classes; k++) {
              double p = Math.exp(x.get(row + k) - logSum);
              double target = keep * t.get(row + k) + spread;
              dx.put(row + k, (float) ((mass * p - target) / batch));
            }
          }
        },
        logits.region(),
        targets.region(),
        gradient.region());
    if (!direct) {
      lowering.reorder(gradient, lowering.place(node.output(), lowering.plain(node.output())));
    }
  }

  private static double logSumExp(FloatBuffer x, int row, int classes) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < classes; k++) {
      largest = Math.max(largest, x.get(row + k));
    }
    double sum = 0;
    for (int k = 0; k < classes; k++) {
      sum += Math.exp(x.get(row + k) - largest);
    }
    return largest + Math.log(sum);
  }
}
