package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.dnnl_convolution_backward_weights_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_convolution_direct;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_diff_dst_md;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_diff_src_md;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_diff_weights_md;

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

/** Gradients of convolutions by their input, weight and bias. */
final class ConvolutionGradients {
  private final Lowering lowering;
  private final ConvolutionDescriptions descriptions;

  ConvolutionGradients(Lowering lowering) {
    this.lowering = lowering;
    this.descriptions = new ConvolutionDescriptions(lowering);
  }

  void inputGradient(Op.Conv2dInputGradient op, Node node) {
    Value weight = node.input(1);
    long[] weightDims = ConvolutionDescriptions.weightDims(weight.shape(), op.conv().groups());
    DType type = lowering.plan.precision().activations();
    dnnl_primitive_desc description =
        descriptions.describeInputGradient(
            op.input(), weight.shape(), op.conv(), node.input(0), weightDims);
    Layout wanted = descriptions.weightLayout(description, weightDims, type);
    emitInputGradient(node, description, lowering.weight(weight, weightDims, wanted, false));
  }

  void emitInputGradient(Node node, dnnl_primitive_desc description, Lowering.Placed weight) {
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
    long[] weightDims = ConvolutionDescriptions.weightDims(op.weight(), groups);
    DType type = lowering.plan.precision().activations();
    Window window = op.conv().window();
    ConvolutionDescriptions.Geometry geometry = ConvolutionDescriptions.Geometry.of(window);
    dnnl_primitive_desc hint =
        descriptions.hint(x.shape(), op.weight(), groups, dy.shape(), window);
    boolean viewed = descriptions.alsoChannelsLast(x) && descriptions.alsoChannelsLast(dy);
    Layout wishX = viewed ? descriptions.channelsLast(x.shape()) : lowering.any(x.shape(), type);
    Layout wishY = viewed ? descriptions.channelsLast(dy.shape()) : lowering.any(dy.shape(), type);
    Layout anyWeight = Dnnl.any(lowering.resources, weightDims, DType.F32);
    Layout biasLayout = lowering.plain(Shape.of(op.weight().dim(0)), DType.F32);
    dnnl_memory_desc biasDesc = op.bias() ? biasLayout.desc() : null;
    Tuner.Maker maker =
        owner ->
            lowering.dnnl.describe(
                owner,
                "convolution backward weights",
                Dnnl.NONE,
                (into, engine, attributes) ->
                    dnnl_convolution_backward_weights_primitive_desc_create(
                        into,
                        engine,
                        dnnl_convolution_direct,
                        wishX.desc(),
                        anyWeight.desc(),
                        biasDesc,
                        wishY.desc(),
                        geometry.strides(),
                        geometry.dilations(),
                        geometry.padding(),
                        geometry.padding(),
                        hint,
                        attributes));
    List<Tuner.Role> roles =
        new ArrayList<>(List.of(Tuner.Role.SRC, Tuner.Role.DIFF_DST, Tuner.Role.DIFF_WEIGHTS));
    if (op.bias()) {
      roles.add(Tuner.Role.DIFF_BIAS);
    }
    String kind = "backward weights" + (op.bias() ? " and bias" : "");
    dnnl_primitive_desc description =
        lowering.tuner.choose(
            maker, lowering.resources, descriptions.words(kind, wishX, anyWeight, window), roles);
    Layout chosen =
        Dnnl.chosen(
            lowering.resources, description, dnnl_query_diff_weights_md, weightDims, DType.F32);
    Lowering.Placed from =
        viewed
            ? new Lowering.Placed(wishX, lowering.operand(x).region())
            : lowering.bring(x, descriptions.srcLayout(description, x));
    Layout dyLayout =
        Dnnl.chosen(
            lowering.resources,
            description,
            dnnl_query_diff_dst_md,
            Lowering.dims(dy.shape()),
            type);
    Lowering.Placed gradient =
        viewed
            ? new Lowering.Placed(wishY, lowering.operand(dy).region())
            : lowering.bring(dy, dyLayout);
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
}
