package io.resnet4j.backend.onednn;

import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Window;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import java.util.List;
import org.bytedeco.dnnl.dnnl_primitive_desc;

/**
 * Shortcut option A as a strided 1x1 convolution with a constant 0/1 weight: exact, and native in
 * blocked layouts, at well under a hundredth of a network's arithmetic.
 */
final class PadShortcuts {
  private final Lowering lowering;
  private final ConvolutionDescriptions descriptions;
  private final Convolutions convolutions;
  private final ConvolutionGradients gradients;

  PadShortcuts(Lowering lowering, Convolutions convolutions, ConvolutionGradients gradients) {
    this.lowering = lowering;
    this.descriptions = new ConvolutionDescriptions(lowering);
    this.convolutions = convolutions;
    this.gradients = gradients;
  }

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
            lowering.plan.namespace(),
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

  void forward(Op.PadShortcut op, Node node) {
    Shape x = node.input(0).shape();
    Shape weight = selectionWeight(op, x);
    DType type = lowering.operandType(node.input(0));
    DType weightType = type == DType.U8 ? DType.S8 : type;
    dnnl_primitive_desc description =
        descriptions.describeForward(
            lowering.plan.trains(),
            lowering.any(x, type),
            lowering.any(weight, weightType),
            null,
            lowering.any(node.output()),
            selection(op).window());
    Layout wanted = descriptions.weightLayout(description, Lowering.dims(weight), weightType);
    convolutions.emitForward(node, description, selector(op, weight, wanted), List.of());
  }

  void gradient(Op.PadShortcutGradient op, Node node) {
    Shape weight = selectionWeight(op.shortcut(), op.input());
    long[] dims = Lowering.dims(weight);
    dnnl_primitive_desc description =
        descriptions.describeInputGradient(
            op.input(), weight, selection(op.shortcut()), node.input(0), dims);
    Layout wanted =
        descriptions.weightLayout(description, dims, lowering.plan.precision().activations());
    gradients.emitInputGradient(node, description, selector(op.shortcut(), weight, wanted));
  }
}
