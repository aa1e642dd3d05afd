package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_1;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.dnnl_binary_add;
import static org.bytedeco.dnnl.global.dnnl.dnnl_convolution_backward_data_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_convolution_backward_weights_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_convolution_direct;
import static org.bytedeco.dnnl.global.dnnl.dnnl_convolution_forward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_forward_inference;
import static org.bytedeco.dnnl.global.dnnl.dnnl_forward_training;
import static org.bytedeco.dnnl.global.dnnl.dnnl_post_ops_append_binary;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_diff_dst_md;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_diff_src_md;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_diff_weights_md;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_dst_md;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_src_md;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_weights_md;

import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions, their gradients and their inference forms. Layouts of activations and weights are
 * the primitive's choice. Shortcut option A is a strided 1x1 convolution with a constant 0/1
 * weight: exact, and native in blocked layouts, at well under a hundredth of a network's
 * arithmetic.
 */
final class Convolutions {
  private final Lowering lowering;

  Convolutions(Lowering lowering) {
    this.lowering = lowering;
  }

  /** Strides, dilations (0 is dense) and paddings as oneDNN wants them. */
  private record Geometry(long[] strides, long[] dilations, long[] padding) {
    static Geometry of(Window window) {
      return new Geometry(
          new long[] {window.strideH(), window.strideW()},
          new long[] {window.dilationH() - 1, window.dilationW() - 1},
          new long[] {window.padH(), window.padW()});
    }
  }

  private static long[] weightDims(Shape weight, int groups) {
    int out = weight.dim(0);
    return groups == 1
        ? Lowering.dims(weight)
        : new long[] {groups, out / groups, weight.dim(1), weight.dim(2), weight.dim(3)};
  }

  private dnnl_primitive_desc describeForward(
      boolean training,
      Layout x,
      Layout weight,
      @Nullable Layout bias,
      Layout y,
      Window window,
      Dnnl.PostOps postOps) {
    Geometry geometry = Geometry.of(window);
    dnnl_memory_desc biasDesc = bias == null ? null : bias.desc();
    return lowering.dnnl.describe(
        lowering.resources,
        "convolution",
        postOps,
        (into, engine, attributes) ->
            dnnl_convolution_forward_primitive_desc_create(
                into,
                engine,
                training ? dnnl_forward_training : dnnl_forward_inference,
                dnnl_convolution_direct,
                x.desc(),
                weight.desc(),
                biasDesc,
                y.desc(),
                geometry.strides(),
                geometry.dilations(),
                geometry.padding(),
                geometry.padding(),
                attributes));
  }

  /** The descriptor that backward primitives want as a hint; every layout is open. */
  private dnnl_primitive_desc hint(Shape x, Shape weight, int groups, Shape y, Window window) {
    DType type = lowering.plan.precision().activations();
    return describeForward(
        true,
        lowering.any(x, type),
        Dnnl.any(lowering.resources, weightDims(weight, groups), type),
        null,
        lowering.any(y, type),
        window,
        Dnnl.NONE);
  }

  void forward(Op.Conv2d op, Node node) {
    Value weight = node.input(1);
    long[] weightDims = weightDims(weight.shape(), op.groups());
    StateTensor master = lowering.store.tensor(lowering.plan, weight, weightDims);
    boolean bias = node.inputs().size() == 3;
    DType type = lowering.plan.precision().activations();
    boolean training = lowering.plan.trains();
    dnnl_primitive_desc description =
        describeForward(
            training,
            lowering.any(node.input(0).shape(), type),
            Dnnl.any(lowering.resources, weightDims, type),
            bias ? lowering.plain(Shape.of(weight.shape().dim(0)), DType.F32) : null,
            lowering.any(node.output()),
            op.window(),
            Dnnl.NONE);
    Layout wanted = weightLayout(description, weightDims, type);
    if (training && type == DType.F32) {
      master.adopt(wanted);
    }
    Lowering.Placed packed = lowering.store.packed(master, wanted);
    List<Lowering.Argument> arguments = new ArrayList<>();
    if (bias) {
      arguments.add(biasArgument(node.input(2)));
    }
    emitForward(node, description, packed, arguments);
  }

  private Layout weightLayout(dnnl_primitive_desc description, long[] dims, DType type) {
    return Dnnl.chosen(lowering.resources, description, dnnl_query_weights_md, dims, type);
  }

  private Lowering.Argument biasArgument(Value bias) {
    return new Lowering.Argument(
        DNNL_ARG_BIAS, lowering.plain(bias.shape(), DType.F32), lowering.stateVector(bias));
  }

  private void emitForward(
      Node node,
      dnnl_primitive_desc description,
      Lowering.Placed weight,
      List<Lowering.Argument> more) {
    Value x = node.input(0);
    Value y = node.output();
    Lowering.Placed from = lowering.bring(x, srcLayout(description, x));
    Lowering.Placed to = lowering.place(y, dstLayout(description, y));
    emitInto("convolution", description, from, weight, to, more);
  }

  private void emitInto(
      String kind,
      dnnl_primitive_desc description,
      Lowering.Placed from,
      Lowering.Placed weight,
      Lowering.Placed to,
      List<Lowering.Argument> more) {
    List<Lowering.Argument> arguments = new ArrayList<>(more);
    arguments.add(Lowering.argument(DNNL_ARG_SRC, from));
    arguments.add(Lowering.argument(DNNL_ARG_WEIGHTS, weight));
    arguments.add(Lowering.argument(DNNL_ARG_DST, to));
    lowering.emit(kind, description, arguments.toArray(Lowering.Argument[]::new));
  }

  private Layout srcLayout(dnnl_primitive_desc description, Value x) {
    return Dnnl.chosen(
        lowering.resources,
        description,
        dnnl_query_src_md,
        Lowering.dims(x.shape()),
        lowering.plan.precision().activations());
  }

  private Layout dstLayout(dnnl_primitive_desc description, Value y) {
    return Dnnl.chosen(
        lowering.resources,
        description,
        dnnl_query_dst_md,
        Lowering.dims(y.shape()),
        lowering.plan.type(y));
  }

  // ---- inference ----

  void fused(Op.FusedConv2d op, Node node) {
    Value weight = node.input(1);
    Shape biasShape = Shape.of(weight.shape().dim(0));
    long[] weightDims = weightDims(weight.shape(), op.conv().groups());
    DType type = lowering.plan.precision().activations();
    boolean bias = op.bias() || op.folded();
    Layout biasLayout = lowering.plain(biasShape, DType.F32);
    Layout anyWeight = Dnnl.any(lowering.resources, weightDims, type);
    Layout anyX = lowering.any(node.input(0).shape(), type);
    Layout anyY = lowering.any(node.output());
    Window window = op.conv().window();
    // Post-ops that read another tensor need its layout, which the bare convolution decides.
    Layout y =
        dstLayout(
            describeForward(
                false, anyX, anyWeight, bias ? biasLayout : null, anyY, window, Dnnl.NONE),
            node.output());
    boolean inPlace = false;
    Lowering.Placed addend = null;
    Lowering.Placed to;
    if (op.residual()) {
      Value residual = node.input(node.inputs().size() - 1);
      addend = lowering.bring(residual, y);
      to = lowering.placeOver(node.output(), y, residual, addend);
      inPlace = to.region() == addend.region();
    } else {
      to = lowering.place(node.output(), y);
    }
    boolean sum = inPlace;
    Lowering.Placed other = addend;
    Dnnl.PostOps postOps =
        operations -> {
          if (sum) {
            Eltwise.appendSum(operations);
          } else if (other != null) {
            Dnnl.check(
                dnnl_post_ops_append_binary(operations, dnnl_binary_add, other.layout().desc()),
                "post-op");
          }
          Eltwise.append(operations, op.activation());
        };
    dnnl_primitive_desc description =
        describeForward(false, anyX, anyWeight, bias ? biasLayout : null, y, window, postOps);
    Layout wanted = weightLayout(description, weightDims, type);
    List<Lowering.Argument> arguments = new ArrayList<>();
    Lowering.Placed packed;
    if (op.folded()) {
      Folding folding = Folding.of(lowering, op, node, weightDims);
      Layout canonical = Dnnl.plain(lowering.resources, weightDims, DType.F32);
      Region region =
          lowering.store.derived(
              folding.key() + ".weight", wanted, canonical, folding::foldedWeight);
      packed = new Lowering.Placed(wanted, region);
      Region biasRegion =
          lowering.store.derived(
              folding.key() + ".bias", biasLayout, biasLayout, folding::foldedBias);
      arguments.add(new Lowering.Argument(DNNL_ARG_BIAS, biasLayout, biasRegion));
    } else {
      StateTensor master = lowering.store.tensor(lowering.plan, weight, weightDims);
      packed = lowering.store.packed(master, wanted);
      if (op.bias()) {
        arguments.add(biasArgument(node.input(2)));
      }
    }
    if (other != null && !sum) {
      // DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1: the addend is the first post-op.
      arguments.add(Lowering.argument(DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE | DNNL_ARG_SRC_1, other));
    }
    Lowering.Placed from = lowering.bring(node.input(0), srcLayout(description, node.input(0)));
    emitInto("convolution", description, from, packed, to, arguments);
  }

  // ---- gradients ----

  void inputGradient(Op.Conv2dInputGradient op, Node node) {
    Value weight = node.input(1);
    long[] weightDims = weightDims(weight.shape(), op.conv().groups());
    StateTensor master = lowering.store.tensor(lowering.plan, weight, weightDims);
    DType type = lowering.plan.precision().activations();
    dnnl_primitive_desc description =
        describeInputGradient(op.input(), weight.shape(), op.conv(), node.input(0), weightDims);
    Layout wanted = weightLayout(description, weightDims, type);
    emitInputGradient(node, description, lowering.store.packed(master, wanted));
  }

  /**
   * oneDNN's first choice for a strided convolution is channels-last, which costs a reorder on
   * either side; the layout that the neighbours use wins where it has an implementation of its own.
   */
  private dnnl_primitive_desc describeInputGradient(
      Shape x, Shape weight, Op.Conv2d conv, Value dy, long[] weightDims) {
    DType type = lowering.plan.precision().activations();
    dnnl_primitive_desc hint = hint(x, weight, conv.groups(), dy.shape(), conv.window());
    Layout anyWeight = Dnnl.any(lowering.resources, weightDims, type);
    Layout neighbourX = lowering.usualLayout(x, type);
    Layout neighbourY = lowering.operand(dy).layout();
    dnnl_primitive_desc neighbourly =
        tryInputGradient(conv.window(), neighbourX, anyWeight, neighbourY, hint);
    if (neighbourly != null && Dnnl.implementation(neighbourly).matches("(jit|brg).*")) {
      return neighbourly;
    }
    dnnl_primitive_desc free =
        tryInputGradient(
            conv.window(), lowering.any(x, type), anyWeight, lowering.any(dy.shape(), type), hint);
    if (free == null) {
      throw new IllegalStateException("oneDNN: no gradient of a convolution of " + x);
    }
    return free;
  }

  private @Nullable dnnl_primitive_desc tryInputGradient(
      Window window, Layout x, Layout weight, Layout y, dnnl_primitive_desc hint) {
    Geometry geometry = Geometry.of(window);
    return lowering.dnnl.tryDescribe(
        lowering.resources,
        Dnnl.NONE,
        (into, engine, attributes) ->
            dnnl_convolution_backward_data_primitive_desc_create(
                into,
                engine,
                dnnl_convolution_direct,
                x.desc(),
                weight.desc(),
                y.desc(),
                geometry.strides(),
                geometry.dilations(),
                geometry.padding(),
                geometry.padding(),
                hint,
                attributes));
  }

  private void emitInputGradient(
      Node node, dnnl_primitive_desc description, Lowering.Placed weight) {
    Value dy = node.input(0);
    Value dx = node.output();
    DType type = lowering.plan.precision().activations();
    Layout dyLayout =
        Dnnl.chosen(
            lowering.resources,
            description,
            dnnl_query_diff_dst_md,
            Lowering.dims(dy.shape()),
            type);
    Layout dxLayout =
        Dnnl.chosen(
            lowering.resources,
            description,
            dnnl_query_diff_src_md,
            Lowering.dims(dx.shape()),
            type);
    lowering.emit(
        "convolution backward data",
        description,
        Lowering.argument(DNNL_ARG_DIFF_DST, lowering.bring(dy, dyLayout)),
        Lowering.argument(DNNL_ARG_WEIGHTS, weight),
        Lowering.argument(DNNL_ARG_DIFF_SRC, lowering.place(dx, dxLayout)));
  }

  void weightGradient(Op.Conv2dWeightGradient op, Node node) {
    Value x = node.input(0);
    Value dy = node.input(1);
    int groups = op.conv().groups();
    long[] weightDims = weightDims(op.weight(), groups);
    DType type = lowering.plan.precision().activations();
    Window window = op.conv().window();
    Geometry geometry = Geometry.of(window);
    dnnl_primitive_desc hint = hint(x.shape(), op.weight(), groups, dy.shape(), window);
    Layout anyX = lowering.any(x.shape(), type);
    Layout anyY = lowering.any(dy.shape(), type);
    Layout anyWeight = Dnnl.any(lowering.resources, weightDims, DType.F32);
    Layout biasLayout = lowering.plain(Shape.of(op.weight().dim(0)), DType.F32);
    dnnl_memory_desc biasDesc = op.bias() ? biasLayout.desc() : null;
    dnnl_primitive_desc description =
        lowering.dnnl.describe(
            lowering.resources,
            "convolution backward weights",
            Dnnl.NONE,
            (into, engine, attributes) ->
                dnnl_convolution_backward_weights_primitive_desc_create(
                    into,
                    engine,
                    dnnl_convolution_direct,
                    anyX.desc(),
                    anyWeight.desc(),
                    biasDesc,
                    anyY.desc(),
                    geometry.strides(),
                    geometry.dilations(),
                    geometry.padding(),
                    geometry.padding(),
                    hint,
                    attributes));
    Layout chosen =
        Dnnl.chosen(
            lowering.resources, description, dnnl_query_diff_weights_md, weightDims, DType.F32);
    Lowering.Placed from = lowering.bring(x, srcLayout(description, x));
    Layout dyLayout =
        Dnnl.chosen(
            lowering.resources,
            description,
            dnnl_query_diff_dst_md,
            Lowering.dims(dy.shape()),
            type);
    Lowering.Placed gradient = lowering.bring(dy, dyLayout);
    ParameterGradients targets = new ParameterGradients(lowering, node);
    ParameterGradients.Target target = targets.open(0, weightDims, chosen);
    List<Lowering.Argument> arguments = new ArrayList<>();
    arguments.add(Lowering.argument(DNNL_ARG_SRC, from));
    arguments.add(Lowering.argument(DNNL_ARG_DIFF_DST, gradient));
    arguments.add(Lowering.argument(DNNL_ARG_DIFF_WEIGHTS, target.written()));
    if (op.bias()) {
      ParameterGradients.Target bias = targets.open(1, biasLayout.dims(), biasLayout);
      arguments.add(Lowering.argument(DNNL_ARG_DIFF_BIAS, bias.written()));
    }
    lowering.emit(
        "convolution backward weights", description, arguments.toArray(Lowering.Argument[]::new));
    target.finish();
  }

  // ---- shortcut option A ----

  private static Op.Conv2d selection(Op.PadShortcut op) {
    return new Op.Conv2d(Window.square(1, op.stride(), 0), 1);
  }

  private static Shape selectionWeight(Op.PadShortcut op, Shape x) {
    return Shape.of(op.before() + x.dim(1) + op.after(), x.dim(1), 1, 1);
  }

  private Lowering.Placed selector(Op.PadShortcut op, Shape weight, Layout wanted) {
    Layout canonical = lowering.plain(weight, DType.F32);
    int channels = weight.dim(1);
    Region region =
        lowering.store.derived(
            "select " + weight + " from " + op.before(),
            wanted,
            canonical,
            () -> {
              float[] values = new float[(int) weight.elements()];
              for (int c = 0; c < channels; c++) {
                values[(op.before() + c) * channels + c] = 1;
              }
              return values;
            });
    return new Lowering.Placed(wanted, region);
  }

  void padShortcut(Op.PadShortcut op, Node node) {
    Shape x = node.input(0).shape();
    Shape weight = selectionWeight(op, x);
    DType type = lowering.plan.precision().activations();
    dnnl_primitive_desc description =
        describeForward(
            lowering.plan.trains(),
            lowering.any(x, type),
            lowering.any(weight, type),
            null,
            lowering.any(node.output()),
            selection(op).window(),
            Dnnl.NONE);
    Layout wanted = weightLayout(description, Lowering.dims(weight), type);
    emitForward(node, description, selector(op, weight, wanted), List.of());
  }

  void padShortcutGradient(Op.PadShortcutGradient op, Node node) {
    Shape weight = selectionWeight(op.shortcut(), op.input());
    long[] dims = Lowering.dims(weight);
    dnnl_primitive_desc description =
        describeInputGradient(op.input(), weight, selection(op.shortcut()), node.input(0), dims);
    Layout wanted = weightLayout(description, dims, lowering.plan.precision().activations());
    emitInputGradient(node, description, selector(op.shortcut(), weight, wanted));
  }
}
