package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WORKSPACE;
import static org.bytedeco.dnnl.global.dnnl.dnnl_forward_inference;
import static org.bytedeco.dnnl.global.dnnl.dnnl_forward_training;
import static org.bytedeco.dnnl.global.dnnl.dnnl_pooling_avg_exclude_padding;
import static org.bytedeco.dnnl.global.dnnl.dnnl_pooling_avg_include_padding;
import static org.bytedeco.dnnl.global.dnnl.dnnl_pooling_backward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_pooling_forward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_pooling_max;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_diff_dst_md;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_dst_md;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_workspace_md;

import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_primitive_desc;

/** Pooling over windows and over everything. */
final class Pools {
  private final Lowering lowering;

  Pools(Lowering lowering) {
    this.lowering = lowering;
  }

  /** The window that covers a whole picture [N,C,H,W]. */
  static Window whole(Shape x) {
    return new Window(x.dim(2), x.dim(3), 1, 1, 0, 0, 1, 1);
  }

  /** What the gradient of a pooling wants to know of its forward pass. */
  private record Forward(dnnl_primitive_desc description, Layout x) {}

  private dnnl_primitive_desc describe(
      int algorithm, boolean training, Layout x, Layout y, Window window) {
    return lowering.dnnl.describe(
        lowering.resources,
        "pooling",
        Dnnl.NONE,
        (into, engine, attributes) ->
            dnnl_pooling_forward_primitive_desc_create(
                into,
                engine,
                training ? dnnl_forward_training : dnnl_forward_inference,
                algorithm,
                x.desc(),
                y.desc(),
                new long[] {window.strideH(), window.strideW()},
                new long[] {window.kernelH(), window.kernelW()},
                new long[] {window.dilationH() - 1, window.dilationW() - 1},
                new long[] {window.padH(), window.padW()},
                new long[] {window.padH(), window.padW()},
                attributes));
  }

  private dnnl_primitive_desc describeGradient(
      int algorithm, Layout x, Layout y, Window window, dnnl_primitive_desc hint) {
    return lowering.dnnl.describe(
        lowering.resources,
        "pooling backward",
        Dnnl.NONE,
        (into, engine, attributes) ->
            dnnl_pooling_backward_primitive_desc_create(
                into,
                engine,
                algorithm,
                x.desc(),
                y.desc(),
                new long[] {window.strideH(), window.strideW()},
                new long[] {window.kernelH(), window.kernelW()},
                new long[] {window.dilationH() - 1, window.dilationW() - 1},
                new long[] {window.padH(), window.padW()},
                new long[] {window.padH(), window.padW()},
                hint,
                attributes));
  }

  private Layout chosen(dnnl_primitive_desc description, int query, Value value) {
    DType type = lowering.operandType(value);
    return Dnnl.chosen(lowering.resources, description, query, Lowering.dims(value.shape()), type);
  }

  void max(Op.MaxPool op, Node node) {
    boolean training = lowering.plan.trains();
    Lowering.Placed x = lowering.operand(node.input(0));
    dnnl_primitive_desc description =
        describe(dnnl_pooling_max, training, x.layout(), lowering.any(node.output()), op.window());
    Lowering.Placed y =
        lowering.place(node.output(), chosen(description, dnnl_query_dst_md, node.output()));
    List<Lowering.Argument> arguments = new ArrayList<>();
    arguments.add(Lowering.argument(DNNL_ARG_SRC, x));
    arguments.add(Lowering.argument(DNNL_ARG_DST, y));
    if (training) {
      Value positions = node.output(1);
      Layout layout =
          Dnnl.chosen(
              lowering.resources,
              description,
              dnnl_query_workspace_md,
              Lowering.dims(positions.shape()),
              DType.U8);
      arguments.add(Lowering.argument(DNNL_ARG_WORKSPACE, lowering.place(positions, layout)));
      lowering.note(positions, new Forward(description, x.layout()));
    }
    lowering.emit("max pool", description, arguments.toArray(Lowering.Argument[]::new));
  }

  void maxGradient(Op.MaxPoolGradient op, Node node) {
    Value positions = node.input(0);
    Forward forward = lowering.noted(positions, Forward.class);
    gradient(
        dnnl_pooling_max,
        op.pool().window(),
        forward,
        node,
        node.input(1),
        List.of(Lowering.argument(DNNL_ARG_WORKSPACE, lowering.placed(positions))));
  }

  private static int averaging(boolean countPadding) {
    return countPadding ? dnnl_pooling_avg_include_padding : dnnl_pooling_avg_exclude_padding;
  }

  void average(Window window, boolean countPadding, Node node) {
    Lowering.Placed x = lowering.operand(node.input(0));
    dnnl_primitive_desc description =
        describe(
            averaging(countPadding),
            lowering.plan.trains(),
            x.layout(),
            lowering.any(node.output()),
            window);
    Lowering.Placed y =
        lowering.place(node.output(), chosen(description, dnnl_query_dst_md, node.output()));
    lowering.emit(
        "average pool",
        description,
        Lowering.argument(DNNL_ARG_SRC, x),
        Lowering.argument(DNNL_ARG_DST, y));
  }

  void averageGradient(Window window, boolean countPadding, Node node) {
    Layout x = lowering.usualLayout(node.output().shape(), lowering.plan.precision().activations());
    Layout y = lowering.any(node.input(0).shape(), lowering.plan.precision().activations());
    dnnl_primitive_desc hint = describe(averaging(countPadding), true, x, y, window);
    gradient(averaging(countPadding), window, new Forward(hint, x), node, node.input(0), List.of());
  }

  private void gradient(
      int algorithm,
      Window window,
      Forward forward,
      Node node,
      Value dy,
      List<Lowering.Argument> more) {
    Layout wanted =
        Dnnl.chosen(
            lowering.resources,
            forward.description(),
            dnnl_query_dst_md,
            Lowering.dims(dy.shape()),
            lowering.plan.precision().activations());
    dnnl_primitive_desc description =
        describeGradient(algorithm, forward.x(), wanted, window, forward.description());
    List<Lowering.Argument> arguments = new ArrayList<>(more);
    arguments.add(
        Lowering.argument(
            DNNL_ARG_DIFF_DST,
            lowering.bring(dy, chosen(description, dnnl_query_diff_dst_md, dy))));
    arguments.add(Lowering.argument(DNNL_ARG_DIFF_SRC, lowering.place(node.output(), forward.x())));
    lowering.emit("pool backward", description, arguments.toArray(Lowering.Argument[]::new));
  }
}
