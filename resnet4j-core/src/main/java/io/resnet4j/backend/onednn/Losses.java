package io.resnet4j.backend.onednn;

import io.resnet4j.backend.RowLoss;
import io.resnet4j.graph.Criterion;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Value;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/** Losses, in Java and double precision: they are small, and what people read. */
final class Losses {
  private final Lowering lowering;

  Losses(Lowering lowering) {
    this.lowering = lowering;
  }

  private Lowering.Placed rows(Value value) {
    return lowering.bring(value, lowering.plain(value.shape(), DType.F32));
  }

  void forward(Criterion criterion, Node node) {
    Shape shape = node.input(0).shape();
    Lowering.Placed loss =
        lowering.place(node.output(), lowering.plain(node.output().shape(), DType.F32));
    FloatView lossView = new FloatView(loss.region(), 1);
    Rows rows = new Rows(criterion, node);
    // A row's loss and gradient come from the same exponentials; the backward node copies.
    float[] gradients = new float[Math.toIntExact(shape.elements())];
    lowering.note(node.input(1), gradients);
    lowering.append(
        "loss",
        run -> {
          int classes = shape.dim(1);
          double sum = 0;
          for (int n = 0; n < shape.dim(0); n++) {
            sum += rows.compute(n);
            for (int k = 0; k < classes; k++) {
              gradients[n * classes + k] = (float) (rows.loss.gradient[k] / shape.dim(0));
            }
          }
          lossView.get().put(0, (float) (sum / shape.dim(0)));
        },
        rows.regions(loss));
  }

  void gradient(Node node) {
    Shape shape = node.input(0).shape();
    Layout plain = lowering.plain(shape, DType.F32);
    boolean direct = lowering.plan.type(node.output()) == DType.F32;
    Lowering.Placed gradient =
        direct
            ? lowering.place(node.output(), plain)
            : new Lowering.Placed(plain, lowering.region(plain.bytes()));
    FloatView view = new FloatView(gradient.region(), shape.elements());
    float[] gradients = lowering.noted(node.input(1), float[].class);
    lowering.append("loss backward", run -> view.get().put(0, gradients), gradient.region());
    if (!direct) {
      Layout wanted = lowering.plain(shape, lowering.plan.type(node.output()));
      lowering.reorder(gradient, lowering.place(node.output(), wanted));
    }
  }

  /** The inputs of a loss, row by row. */
  private final class Rows {
    private final int classes;
    private final RowLoss loss;
    private final List<Lowering.Placed> placed = new ArrayList<>();
    private final List<FloatView> views = new ArrayList<>();

    Rows(Criterion criterion, Node node) {
      classes = node.input(0).shape().dim(1);
      loss = new RowLoss(criterion, classes);
      for (Value input : node.inputs()) {
        Lowering.Placed rows = rows(input);
        placed.add(rows);
        views.add(new FloatView(rows.region(), input.shape().elements()));
      }
    }

    Region[] regions(Lowering.Placed written) {
      List<Region> regions = new ArrayList<>(List.of(written.region()));
      placed.forEach(each -> regions.add(each.region()));
      return regions.toArray(Region[]::new);
    }

    double compute(int n) {
      double[][] rows = {loss.logits, loss.targets, loss.teacher};
      for (int i = 0; i < views.size(); i++) {
        FloatBuffer from = views.get(i).get();
        for (int k = 0; k < classes; k++) {
          rows[i][k] = from.get(n * classes + k);
        }
      }
      return loss.compute();
    }
  }
}
