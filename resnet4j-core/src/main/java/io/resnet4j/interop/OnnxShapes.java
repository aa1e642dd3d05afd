package io.resnet4j.interop;

import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.interop.onnx.AttributeProto;
import io.resnet4j.interop.onnx.TensorProto;
import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Operators that move numbers or name them, and the whole numbers that say where to. */
final class OnnxShapes {
  private static final int LONGEST = 64;

  private OnnxShapes() {}

  static void flatten(OnnxScope scope, OnnxNode node) {
    Value x = scope.value(node, 0);
    long axis = node.number("axis", 1);
    if (axis != 1 && axis + x.shape().rank() != 1) {
      throw node.error("axis is " + axis + "; only 1 is known here");
    }
    Shape flat = Shape.of(OnnxScope.BATCH, Math.toIntExact(perSample(x)));
    scope.emit(node, new Op.Reshape(flat), x);
  }

  private static long perSample(Value x) {
    return x.shape().elements() / OnnxScope.BATCH;
  }

  static void reshape(OnnxScope scope, OnnxNode node) {
    // Reshaped twice, it is no scale or shift but a weight in the making.
    if (scope.constant(node, 0).isPresent() && !scope.reshaped.containsKey(node.input(0))) {
      reshapeConstant(scope, node, scope.constant(node, 0).get());
      scope.reshaped.put(node.proto().getOutput(0), node);
      return;
    }
    Value x = scope.value(node, 0);
    boolean batched = scope.batched.contains(x);
    boolean zeroCopies = node.number("allowzero", 0) == 0;
    long[] dims = node.has("shape") ? node.numbers("shape") : scope.longs(node, 1);
    int[] shape = new int[dims.length];
    int open = -1;
    long known = 1;
    for (int i = 0; i < dims.length; i++) {
      long dim = dims[i];
      if (dim == 0 && zeroCopies && i < x.shape().rank()) {
        dim = x.shape().dim(i);
      } else if (i == 0 && batched && dim == scope.fixedBatch.orElse(-1) && dim > 0) {
        dim = OnnxScope.BATCH;
      }
      if (dim == -1 && open < 0) {
        open = i;
        dim = 1;
      }
      shape[i] = (int) node.within("shape[" + i + "]", dim, 1, Integer.MAX_VALUE);
      known = Math.multiplyExact(known, dim);
    }
    if (open >= 0) {
      shape[open] = Math.toIntExact(Math.max(1, x.shape().elements() / known));
    }
    if (batched && (shape.length < 2 || shape[0] != OnnxScope.BATCH)) {
      throw node.error("shape is " + Arrays.toString(dims) + "; the batch must stay the first");
    }
    Node maker = scope.maker(x);
    if (maker.op() instanceof Op.Reshape && maker.input(0).shape().equals(Shape.of(shape))) {
      scope.define(node, maker.input(0)); // there and back
    } else {
      scope.emit(node, new Op.Reshape(Shape.of(shape)), x);
    }
  }

  /** Such as a scale [C] to [C,1,1]; it keeps its name. */
  static void reshapeConstant(OnnxScope scope, OnnxNode node, TensorProto constant) {
    long[] dims = scope.longs(node, 1);
    long elements = 1;
    for (long dim : constant.getDimsList()) {
      elements = Math.multiplyExact(elements, dim);
    }
    long known = Arrays.stream(dims).filter(dim -> dim != -1).reduce(1, Math::multiplyExact);
    TensorProto.Builder shaped = constant.toBuilder().clearDims();
    for (long dim : dims) {
      shaped.addDims(dim == -1 && known > 0 ? elements / known : dim);
    }
    define(scope, node, shaped);
  }

  private static void define(OnnxScope scope, OnnxNode node, TensorProto.Builder constant) {
    scope.constants.put(node.proto().getOutput(0), constant.build());
  }

  private static void define(OnnxScope scope, OnnxNode node, long... values) {
    define(scope, node, OnnxTensors.longs("", values).toBuilder());
  }

  static void unsqueeze(OnnxScope scope, OnnxNode node) {
    boolean constant = scope.constant(node, 0).isPresent();
    List<Integer> dims = new ArrayList<>();
    if (constant) {
      scope.constant(node, 0).get().getDimsList().forEach(d -> dims.add(Math.toIntExact(d)));
    } else {
      Arrays.stream(scope.value(node, 0).shape().toArray()).forEach(dims::add);
    }
    long[] axes = node.input(1).isEmpty() ? node.numbers("axes") : scope.longs(node, 1);
    node.within("number of axes", axes.length, 1, 4);
    int rank = dims.size() + axes.length;
    long[] sorted =
        Arrays.stream(axes).map(axis -> axis < 0 ? axis + rank : axis).sorted().toArray();
    for (long axis : sorted) {
      dims.add((int) node.within("axis", axis, 0, dims.size()), 1);
    }
    if (constant) {
      TensorProto.Builder shaped = scope.constant(node, 0).get().toBuilder().clearDims();
      dims.forEach(shaped::addDims);
      define(scope, node, shaped);
    } else if (sorted[0] == 0) {
      throw node.error("the batch must stay the first");
    } else {
      int[] shape = dims.stream().mapToInt(Integer::intValue).toArray();
      scope.emit(node, new Op.Reshape(Shape.of(shape)), scope.value(node, 0));
    }
  }

  /** The extents as constants for a Reshape; 0, "as in the input", stands for the batch. */
  static void shape(OnnxScope scope, OnnxNode node) {
    node.requireNumber("start", 0);
    Value x = scope.value(node, 0);
    long[] dims = Arrays.stream(x.shape().toArray()).asLongStream().toArray();
    if (scope.batched.contains(x)) {
      dims[0] = 0;
    }
    define(scope, node, dims);
  }

  /** One of several whole numbers, such as an extent. */
  static void gather(OnnxScope scope, OnnxNode node) {
    node.requireNumber("axis", 0);
    long[] values = scope.longs(node, 0);
    long[] index = scope.longs(node, 1);
    if (index.length != 1) {
      throw node.error("only one number of a list can be taken");
    }
    int at = (int) node.within("index", counted(index[0], values.length), 0, values.length - 1L);
    TensorProto.Builder one = OnnxTensors.longs("", values[at]).toBuilder();
    if (scope.constant(node, 1).get().getDimsCount() == 0) {
      one.clearDims();
    }
    define(scope, node, one);
  }

  static void squeeze(OnnxScope scope, OnnxNode node) {
    Value x = scope.value(node, 0);
    int rank = x.shape().rank();
    long[] axes = node.input(1).isEmpty() ? node.numbers("axes") : scope.longs(node, 1);
    int[] kept = x.shape().toArray();
    for (long axis : axes) {
      int i = (int) node.within("axis", axis < 0 ? axis + rank : axis, 1, rank - 1);
      if (x.shape().dim(i) != 1) {
        throw node.error("axis " + axis + " of " + x.shape() + " is not 1");
      }
      kept[i] = 0;
    }
    if (axes.length == 0) {
      throw node.error("axes are missing");
    }
    Shape shape = Shape.of(Arrays.stream(kept).filter(dim -> dim > 0).toArray());
    scope.emit(node, new Op.Reshape(shape), x);
  }

  /** Some of the channels, or every s-th pixel. */
  static void slice(OnnxScope scope, OnnxNode node) {
    Value x = OnnxOperators.picture(scope, node);
    boolean old = node.has("starts");
    long[] starts = old ? node.numbers("starts") : scope.longs(node, 1);
    long[] ends = old ? node.numbers("ends") : scope.longs(node, 2);
    long[] axes = old ? node.numbers("axes") : optional(scope, node, 3);
    long[] steps = old ? new long[0] : optional(scope, node, 4);
    int count = starts.length;
    axes = axes.length == 0 ? new long[] {0, 1, 2, 3} : axes;
    if (ends.length != count || axes.length < count || steps.length > 0 && steps.length != count) {
      throw node.error("starts, ends, axes and steps are of different lengths");
    }
    int[] from = new int[4];
    int[] to = x.shape().toArray();
    int[] step = {1, 1, 1, 1};
    for (int i = 0; i < count; i++) {
      int axis = (int) node.within("axis", axes[i] < 0 ? axes[i] + 4 : axes[i], 0, 3);
      int size = x.shape().dim(axis);
      step[axis] =
          steps.length == 0 ? 1 : (int) node.within("step", steps[i], 1, OnnxOperators.MOST);
      from[axis] = (int) node.within("start", counted(starts[i], size), 0, size);
      to[axis] = (int) node.within("end", Math.min(counted(ends[i], size), size), 0, size);
    }
    boolean wholePixels = isWhole(x, from, to, 2) && isWhole(x, from, to, 3);
    if (!isWhole(x, from, to, 0) || !wholePixels || step[0] * step[1] != 1 || step[2] != step[3]) {
      throw node.error("only channels, or equal steps over all of H and W, are known here");
    }
    if (isWhole(x, from, to, 1)) {
      scope.emit(node, new Op.PadShortcut(step[2], 0, 0), x);
    } else if (step[2] == 1) {
      scope.emit(node, new Op.Slice(from[1], to[1]), x);
    } else {
      throw node.error("channels and steps at once are not known here");
    }
  }

  /** A position that may be counted from the end. */
  private static long counted(long position, int size) {
    return position < 0 ? position + size : position;
  }

  private static boolean isWhole(Value x, int[] from, int[] to, int axis) {
    return from[axis] == 0 && to[axis] == x.shape().dim(axis);
  }

  private static long[] optional(OnnxScope scope, OnnxNode node, int index) {
    return node.input(index).isEmpty() ? new long[0] : scope.longs(node, index);
  }

  static void pad(OnnxScope scope, OnnxNode node) {
    Value x = OnnxOperators.picture(scope, node);
    long[] given = node.has("pads") ? node.numbers("pads") : scope.longs(node, 1);
    if (given.length != 8 || !node.input(3).isEmpty()) {
      throw node.error("expected 8 pads, for all axes");
    }
    int[] pads = new int[8];
    for (int i = 0; i < 8; i++) {
      pads[i] = (int) node.within("pads[" + i + "]", given[i], 0, OnnxOperators.MOST);
    }
    boolean zero = node.input(2).isEmpty() || scope.scalar(node, 2).orElse(1.0) == 0;
    zero &= node.decimal("value", 0) == 0;
    String mode = node.text("mode", "constant");
    boolean channels = Arrays.equals(pads, new int[] {0, pads[1], 0, 0, 0, pads[5], 0, 0});
    int border = pads[2];
    boolean mirrored = Arrays.equals(pads, new int[] {0, 0, border, border, 0, 0, border, border});
    if (mode.equals("constant") && zero && channels) {
      padChannels(scope, node, x, pads[1], pads[5]);
    } else if (mode.equals("reflect") && mirrored) {
      scope.emit(node, new Op.ReflectPad(border), x);
    } else {
      throw node.error(
          "only channels of zeros, or equally wide mirrored borders, are known here; let Conv pad");
    }
  }

  /** Channels of zeros; with a strided slice before it, shortcut option A. */
  static void padChannels(OnnxScope scope, OnnxNode node, Value x, int before, int after) {
    Node maker = scope.maker(x);
    if (maker.op() instanceof Op.PadShortcut slice && slice.before() + slice.after() == 0) {
      scope.emit(node, new Op.PadShortcut(slice.stride(), before, after), maker.input(0));
    } else {
      scope.emit(node, new Op.PadShortcut(1, before, after), x);
    }
  }

  static void concat(OnnxScope scope, OnnxNode node) {
    long axis = node.number("axis", 1);
    if (axis == 0 && scope.constant(node, 0).isPresent()) {
      long[] all =
          IntStream.range(0, node.proto().getInputCount())
              .mapToObj(i -> scope.longs(node, i))
              .flatMapToLong(Arrays::stream)
              .toArray();
      node.within("length", all.length, 1, LONGEST); // or lists could double without end
      define(scope, node, all);
      return;
    }
    OnnxOperators.picture(scope, node);
    if (axis != 1 && axis != -3) {
      throw node.error("axis is " + axis + "; only channels can be concatenated here");
    }
    Value[] values =
        IntStream.range(0, node.proto().getInputCount())
            .mapToObj(i -> scope.value(node, i))
            .toArray(Value[]::new);
    if (values.length == 1) {
      scope.define(node, values[0]);
    } else {
      scope.emit(node, new Op.Concat(), values);
    }
  }

  /** A constant of two names is two tensors: training must not tie them. */
  static void identity(OnnxScope scope, OnnxNode node) {
    if (scope.constant(node, 0).isPresent()) {
      define(scope, node, scope.constant(node, 0).get().toBuilder().clearName());
    } else {
      scope.define(node, scope.value(node, 0));
    }
  }

  static void constant(OnnxScope scope, OnnxNode node) {
    AttributeProto value = node.value();
    if (value == null) {
      throw node.error("only a tensor value is known here");
    }
    scope.constants.put(node.proto().getOutput(0), value.getT());
  }
}
