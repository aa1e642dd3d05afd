package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_1;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_primitive_desc;

/**
 * Convolutions and their inference forms. Layouts of activations and weights are the primitive's
 * choice.
 */
final class Convolutions {
  private final Lowering lowering;
  private final ConvolutionDescriptions descriptions;

  Convolutions(Lowering lowering) {
    this.lowering = lowering;
    this.descriptions = new ConvolutionDescriptions(lowering);
  }

  void forward(Op.Conv2d op, Node node) {
    Value weight = node.input(1);
    long[] weightDims = ConvolutionDescriptions.weightDims(weight.shape(), op.groups());
    boolean bias = node.inputs().size() == 3;
    DType type = lowering.plan.precision().activations();
    boolean training = lowering.plan.trains();
    Shape x = node.input(0).shape();
    Shape y = node.output().shape();
    boolean viewed = y.dim(1) == x.dim(1) && descriptions.alsoChannelsLast(node.input(0));
    dnnl_primitive_desc description =
        descriptions.describeForward(
            training,
            viewed ? descriptions.channelsLast(x) : lowering.any(x, type),
            Dnnl.any(lowering.resources, weightDims, type),
            bias ? lowering.plain(Shape.of(weight.shape().dim(0)), DType.F32) : null,
            viewed ? descriptions.channelsLast(y) : lowering.any(node.output()),
            op.window());
    Layout wanted = descriptions.weightLayout(description, weightDims, type);
    boolean adopt = training && type == DType.F32;
    Lowering.Placed packed = lowering.weight(weight, weightDims, wanted, adopt);
    List<Lowering.Argument> arguments = new ArrayList<>();
    if (bias) {
      arguments.add(biasArgument(node.input(2)));
    }
    if (!viewed) {
      emitForward(node, description, packed, arguments);
      return;
    }
    Lowering.Placed from = lowering.operand(node.input(0));
    Lowering.Placed to = lowering.place(node.output(), descriptions.blocked(y));
    emitInto(
        "convolution",
        description,
        new Lowering.Placed(descriptions.channelsLast(x), from.region()),
        packed,
        new Lowering.Placed(descriptions.channelsLast(y), to.region()),
        arguments);
  }

  private Lowering.Argument biasArgument(Value bias) {
    return new Lowering.Argument(
        DNNL_ARG_BIAS, lowering.plain(bias.shape(), DType.F32), lowering.vector(bias));
  }

  void emitForward(
      Node node,
      dnnl_primitive_desc description,
      Lowering.Placed weight,
      List<Lowering.Argument> more) {
    Value x = node.input(0);
    Value y = node.output();
    Lowering.Placed from = lowering.bring(x, descriptions.srcLayout(description, x));
    Lowering.Placed to = lowering.place(y, descriptions.dstLayout(description, y));
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

  void fused(Op.FusedConv2d op, Node node) {
    Value weight = node.input(1);
    Shape biasShape = Shape.of(weight.shape().dim(0));
    long[] weightDims = ConvolutionDescriptions.weightDims(weight.shape(), op.conv().groups());
    DType type = lowering.plan.precision().activations();
    boolean bias = op.bias() || op.folded();
    Layout biasLayout = lowering.plain(biasShape, DType.F32);
    Layout anyWeight = Dnnl.any(lowering.resources, weightDims, type);
    Layout anyX = lowering.any(node.input(0).shape(), type);
    Layout anyY = lowering.any(node.output());
    Window window = op.conv().window();
    // Post-ops that read another tensor need its layout, which the bare convolution decides.
    dnnl_primitive_desc bare =
        descriptions.describeForward(
            false, anyX, anyWeight, bias ? biasLayout : null, anyY, window);
    Layout y = descriptions.dstLayout(bare, node.output());
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
            Eltwise.appendAdd(operations, other.layout());
          }
          Eltwise.append(operations, op.activation());
        };
    dnnl_primitive_desc description =
        Tuner.follow(
            descriptions.forward(
                false, anyX, anyWeight, bias ? biasLayout : null, y, window, postOps),
            lowering.resources,
            bare);
    Layout wanted = descriptions.weightLayout(description, weightDims, type);
    List<Lowering.Argument> arguments = new ArrayList<>();
    Lowering.Placed packed;
    if (op.folded()) {
      Folding folding = Folding.of(lowering, op, node, weightDims);
      Layout canonical = Dnnl.plain(lowering.resources, weightDims, DType.F32);
      Region region =
          lowering.store.derived(
              lowering.plan.namespace(),
              folding.key() + ".weight",
              wanted,
              canonical,
              folding::foldedWeight);
      packed = new Lowering.Placed(wanted, region);
      Region biasRegion =
          lowering.store.derived(
              lowering.plan.namespace(),
              folding.key() + ".bias",
              biasLayout,
              biasLayout,
              folding::foldedBias);
      arguments.add(new Lowering.Argument(DNNL_ARG_BIAS, biasLayout, biasRegion));
    } else {
      packed = lowering.weight(weight, weightDims, wanted, false);
      if (op.bias()) {
        arguments.add(biasArgument(node.input(2)));
      }
    }
    if (other != null && !sum) {
      // DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1: the addend is the first post-op.
      arguments.add(Lowering.argument(DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE | DNNL_ARG_SRC_1, other));
    }
    Lowering.Placed from =
        lowering.bring(node.input(0), descriptions.srcLayout(description, node.input(0)));
    emitInto("convolution", description, from, packed, to, arguments);
  }
}
