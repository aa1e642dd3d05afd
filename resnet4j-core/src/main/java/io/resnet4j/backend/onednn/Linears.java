package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.dnnl_forward_training;
import static org.bytedeco.dnnl.global.dnnl.dnnl_inner_product_backward_data_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_inner_product_backward_weights_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_inner_product_forward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_diff_weights_md;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_weights_md;

import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.jspecify.annotations.Nullable;

/** The affine map and its gradients; activations row-major, the weight as the primitive likes. */
final class Linears {
  private final Lowering lowering;

  Linears(Lowering lowering) {
    this.lowering = lowering;
  }

  private DType type() {
    return lowering.plan.precision().activations();
  }

  private dnnl_primitive_desc describe(Shape x, Shape weight, @Nullable Layout bias, Layout y) {
    Layout source = lowering.plain(x, type());
    Layout anyWeight = lowering.any(weight, type());
    dnnl_memory_desc biasDesc = bias == null ? null : bias.desc();
    return lowering.dnnl.describe(
        lowering.resources,
        "inner product",
        Dnnl.NONE,
        (into, engine, attributes) ->
            dnnl_inner_product_forward_primitive_desc_create(
                into,
                engine,
                dnnl_forward_training,
                source.desc(),
                anyWeight.desc(),
                biasDesc,
                y.desc(),
                attributes));
  }

  private Lowering.Placed weight(Value weight, dnnl_primitive_desc description) {
    long[] dims = Lowering.dims(weight.shape());
    Layout wanted =
        Dnnl.chosen(lowering.resources, description, dnnl_query_weights_md, dims, type());
    return lowering.weight(weight, dims, wanted, false);
  }

  void forward(Node node) {
    Value x = node.input(0);
    Value weight = node.input(1);
    boolean bias = node.inputs().size() == 3;
    Layout biasLayout = lowering.plain(Shape.of(weight.shape().dim(0)), DType.F32);
    Layout y = lowering.plain(node.output());
    dnnl_primitive_desc description =
        describe(x.shape(), weight.shape(), bias ? biasLayout : null, y);
    List<Lowering.Argument> arguments = new ArrayList<>();
    arguments.add(
        Lowering.argument(DNNL_ARG_SRC, lowering.bring(x, lowering.plain(x.shape(), type()))));
    arguments.add(Lowering.argument(DNNL_ARG_WEIGHTS, weight(weight, description)));
    if (bias) {
      arguments.add(
          new Lowering.Argument(DNNL_ARG_BIAS, biasLayout, lowering.vector(node.input(2))));
    }
    arguments.add(Lowering.argument(DNNL_ARG_DST, lowering.place(node.output(), y)));
    lowering.emit("linear", description, arguments.toArray(Lowering.Argument[]::new));
  }

  void inputGradient(Node node) {
    Value dy = node.input(0);
    Value weight = node.input(1);
    Layout x = lowering.plain(node.output().shape(), type());
    Layout y = lowering.plain(dy.shape(), type());
    Layout anyWeight = lowering.any(weight.shape(), type());
    dnnl_primitive_desc hint = describe(node.output().shape(), weight.shape(), null, y);
    dnnl_primitive_desc description =
        lowering.dnnl.describe(
            lowering.resources,
            "inner product backward data",
            Dnnl.NONE,
            (into, engine, attributes) ->
                dnnl_inner_product_backward_data_primitive_desc_create(
                    into, engine, x.desc(), anyWeight.desc(), y.desc(), hint, attributes));
    lowering.emit(
        "linear backward data",
        description,
        Lowering.argument(DNNL_ARG_DIFF_DST, lowering.bring(dy, y)),
        Lowering.argument(DNNL_ARG_WEIGHTS, weight(weight, description)),
        Lowering.argument(DNNL_ARG_DIFF_SRC, lowering.place(node.output(), x)));
  }

  void weightGradient(Op.LinearWeightGradient op, Node node) {
    Value x = node.input(0);
    Value dy = node.input(1);
    Shape weight = node.output().shape();
    long[] dims = Lowering.dims(weight);
    Layout source = lowering.plain(x.shape(), type());
    Layout y = lowering.plain(dy.shape(), type());
    Layout anyWeight = lowering.any(weight, DType.F32);
    Layout bias = lowering.plain(Shape.of(weight.dim(0)), DType.F32);
    dnnl_memory_desc biasDesc = op.bias() ? bias.desc() : null;
    dnnl_primitive_desc hint = describe(x.shape(), weight, null, y);
    dnnl_primitive_desc description =
        lowering.dnnl.describe(
            lowering.resources,
            "inner product backward weights",
            Dnnl.NONE,
            (into, engine, attributes) ->
                dnnl_inner_product_backward_weights_primitive_desc_create(
                    into,
                    engine,
                    source.desc(),
                    anyWeight.desc(),
                    biasDesc,
                    y.desc(),
                    hint,
                    attributes));
    Layout chosen =
        Dnnl.chosen(lowering.resources, description, dnnl_query_diff_weights_md, dims, DType.F32);
    ParameterGradients targets = new ParameterGradients(lowering, node);
    ParameterGradients.Target target = targets.open(0, dims, chosen);
    List<Lowering.Argument> arguments = new ArrayList<>();
    arguments.add(Lowering.argument(DNNL_ARG_SRC, lowering.bring(x, source)));
    arguments.add(Lowering.argument(DNNL_ARG_DIFF_DST, lowering.bring(dy, y)));
    arguments.add(Lowering.argument(DNNL_ARG_DIFF_WEIGHTS, target.written()));
    if (op.bias()) {
      arguments.add(
          Lowering.argument(DNNL_ARG_DIFF_BIAS, targets.open(1, bias.dims(), bias).written()));
    }
    lowering.emit(
        "linear backward weights", description, arguments.toArray(Lowering.Argument[]::new));
    target.finish();
  }
}
