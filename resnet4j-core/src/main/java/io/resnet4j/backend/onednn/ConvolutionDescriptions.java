package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_convolution_backward_data_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_convolution_direct;
import static org.bytedeco.dnnl.global.dnnl.dnnl_convolution_forward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_forward_inference;
import static org.bytedeco.dnnl.global.dnnl.dnnl_forward_training;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_dst_md;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_src_md;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_weights_md;

import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.jspecify.annotations.Nullable;

/** Primitive descriptors of convolutions and the layouts that they choose. */
final class ConvolutionDescriptions {
  private final Lowering lowering;

  ConvolutionDescriptions(Lowering lowering) {
    this.lowering = lowering;
  }

  /** Strides, dilations (0 is dense) and paddings as oneDNN wants them. */
  record Geometry(long[] strides, long[] dilations, long[] padding) {
    static Geometry of(Window window) {
      return new Geometry(
          new long[] {window.strideH(), window.strideW()},
          new long[] {window.dilationH() - 1, window.dilationW() - 1},
          new long[] {window.padH(), window.padW()});
    }
  }

  static long[] weightDims(Shape weight, int groups) {
    int out = weight.dim(0);
    return groups == 1
        ? Lowering.dims(weight)
        : new long[] {groups, out / groups, weight.dim(1), weight.dim(2), weight.dim(3)};
  }

  dnnl_primitive_desc describeForward(
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
  dnnl_primitive_desc hint(Shape x, Shape weight, int groups, Shape y, Window window) {
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

  Layout weightLayout(dnnl_primitive_desc description, long[] dims, DType type) {
    return Dnnl.chosen(lowering.resources, description, dnnl_query_weights_md, dims, type);
  }

  Layout srcLayout(dnnl_primitive_desc description, Value x) {
    return Dnnl.chosen(
        lowering.resources,
        description,
        dnnl_query_src_md,
        Lowering.dims(x.shape()),
        lowering.plan.precision().activations());
  }

  Layout dstLayout(dnnl_primitive_desc description, Value y) {
    return Dnnl.chosen(
        lowering.resources,
        description,
        dnnl_query_dst_md,
        Lowering.dims(y.shape()),
        lowering.plan.type(y));
  }

  /**
   * oneDNN's first choice for a strided convolution is channels-last, which costs a reorder on
   * either side; the layout that the neighbours use wins where it has an implementation of its own.
   */
  dnnl_primitive_desc describeInputGradient(
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
}
