package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SCALE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SHIFT;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_MEAN;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCALE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SHIFT;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_VARIANCE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WORKSPACE;
import static org.bytedeco.dnnl.global.dnnl.dnnl_backward;
import static org.bytedeco.dnnl.global.dnnl.dnnl_batch_normalization_backward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_batch_normalization_forward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_forward_inference;
import static org.bytedeco.dnnl.global.dnnl.dnnl_forward_training;
import static org.bytedeco.dnnl.global.dnnl.dnnl_fuse_norm_relu;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_workspace_md;
import static org.bytedeco.dnnl.global.dnnl.dnnl_use_global_stats;
import static org.bytedeco.dnnl.global.dnnl.dnnl_use_scale;
import static org.bytedeco.dnnl.global.dnnl.dnnl_use_shift;

import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_primitive_desc;

/** Batch norm, alone or with ReLU, and its gradient; moves the running statistics. */
final class Normalisations {
  private final Lowering lowering;

  Normalisations(Lowering lowering) {
    this.lowering = lowering;
  }

  private static int flags(Op.BatchNorm op) {
    int flags = dnnl_use_scale | dnnl_use_shift;
    if (op.statistics() == Op.Statistics.RUNNING) {
      flags |= dnnl_use_global_stats;
    }
    return op.activation() == Activation.RELU ? flags | dnnl_fuse_norm_relu : flags;
  }

  private dnnl_primitive_desc describe(Op.BatchNorm op, Layout layout, boolean training) {
    return lowering.dnnl.describe(
        lowering.resources,
        "batch normalisation",
        Dnnl.NONE,
        (into, engine, attributes) ->
            dnnl_batch_normalization_forward_primitive_desc_create(
                into,
                engine,
                training ? dnnl_forward_training : dnnl_forward_inference,
                layout.desc(),
                layout.desc(),
                (float) op.epsilon(),
                flags(op),
                attributes));
  }

  private Layout vector(Value value) {
    return lowering.plain(value.shape(), DType.F32);
  }

  private Lowering.Argument state(int key, Value value) {
    return new Lowering.Argument(key, vector(value), lowering.vector(value));
  }

  void forward(Op.BatchNorm op, Node node) {
    boolean batch = op.statistics() == Op.Statistics.BATCH;
    Lowering.Placed x = lowering.operand(node.input(0));
    // A gradient needs the training form, but a ReLU fused without its mask has none.
    boolean training = batch || (lowering.plan.trains() && op.activation() == Activation.IDENTITY);
    dnnl_primitive_desc description = describe(op, x.layout(), training);
    List<Lowering.Argument> arguments = new ArrayList<>();
    arguments.add(Lowering.argument(DNNL_ARG_SRC, x));
    arguments.add(state(DNNL_ARG_SCALE, node.input(1)));
    arguments.add(state(DNNL_ARG_SHIFT, node.input(2)));
    Lowering.Placed y = lowering.placeOver(node.output(), x.layout(), node.input(0), x);
    arguments.add(Lowering.argument(DNNL_ARG_DST, y));
    if (!batch) {
      arguments.add(statistic(DNNL_ARG_MEAN, node.input(3)));
      arguments.add(statistic(DNNL_ARG_VARIANCE, node.input(4)));
      emit(description, arguments);
      return;
    }
    Lowering.Placed mean = lowering.place(node.output(1), vector(node.output(1)));
    Lowering.Placed variance = lowering.place(node.output(2), vector(node.output(2)));
    arguments.add(Lowering.argument(DNNL_ARG_MEAN, mean));
    arguments.add(Lowering.argument(DNNL_ARG_VARIANCE, variance));
    if (op.masked()) {
      Value mask = node.output(3);
      long[] dims = Lowering.dims(mask.shape());
      Layout layout =
          Dnnl.chosen(lowering.resources, description, dnnl_query_workspace_md, dims, DType.U8);
      arguments.add(Lowering.argument(DNNL_ARG_WORKSPACE, lowering.place(mask, layout)));
    }
    emit(description, arguments);
    if (op.momentum() > 0) {
      moveRunning(op, node, mean.region(), variance.region());
    }
  }

  private void emit(dnnl_primitive_desc description, List<Lowering.Argument> arguments) {
    lowering.emit("batch norm", description, arguments.toArray(Lowering.Argument[]::new));
  }

  private void moveRunning(Op.BatchNorm op, Node node, Region mean, Region variance) {
    Shape x = node.input(0).shape();
    int channels = x.dim(1);
    double count = (double) x.elements() / channels;
    float keep = (float) (1 - op.momentum());
    float takeMean = (float) op.momentum();
    float takeVariance = (float) (op.momentum() * count / (count - 1));
    FloatView batchMean = new FloatView(mean, channels);
    FloatView batchVariance = new FloatView(variance, channels);
    Region runningMean = lowering.stateVector(node.input(3));
    Region runningVariance = lowering.stateVector(node.input(4));
    FloatView meanView = new FloatView(runningMean, channels);
    FloatView varianceView = new FloatView(runningVariance, channels);
    lowering.append(
        "running statistics",
        run -> {
          move(meanView.get(), batchMean.get(), keep, takeMean, channels);
          move(varianceView.get(), batchVariance.get(), keep, takeVariance, channels);
        },
        mean,
        variance);
  }

  private static void move(
      FloatBuffer running, FloatBuffer batch, float keep, float take, int channels) {
    for (int c = 0; c < channels; c++) {
      running.put(c, keep * running.get(c) + take * batch.get(c));
    }
  }

  void gradient(Op.BatchNormGradient op, Node node) {
    Op.BatchNorm norm = op.norm();
    Lowering.Placed x = lowering.operand(node.input(0));
    Layout layout = x.layout();
    Lowering.Placed dy = lowering.bring(node.input(1), layout);
    dnnl_primitive_desc hint = describe(norm, layout, true);
    dnnl_primitive_desc description =
        lowering.dnnl.describe(
            lowering.resources,
            "batch normalisation backward",
            Dnnl.NONE,
            (into, engine, attributes) ->
                dnnl_batch_normalization_backward_primitive_desc_create(
                    into,
                    engine,
                    dnnl_backward,
                    layout.desc(),
                    layout.desc(),
                    layout.desc(),
                    (float) norm.epsilon(),
                    flags(norm),
                    hint,
                    attributes));
    ParameterGradients targets = new ParameterGradients(lowering, node);
    Layout vector = vector(node.output(1));
    ParameterGradients.Target scale = targets.open(1, vector.dims(), vector);
    ParameterGradients.Target shift = targets.open(2, vector.dims(), vector);
    Lowering.Placed dx = lowering.placeOver(node.output(), layout, node.input(1), dy);
    List<Lowering.Argument> arguments = new ArrayList<>();
    arguments.add(Lowering.argument(DNNL_ARG_SRC, x));
    arguments.add(Lowering.argument(DNNL_ARG_DIFF_DST, dy));
    // oneDNN 3.11 refuses the SHIFT argument here: the shift has no part in the gradient.
    arguments.add(state(DNNL_ARG_SCALE, node.input(2)));
    arguments.add(statistic(DNNL_ARG_MEAN, node.input(3)));
    arguments.add(statistic(DNNL_ARG_VARIANCE, node.input(4)));
    if (norm.masked()) {
      arguments.add(Lowering.argument(DNNL_ARG_WORKSPACE, lowering.placed(node.input(5))));
    }
    arguments.add(Lowering.argument(DNNL_ARG_DIFF_SRC, dx));
    arguments.add(Lowering.argument(DNNL_ARG_DIFF_SCALE, scale.written()));
    arguments.add(Lowering.argument(DNNL_ARG_DIFF_SHIFT, shift.written()));
    lowering.emit("batch norm backward", description, arguments.toArray(Lowering.Argument[]::new));
    scale.finish();
    shift.finish();
  }

  private Lowering.Argument statistic(int key, Value value) {
    boolean running = lowering.plan.graph().producer(value).op() instanceof Op.Buffer;
    return running ? state(key, value) : Lowering.argument(key, lowering.placed(value));
  }
}
