package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_ATTR_SCALES;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_FROM;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_1;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_TO;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.dnnl_forward_inference;
import static org.bytedeco.dnnl.global.dnnl.dnnl_inner_product_forward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_attr_set_scales_mask;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_weights_md;
import static org.bytedeco.dnnl.global.dnnl.dnnl_reorder_primitive_desc_create;

import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Scaling;
import io.resnet4j.graph.Value;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_post_ops;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;

/**
 * Operations on 8-bit codes: one primitive each, with scales, bias, addend and non-linearity inside
 * it.
 *
 * <p>x86 processors without VNNI add two products of a u8 and an s8 in 16 bits, where full weights
 * overflow (oneDNN, "Nuances of int8 computations"). There weights are rounded to seven bits, so
 * that 2 x 255 x 64 fits.
 */
final class Quantised {
  private final Lowering lowering;
  private final ConvolutionDescriptions descriptions;
  private final boolean narrow = InstructionSet.addsInSixteenBits();

  Quantised(Lowering lowering) {
    this.lowering = lowering;
    this.descriptions = new ConvolutionDescriptions(lowering);
  }

  /** Which arguments have scales, and what follows the sum of products. */
  private record Attributes(List<Scale> scales, List<Dnnl.PostOps> after) implements Dnnl.PostOps {
    @Override
    public void append(dnnl_post_ops to) {
      after.forEach(each -> each.append(to));
    }

    @Override
    public void configure(dnnl_primitive_attr attributes) {
      for (Scale scale : scales) {
        Dnnl.check(
            dnnl_primitive_attr_set_scales_mask(attributes, scale.argument(), scale.mask()),
            "scales");
      }
    }

    List<Lowering.Argument> arguments() {
      return scales.stream()
          .map(s -> new Lowering.Argument(DNNL_ARG_ATTR_SCALES | s.argument(), s.layout(), s.at()))
          .toList();
    }
  }

  /** The scale of an argument; its mask says along which axes it differs. */
  private record Scale(int argument, int mask, Layout layout, Region at) {}

  private Layout vector(int length) {
    return lowering.plain(Shape.of(length), DType.F32);
  }

  private Scale scale(int argument, Scaling scaling) {
    Layout one = vector(1);
    Region at =
        lowering.store.derived(
            lowering.plan.namespace(),
            "scale " + scaling.scale(),
            one,
            one,
            () -> new float[] {scaling.scale()});
    return new Scale(argument, 0, one, at);
  }

  // ---- weights ----

  /** Whether the products of this layer's codes would overflow with full weights. */
  private boolean narrowed(Scaling x) {
    return narrow && x.type() == DType.U8;
  }

  private Lowering.Placed weight(Value weight, long[] dims, Layout wanted, Scaling x) {
    if (!narrowed(x)) {
      return lowering.weight(weight, dims, wanted, false);
    }
    StateTensor master = lowering.store.tensor(lowering.plan, weight, dims);
    master.pin();
    return new Lowering.Placed(
        wanted, changed(weight, " in seven bits", wanted, master, w -> (float) Math.rint(w / 2)));
  }

  private Scale weightScale(Value scale, int mask, Scaling x) {
    Layout layout = vector(scale.shape().dim(0));
    Region at = lowering.stateVector(scale);
    if (narrowed(x)) {
      StateTensor master =
          lowering.store.tensor(lowering.plan, scale, Lowering.dims(scale.shape()));
      at = changed(scale, " of seven bits", layout, master, s -> 2 * s);
    }
    return new Scale(DNNL_ARG_WEIGHTS, mask, layout, at);
  }

  private interface Change {
    float of(float element);
  }

  private Region changed(
      Value value, String what, Layout wanted, StateTensor master, Change change) {
    return lowering.store.derived(
        lowering.plan.namespace(),
        lowering.plan.namespace() + " " + value.name() + what,
        wanted,
        master.canonical,
        () -> {
          float[] values = lowering.store.read(master);
          for (int i = 0; i < values.length; i++) {
            values[i] = change.of(values[i]);
          }
          return values;
        });
  }

  private Lowering.Argument bias(Value bias) {
    return new Lowering.Argument(
        DNNL_ARG_BIAS, lowering.plain(bias.shape(), DType.F32), lowering.vector(bias));
  }

  // ---- convolution ----

  void convolution(Op.QuantisedConv2d op, Node node) {
    Value x = node.input(0);
    Value weight = node.input(1);
    Value y = node.output();
    long[] dims = ConvolutionDescriptions.weightDims(weight.shape(), op.conv().groups());
    List<Scale> scales = new ArrayList<>();
    scales.add(scale(DNNL_ARG_SRC, op.x()));
    scales.add(weightScale(node.input(2), op.conv().groups() == 1 ? 1 : 3, op.x()));
    op.y().ifPresent(scaling -> scales.add(scale(DNNL_ARG_DST, scaling)));
    Lowering.Argument bias = bias(node.input(3));
    // Post-ops that read another tensor need its layout, which the bare convolution decides.
    dnnl_primitive_desc bare =
        describe(op, node, dims, bias.layout(), lowering.any(y), new Attributes(scales, List.of()));
    Layout to = descriptions.dstLayout(bare, y);
    List<Dnnl.PostOps> after = new ArrayList<>();
    List<Lowering.Argument> arguments = new ArrayList<>();
    Lowering.Placed target;
    if (op.addend().isPresent()) {
      target = withAddend(op.addend().get(), node, to, after, arguments);
    } else {
      target = lowering.place(y, to);
    }
    after.add(operations -> Eltwise.append(operations, op.activation()));
    Attributes attributes = new Attributes(scales, after);
    dnnl_primitive_desc description = describe(op, node, dims, bias.layout(), to, attributes);
    Layout packed = descriptions.weightLayout(description, dims, DType.S8);
    arguments.add(bias);
    arguments.addAll(attributes.arguments());
    arguments.add(
        Lowering.argument(DNNL_ARG_SRC, lowering.bring(x, descriptions.srcLayout(description, x))));
    arguments.add(Lowering.argument(DNNL_ARG_WEIGHTS, weight(weight, dims, packed, op.x())));
    arguments.add(Lowering.argument(DNNL_ARG_DST, target));
    lowering.emit("int8 convolution", description, arguments.toArray(Lowering.Argument[]::new));
  }

  private dnnl_primitive_desc describe(
      Op.QuantisedConv2d op,
      Node node,
      long[] weightDims,
      Layout bias,
      Layout y,
      Attributes attributes) {
    dnnl_primitive_desc description =
        descriptions
            .forward(
                false,
                lowering.any(node.input(0)),
                Dnnl.any(lowering.resources, weightDims, DType.S8),
                bias,
                y,
                op.conv().window(),
                attributes)
            .make(lowering.resources);
    if (description == null) {
      throw new IllegalStateException(
          node.path() + ": oneDNN has no 8-bit convolution of " + node.inputs());
    }
    return description;
  }

  /** Adds codes as the result is stored: those that lie where it goes, or others. */
  private Lowering.Placed withAddend(
      Scaling scaling,
      Node node,
      Layout to,
      List<Dnnl.PostOps> after,
      List<Lowering.Argument> arguments) {
    Value value = node.input(4);
    Layout wanted = Dnnl.like(lowering.resources, to, scaling.type());
    Lowering.Placed addend = lowering.bring(value, wanted);
    boolean sameSize = to.type().bytes() == scaling.type().bytes();
    Lowering.Placed target =
        sameSize
            ? lowering.placeOver(node.output(), to, value, addend)
            : lowering.place(node.output(), to);
    if (target.region() == addend.region()) {
      after.add(operations -> Eltwise.appendSum(operations, scaling));
      return target;
    }
    // A sum that is not in place has no scale: it is taken in the addend's unit.
    after.add(operations -> Eltwise.appendScale(operations, 1 / scaling.scale()));
    after.add(operations -> Eltwise.appendAdd(operations, addend.layout()));
    after.add(operations -> Eltwise.appendScale(operations, scaling.scale()));
    // DNNL_ARG_ATTR_MULTIPLE_POST_OP(1): the addend is the second post-op.
    int key = 2 * DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE | DNNL_ARG_SRC_1;
    arguments.add(Lowering.argument(key, addend));
    return target;
  }

  // ---- affine map ----

  void linear(Op.QuantisedLinear op, Node node) {
    Value x = node.input(0);
    Value weight = node.input(1);
    long[] dims = Lowering.dims(weight.shape());
    Layout source = lowering.plain(x);
    Layout anyWeight = Dnnl.any(lowering.resources, dims, DType.S8);
    Layout y = lowering.plain(node.output());
    Lowering.Argument bias = bias(node.input(3));
    Attributes attributes =
        new Attributes(
            List.of(scale(DNNL_ARG_SRC, op.x()), weightScale(node.input(2), 1, op.x())), List.of());
    dnnl_primitive_desc description =
        lowering.dnnl.describe(
            lowering.resources,
            "int8 inner product",
            attributes,
            (into, engine, attr) ->
                dnnl_inner_product_forward_primitive_desc_create(
                    into,
                    engine,
                    dnnl_forward_inference,
                    source.desc(),
                    anyWeight.desc(),
                    bias.layout().desc(),
                    y.desc(),
                    attr));
    Layout packed =
        Dnnl.chosen(lowering.resources, description, dnnl_query_weights_md, dims, DType.S8);
    List<Lowering.Argument> arguments = new ArrayList<>(attributes.arguments());
    arguments.add(bias);
    arguments.add(Lowering.argument(DNNL_ARG_SRC, lowering.bring(x, source)));
    arguments.add(Lowering.argument(DNNL_ARG_WEIGHTS, weight(weight, dims, packed, op.x())));
    arguments.add(Lowering.argument(DNNL_ARG_DST, lowering.place(node.output(), y)));
    lowering.emit("int8 linear", description, arguments.toArray(Lowering.Argument[]::new));
  }

  // ---- between numbers and codes ----

  void quantise(Op.Quantise op, Node node) {
    Lowering.Placed from = lowering.operand(node.input(0));
    Shape shape = node.output().shape();
    DType type = op.y().type();
    Layout to =
        shape.rank() == 4
            ? Order.CHANNELS_LAST.layout(lowering, type, Lowering.dims(shape))
            : lowering.plain(shape, type);
    change("quantise", from, lowering.place(node.output(), to), scale(DNNL_ARG_TO, op.y()));
  }

  void dequantise(Op.Dequantise op, Node node) {
    Lowering.Placed from = lowering.placed(node.input(0));
    Layout to = Dnnl.like(lowering.resources, from.layout(), DType.F32);
    change("dequantise", from, lowering.place(node.output(), to), scale(DNNL_ARG_FROM, op.x()));
  }

  private void change(String kind, Lowering.Placed from, Lowering.Placed to, Scale scale) {
    Attributes attributes = new Attributes(List.of(scale), List.of());
    dnnl_primitive_desc description =
        lowering.dnnl.describe(
            lowering.resources,
            kind,
            attributes,
            (into, engine, attr) ->
                dnnl_reorder_primitive_desc_create(
                    into, from.layout().desc(), engine, to.layout().desc(), engine, attr));
    List<Lowering.Argument> arguments = new ArrayList<>(attributes.arguments());
    arguments.add(Lowering.argument(DNNL_ARG_FROM, from));
    arguments.add(Lowering.argument(DNNL_ARG_TO, to));
    lowering.emit(kind, description, arguments.toArray(Lowering.Argument[]::new));
  }
}
