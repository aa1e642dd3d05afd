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
import static org.bytedeco.dnnl.global.dnnl.dnnl_backward;
import static org.bytedeco.dnnl.global.dnnl.dnnl_batch_normalization_backward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_batch_normalization_forward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_binary_add;
import static org.bytedeco.dnnl.global.dnnl.dnnl_forward_inference;
import static org.bytedeco.dnnl.global.dnnl.dnnl_forward_training;
import static org.bytedeco.dnnl.global.dnnl.dnnl_use_global_stats;
import static org.bytedeco.dnnl.global.dnnl.dnnl_use_scale;
import static org.bytedeco.dnnl.global.dnnl.dnnl_use_shift;

import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import java.util.Optional;
import org.bytedeco.dnnl.dnnl_primitive_desc;

/**
 * Group norm and its gradient by batch norms of one picture whose channels are all samples'
 * channels: the same bytes, row-major or in blocks, under other statistics. The statistics of the
 * groups are put together from those of the channels. (oneDNN's own group norm wants channels-last
 * and has only reference code for the gradient.)
 */
final class GroupNormalisations {
  private static final int GIVEN = dnnl_use_global_stats | dnnl_use_scale | dnnl_use_shift;

  private final Lowering lowering;
  private final Pointwise pointwise;

  GroupNormalisations(Lowering lowering, Pointwise pointwise) {
    this.lowering = lowering;
    this.pointwise = pointwise;
  }

  /** The view of one norm: how its pictures lie as one. */
  private final class View {
    final Lowering.Placed x;
    final Layout picture;
    final GroupStatistics statistics;
    final float epsilon;

    View(Op.GroupNorm op, Value value, DType type) {
      x = viewable(value, type);
      Shape shape = value.shape();
      Order order = Order.of(lowering, x.layout()).orElseThrow();
      int padded = order.padded(shape.dim(1));
      int pixels = shape.dim(2) * shape.dim(3);
      statistics =
          new GroupStatistics(
              shape.dim(0), shape.dim(1), padded, op.groups(), pixels, op.epsilon());
      picture =
          order.layout(
              lowering, x.layout().type(), 1, statistics.all(), shape.dim(2), shape.dim(3));
      epsilon = (float) op.epsilon();
    }

    Lowering.Argument argument(int key, Region region) {
      return new Lowering.Argument(key, picture, region);
    }

    Lowering.Argument vector(int key, Region region) {
      return new Lowering.Argument(key, plain(statistics.all()), region);
    }

    Region vector() {
      return lowering.region((long) statistics.all() * Float.BYTES);
    }

    FloatView floats(Region region) {
      return new FloatView(region, statistics.all());
    }
  }

  private Layout plain(int count) {
    return lowering.plain(Shape.of(count), DType.F32);
  }

  /** In an order whose samples and channels are neighbours. */
  private Lowering.Placed viewable(Value value, DType type) {
    Lowering.Placed placed = lowering.operand(value, type);
    Optional<Order> order = Order.of(lowering, placed.layout());
    if (order.isPresent() && order.get() != Order.CHANNELS_LAST) {
      return placed;
    }
    int channels = value.shape().dim(1);
    Order blocks = Order.BLOCKS_OF_16;
    Order wanted = blocks.padded(channels) == channels ? blocks : Order.ROWS;
    return lowering.bring(value, wanted.layout(lowering, type, Lowering.dims(value.shape())));
  }

  private dnnl_primitive_desc describe(View view, int kind, int flags) {
    return lowering.dnnl.describe(
        lowering.resources,
        "normalisation",
        Dnnl.NONE,
        (into, engine, attributes) ->
            dnnl_batch_normalization_forward_primitive_desc_create(
                into,
                engine,
                kind,
                view.picture.desc(),
                view.picture.desc(),
                view.epsilon,
                flags,
                attributes));
  }

  private dnnl_primitive_desc describeGradient(View view) {
    dnnl_primitive_desc hint = describe(view, dnnl_forward_training, GIVEN);
    return lowering.dnnl.describe(
        lowering.resources,
        "normalisation backward",
        Dnnl.NONE,
        (into, engine, attributes) ->
            dnnl_batch_normalization_backward_primitive_desc_create(
                into,
                engine,
                dnnl_backward,
                view.picture.desc(),
                view.picture.desc(),
                view.picture.desc(),
                view.epsilon,
                GIVEN,
                hint,
                attributes));
  }

  void forward(Op.GroupNorm op, Node node) {
    View view = new View(op, node.input(0), lowering.plan.type(node.output()));
    GroupStatistics statistics = view.statistics;
    Lowering.Placed y = lowering.place(node.output(), view.x.layout());
    Region mean = view.vector();
    Region variance = view.vector();
    // What this writes to y is of no use.
    lowering.emit(
        "group norm statistics",
        describe(view, dnnl_forward_training, 0),
        view.argument(DNNL_ARG_SRC, view.x.region()),
        view.argument(DNNL_ARG_DST, y.region()),
        view.vector(DNNL_ARG_MEAN, mean),
        view.vector(DNNL_ARG_VARIANCE, variance));
    Region scale = view.vector();
    Region shift = view.vector();
    Region groupMean = statistics(node.output(1));
    Region groupVariance = statistics(node.output(2));
    Region givenScale = lowering.vector(node.input(1));
    boolean shifted = node.inputs().size() == 3;
    Region givenShift = shifted ? lowering.vector(node.input(2)) : givenScale;
    FloatView[] vectors = {view.floats(mean), view.floats(variance)};
    FloatView[] groups = {groups(statistics, groupMean), groups(statistics, groupVariance)};
    FloatView scales = view.floats(scale);
    FloatView shifts = view.floats(shift);
    FloatView fromScale = new FloatView(givenScale, statistics.channels());
    FloatView fromShift = new FloatView(givenShift, statistics.channels());
    lowering.append(
        "group statistics",
        run -> {
          statistics.join(vectors[0].get(), vectors[1].get(), groups[0].get(), groups[1].get());
          statistics.spread(groups[0].get(), vectors[0].get(), 0);
          statistics.spread(groups[1].get(), vectors[1].get(), 1);
          statistics.repeat(fromScale.get(), scales.get());
          if (shifted) {
            statistics.repeat(fromShift.get(), shifts.get());
          } else {
            statistics.clear(shifts.get());
          }
        },
        mean,
        variance,
        groupMean,
        groupVariance,
        scale,
        shift,
        givenScale,
        givenShift);
    apply(view, "group norm", view.x.region(), y.region(), mean, variance, scale, shift);
  }

  private Region statistics(Value value) {
    return lowering.place(value, lowering.plain(value.shape(), DType.F32)).region();
  }

  private static FloatView groups(GroupStatistics statistics, Region region) {
    return new FloatView(region, (long) statistics.samples() * statistics.groups());
  }

  private void apply(
      View view,
      String kind,
      Region x,
      Region y,
      Region mean,
      Region variance,
      Region scale,
      Region shift) {
    lowering.emit(
        kind,
        describe(view, dnnl_forward_inference, GIVEN),
        view.argument(DNNL_ARG_SRC, x),
        view.argument(DNNL_ARG_DST, y),
        view.vector(DNNL_ARG_MEAN, mean),
        view.vector(DNNL_ARG_VARIANCE, variance),
        view.vector(DNNL_ARG_SCALE, scale),
        view.vector(DNNL_ARG_SHIFT, shift));
  }

  /**
   * With r = 1 / sqrt(variance + epsilon), h = (x - mean) r, m elements of a group and, for each
   * channel of a sample, the sums b of dy and g of dy h over its pixels:
   *
   * <pre>dx = scale r dy - r S / m - r T h / m,   S = sum of scale b, T = sum of scale g</pre>
   *
   * over the group's channels. The first term, b and g are the gradients of a batch norm with given
   * statistics; the rest is such a norm with scale -r T / m and shift -r S / m.
   */
  void gradient(Op.GroupNormGradient op, Node node) {
    View view = new View(op.norm(), node.input(0), lowering.plan.type(node.output()));
    GroupStatistics statistics = view.statistics;
    Lowering.Placed dy = lowering.bring(node.input(1), view.x.layout());
    Region mean = view.vector();
    Region variance = view.vector();
    Region scale = view.vector();
    Region shift = view.vector();
    Region givenScale = lowering.vector(node.input(2));
    Region groupMean = lowering.vector(node.input(3));
    Region groupVariance = lowering.vector(node.input(4));
    FloatView means = view.floats(mean);
    FloatView variances = view.floats(variance);
    FloatView scales = view.floats(scale);
    FloatView shifts = view.floats(shift);
    FloatView fromScale = new FloatView(givenScale, statistics.channels());
    FloatView fromMean = groups(statistics, groupMean);
    FloatView fromVariance = groups(statistics, groupVariance);
    lowering.append(
        "group statistics",
        run -> {
          statistics.spread(fromMean.get(), means.get(), 0);
          statistics.spread(fromVariance.get(), variances.get(), 1);
          statistics.repeat(fromScale.get(), scales.get());
        },
        mean,
        variance,
        scale,
        givenScale,
        groupMean,
        groupVariance);
    Region scaleSums = view.vector();
    Region shiftSums = view.vector();
    Lowering.Placed dx = lowering.placeOver(node.output(), view.x.layout(), node.input(1), dy);
    lowering.emit(
        "group norm backward",
        describeGradient(view),
        view.argument(DNNL_ARG_SRC, view.x.region()),
        view.argument(DNNL_ARG_DIFF_DST, dy.region()),
        view.argument(DNNL_ARG_DIFF_SRC, dx.region()),
        view.vector(DNNL_ARG_MEAN, mean),
        view.vector(DNNL_ARG_VARIANCE, variance),
        view.vector(DNNL_ARG_SCALE, scale),
        view.vector(DNNL_ARG_DIFF_SCALE, scaleSums),
        view.vector(DNNL_ARG_DIFF_SHIFT, shiftSums));
    FloatView fromScaleSums = view.floats(scaleSums);
    FloatView fromShiftSums = view.floats(shiftSums);
    ParameterGradients targets = new ParameterGradients(lowering, node);
    Layout channel = plain(statistics.channels());
    ParameterGradients.Target byScale = targets.open(1, channel.dims(), channel);
    Optional<ParameterGradients.Target> byShift =
        op.shift() ? Optional.of(targets.open(2, channel.dims(), channel)) : Optional.empty();
    Region scaleGradient = byScale.written().region();
    Region shiftGradient = byShift.map(target -> target.written().region()).orElse(shift);
    FloatView toScale = new FloatView(scaleGradient, statistics.channels());
    FloatView toShift = new FloatView(shiftGradient, statistics.channels());
    lowering.append(
        "group sums",
        run -> {
          statistics.sumSamples(fromScaleSums.get(), toScale.get());
          if (op.shift()) {
            statistics.sumSamples(fromShiftSums.get(), toShift.get());
          }
          statistics.rest(fromScaleSums.get(), fromScale.get(), fromVariance.get(), scales.get());
          statistics.rest(fromShiftSums.get(), fromScale.get(), fromVariance.get(), shifts.get());
        },
        scaleSums,
        shiftSums,
        scale,
        shift,
        groupVariance,
        givenScale,
        scaleGradient,
        shiftGradient);
    byScale.finish();
    byShift.ifPresent(ParameterGradients.Target::finish);
    Region rest = lowering.region(view.picture.bytes());
    apply(view, "group norm rest", view.x.region(), rest, mean, variance, scale, shift);
    Lowering.Placed whole = new Lowering.Placed(view.picture, dx.region());
    Lowering.Placed added = new Lowering.Placed(view.picture, rest);
    pointwise.binary("add", dnnl_binary_add, whole, added, whole, Dnnl.NONE);
  }
}
