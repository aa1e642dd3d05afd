package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_aBcd16b;
import static org.bytedeco.dnnl.global.dnnl.dnnl_acdb;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.jspecify.annotations.Nullable;

/** Primitive descriptors of convolutions and the layouts that they choose. */
final class ConvolutionDescriptions {
  private static final int BLOCK = 16;

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

  /** Everything but layouts that the choice of an implementation may depend on. */
  String words(String kind, Layout x, Layout weight, Window window) {
    return kind
        + " "
        + lowering.plan.precision()
        + " "
        + Arrays.toString(x.dims())
        + " by "
        + Arrays.toString(weight.dims())
        + ", "
        + window;
  }

  /** A forward convolution by the implementation that suits it best; y takes any layout or one. */
  dnnl_primitive_desc describeForward(
      boolean training, Layout x, Layout weight, @Nullable Layout bias, Layout y, Window window) {
    List<Tuner.Role> roles =
        new ArrayList<>(List.of(Tuner.Role.SRC, Tuner.Role.WEIGHTS, Tuner.Role.DST));
    if (bias != null) {
      roles.add(Tuner.Role.BIAS);
    }
    String kind = (training ? "forward" : "inference") + (bias == null ? "" : " with bias");
    return lowering.tuner.choose(
        forward(training, x, weight, bias, y, window, Dnnl.NONE),
        lowering.resources,
        words(kind, x, weight, window),
        roles);
  }

  Tuner.Maker forward(
      boolean training,
      Layout x,
      Layout weight,
      @Nullable Layout bias,
      Layout y,
      Window window,
      Dnnl.PostOps postOps) {
    Geometry geometry = Geometry.of(window);
    dnnl_memory_desc biasDesc = bias == null ? null : bias.desc();
    return owner ->
        lowering.dnnl.describe(
            owner,
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
    return forward(
            true,
            lowering.any(x, type),
            Dnnl.any(lowering.resources, weightDims(weight, groups), type),
            null,
            lowering.any(y, type),
            window,
            Dnnl.NONE)
        .make(lowering.resources);
  }

  /**
   * Whether {@code value} lies in blocks of sixteen channels and has just sixteen: then its bytes
   * are those of channels-last, whose f32 implementations of narrow 3x3 convolutions are faster
   * (169 -> 203 GFLOP/s forward, 189 -> 223 by the weight, 16 channels at 32x32, batch 128, two Zen
   * 4 cores).
   */
  boolean alsoChannelsLast(Value value) {
    Shape shape = value.shape();
    return lowering.plan.trains()
        && lowering.plan.precision().activations() == DType.F32
        && shape.dim(1) == BLOCK
        && lowering.operand(value).layout().same(blocked(shape));
  }

  /** Blocks of sixteen channels. */
  Layout blocked(Shape shape) {
    return Dnnl.tagged(lowering.resources, Lowering.dims(shape), DType.F32, dnnl_aBcd16b);
  }

  /** Pixel by pixel, all channels of each. */
  Layout channelsLast(Shape shape) {
    return Dnnl.tagged(lowering.resources, Lowering.dims(shape), DType.F32, dnnl_acdb);
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
        lowering.operandType(x));
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
    Tuner.Maker neighbourly = inputGradient(conv.window(), neighbourX, anyWeight, neighbourY, hint);
    String words = words("backward data", neighbourX, anyWeight, conv.window());
    List<Tuner.Role> roles = List.of(Tuner.Role.DIFF_DST, Tuner.Role.WEIGHTS, Tuner.Role.DIFF_SRC);
    try (Resources mine = new Resources()) {
      dnnl_primitive_desc tried = neighbourly.make(mine);
      if (tried != null && Dnnl.implementation(tried).matches("(jit|brg).*")) {
        return lowering.tuner.choose(neighbourly, lowering.resources, words, roles);
      }
    }
    Tuner.Maker free =
        inputGradient(
            conv.window(), lowering.any(x, type), anyWeight, lowering.any(dy.shape(), type), hint);
    return lowering.tuner.choose(free, lowering.resources, words, roles);
  }

  private Tuner.Maker inputGradient(
      Window window, Layout x, Layout weight, Layout y, dnnl_primitive_desc hint) {
    Geometry geometry = Geometry.of(window);
    return owner ->
        lowering.dnnl.tryDescribe(
            owner,
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
