package io.resnet4j.interop;

import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What each ONNX operator becomes. Forms that several operators make together, such as x times
 * sigmoid(x), are recognised at the last of them; what is then read by nobody is dropped at the
 * end.
 */
final class OnnxOperators {
  /** Appends what a node stands for. */
  @FunctionalInterface
  interface Translation {
    void apply(OnnxScope scope, OnnxNode node);
  }

  /** Every operator that can be read, by name. */
  static final Map<String, Translation> TABLE = new TreeMap<>();

  static final int MOST = 1 << 16;

  static {
    TABLE.put("Conv", OnnxOperators::conv);
    TABLE.put("BatchNormalization", OnnxOperators::batchNorm);
    TABLE.put("Relu", (scope, node) -> OnnxArithmetic.activate(scope, node, Activation.RELU));
    TABLE.put("Sigmoid", (scope, node) -> OnnxArithmetic.activate(scope, node, Activation.SIGMOID));
    TABLE.put("Tanh", (scope, node) -> OnnxArithmetic.activate(scope, node, Activation.TANH));
    TABLE.put("LeakyRelu", OnnxArithmetic::leakyRelu);
    TABLE.put("Gelu", OnnxArithmetic::gelu);
    TABLE.put("Erf", OnnxArithmetic::erf);
    TABLE.put("Add", OnnxArithmetic::add);
    TABLE.put("Mul", OnnxArithmetic::multiply);
    TABLE.put("Div", OnnxArithmetic::divide);
    TABLE.put("Concat", OnnxShapes::concat);
    TABLE.put("InstanceNormalization", OnnxOperators::instanceNorm);
    TABLE.put("GroupNormalization", OnnxOperators::groupNorm);
    TABLE.put("MaxPool", OnnxOperators::maxPool);
    TABLE.put("AveragePool", OnnxOperators::averagePool);
    TABLE.put(
        "GlobalAveragePool",
        (scope, node) -> scope.emit(node, new Op.GlobalAveragePool(), scope.value(node, 0)));
    TABLE.put("ReduceMean", OnnxOperators::mean);
    TABLE.put("Flatten", OnnxShapes::flatten);
    TABLE.put("Reshape", OnnxShapes::reshape);
    TABLE.put("Squeeze", OnnxShapes::squeeze);
    TABLE.put("Unsqueeze", OnnxShapes::unsqueeze);
    TABLE.put("Shape", OnnxShapes::shape);
    TABLE.put("Gather", OnnxShapes::gather);
    TABLE.put("Gemm", OnnxOperators::gemm);
    TABLE.put("MatMul", OnnxOperators::matMul);
    TABLE.put("Slice", OnnxShapes::slice);
    TABLE.put("Pad", OnnxShapes::pad);
    TABLE.put("Dropout", OnnxOperators::dropout);
    TABLE.put("Softmax", OnnxOperators::softmax);
    TABLE.put("Identity", OnnxShapes::identity);
    TABLE.put("Constant", OnnxShapes::constant);
  }

  private OnnxOperators() {}

  private static void conv(OnnxScope scope, OnnxNode node) {
    Value x = picture(scope, node);
    Value weight = scope.computed(node, 1).orElseGet(() -> scope.parameter(node, 1, "weight"));
    if (weight.shape().rank() != 4) {
      throw node.error("a weight " + weight.shape() + "; expected [O,I,kH,kW]");
    }
    int[] kernel = {weight.shape().dim(2), weight.shape().dim(3)};
    Window window = window(node, x, kernel);
    Op op = new Op.Conv2d(window, node.number("group", 1, 1, MOST));
    if (node.input(2).isEmpty()) {
      scope.emit(node, op, x, weight);
    } else {
      scope.emit(node, op, x, weight, scope.parameter(node, 2, "bias"));
    }
  }

  static Value picture(OnnxScope scope, OnnxNode node) {
    Value x = scope.value(node, 0);
    if (x.shape().rank() != 4) {
      throw node.error("an input " + x.shape() + "; expected [N,C,H,W]");
    }
    return x;
  }

  private static Window window(OnnxNode node, Value x, int[] kernel) {
    int[] k = node.numbers("kernel_shape", 2, 1, MOST, kernel[0], kernel[1]);
    if (kernel[0] > 0 && !Arrays.equals(k, kernel)) {
      throw node.error("kernel_shape is not that of its weight");
    }
    int[] s = node.numbers("strides", 2, 1, MOST, 1, 1);
    int[] d = node.numbers("dilations", 2, 1, MOST, 1, 1);
    int[] p = node.numbers("pads", 4, 0, MOST, 0, 0, 0, 0);
    String automatic = node.text("auto_pad", "NOTSET");
    if (automatic.startsWith("SAME_")) {
      for (int i = 0; i < 2; i++) {
        int in = x.shape().dim(2 + i);
        long needed = ((in + s[i] - 1L) / s[i] - 1) * s[i] + (k[i] - 1L) * d[i] + 1 - in;
        p[i] = (int) (Math.max(needed, 0) / 2);
        p[2 + i] = (int) Math.max(needed, 0) - p[i];
      }
    } else if (!automatic.equals("NOTSET") && !automatic.equals("VALID")) {
      throw node.error("auto_pad is '" + OnnxNode.shown(automatic) + "'");
    }
    if (p[0] != p[2] || p[1] != p[3]) {
      throw node.error("pads are " + Arrays.toString(p) + "; expected as many behind as in front");
    }
    return new Window(k[0], k[1], s[0], s[1], p[0], p[1], d[0], d[1]);
  }

  private static void batchNorm(OnnxScope scope, OnnxNode node) {
    node.requireNumber("spatial", 1);
    node.requireNumber("training_mode", 0);
    double epsilon = node.decimal("epsilon", 1e-5);
    double momentum = node.complement("momentum", 0.9);
    if (epsilon < 0 || momentum < 0 || momentum > 1) {
      throw node.error("epsilon or momentum is out of range");
    }
    scope.emit(
        node,
        new Op.BatchNorm(epsilon, momentum, Op.Statistics.BATCH, Activation.IDENTITY),
        scope.value(node, 0),
        scope.parameter(node, 1, "weight"),
        scope.parameter(node, 2, "bias"),
        scope.buffer(node, 3, "running_mean"),
        scope.buffer(node, 4, "running_var"));
  }

  private static void instanceNorm(OnnxScope scope, OnnxNode node) {
    Value x = scope.value(node, 0);
    double epsilon = node.decimal("epsilon", 1e-5);
    Tensor scale = scope.tensor(node, 1);
    Tensor shift = scope.tensor(node, 2);
    if (x.shape().rank() < 3) {
      throw node.error("an input " + x.shape() + "; expected [N,C,H,W], or groups of it");
    }
    int groups = x.shape().dim(1);
    if (!scale.shape().equals(Shape.of(groups)) || !shift.shape().equals(scale.shape())) {
      throw node.error("scale " + scale.shape() + " and shift " + shift.shape() + " for " + x);
    }
    Op op = new Op.GroupNorm(groups, epsilon);
    if (x.shape().rank() == 4) {
      Value weight = scope.parameter(node, 1, "weight");
      scope.emit(node, op, x, weight, scope.parameter(node, 2, "bias"));
      return;
    }
    // Groups laid out as channels: how group norm is written with older operators.
    Node laid = scope.maker(x);
    if (!(laid.op() instanceof Op.Reshape)
        || x.shape().rank() != 3
        || laid.input(0).shape().rank() != 4) {
      throw node.error("an input " + x.shape() + "; expected [N,C,H,W], or groups of it");
    }
    Value whole = laid.input(0);
    int size = (int) node.within("channels", whole.shape().dim(1), groups, MOST) / groups;
    Value weight = scope.parameter(node, 1, "weight", repeated(scale, size));
    Value y =
        OnnxArithmetic.isAll(shift, 0)
            ? scope.emit(node, op, whole, weight)
            : scope.emit(
                node, op, whole, weight, scope.parameter(node, 2, "bias", repeated(shift, size)));
    scope.emit(node, laid.op(), y);
  }

  private static Tensor repeated(Tensor values, int times) {
    float[] each = values.toFloats();
    float[] all = new float[Math.multiplyExact(each.length, times)];
    for (int i = 0; i < all.length; i++) {
      all[i] = each[i / times];
    }
    return Tensor.ofFloats(Shape.of(all.length), all);
  }

  private static void groupNorm(OnnxScope scope, OnnxNode node) {
    if (scope.opset < 21) {
      throw node.error("scales a group at a time before operator set 21; write it with that");
    }
    node.number("stash_type", 1);
    int groups = node.number("num_groups", 0, 1, MOST);
    scope.emit(
        node,
        new Op.GroupNorm(groups, node.decimal("epsilon", 1e-5)),
        scope.value(node, 0),
        scope.parameter(node, 1, "weight"),
        scope.parameter(node, 2, "bias"));
  }

  private static Window pool(OnnxScope scope, OnnxNode node) {
    Value x = picture(scope, node);
    if (!node.has("kernel_shape")) {
      throw node.error("kernel_shape is missing");
    }
    Window window = window(node, x, new int[2]);
    if (node.number("ceil_mode", 0) != 0) {
      long restH =
          x.shape().dim(2) + 2L * window.padH() - extent(window.kernelH(), window.dilationH());
      long restW =
          x.shape().dim(3) + 2L * window.padW() - extent(window.kernelW(), window.dilationW());
      if (restH % window.strideH() != 0 || restW % window.strideW() != 0) {
        throw node.error("ceil_mode adds a window at the edge; only whole windows are known here");
      }
    }
    return window;
  }

  private static long extent(int kernel, int dilation) {
    return (kernel - 1L) * dilation + 1;
  }

  private static void maxPool(OnnxScope scope, OnnxNode node) {
    node.number("storage_order", 0); // of the positions, which nobody can read here
    scope.emit(node, new Op.MaxPool(pool(scope, node)), scope.value(node, 0));
  }

  private static void averagePool(OnnxScope scope, OnnxNode node) {
    boolean counted = node.number("count_include_pad", 0, 0, 1) == 1;
    scope.emit(node, new Op.AveragePool(pool(scope, node), counted), scope.value(node, 0));
  }

  private static void mean(OnnxScope scope, OnnxNode node) {
    Value x = picture(scope, node);
    long[] axes = node.input(1).isEmpty() ? node.numbers("axes") : scope.longs(node, 1);
    node.requireNumber("noop_with_empty_axes", 0);
    long[] both = Arrays.stream(axes).map(axis -> axis < 0 ? axis + 4 : axis).sorted().toArray();
    if (!Arrays.equals(both, new long[] {2, 3})) {
      throw node.error(
          "axes are " + Arrays.toString(axes) + "; only the mean over H and W is known");
    }
    Value y = scope.emit(node, new Op.GlobalAveragePool(), x);
    if (node.number("keepdims", 1) == 0) {
      scope.emit(node, new Op.Reshape(Shape.of(x.shape().dim(0), x.shape().dim(1))), y);
    }
  }

  private static void gemm(OnnxScope scope, OnnxNode node) {
    node.requireNumber("transA", 0);
    if (node.decimal("alpha", 1) != 1 || node.decimal("beta", 1) != 1) {
      throw node.error("alpha and beta must be 1");
    }
    Value x = scope.value(node, 0);
    Value weight = weight(scope, node, node.number("transB", 0, 0, 1) == 0);
    if (node.input(2).isEmpty()) {
      scope.emit(node, new Op.Linear(), x, weight);
      return;
    }
    Tensor bias = scope.tensor(node, 2);
    int features = weight.shape().dim(0);
    if (bias.shape().elements() != features || !isLast(bias.shape())) {
      throw node.error("a bias " + bias.shape() + "; expected [" + features + "]");
    }
    Tensor flat = Tensor.of(Shape.of(features), bias.type(), bias.bytes());
    scope.emit(node, new Op.Linear(), x, weight, scope.parameter(node, 2, "bias", flat));
  }

  /** [K] or [1,K]. */
  private static boolean isLast(Shape shape) {
    return shape.rank() == 1 || shape.rank() == 2 && shape.dim(0) == 1;
  }

  private static void matMul(OnnxScope scope, OnnxNode node) {
    scope.emit(node, new Op.Linear(), scope.value(node, 0), weight(scope, node, true));
  }

  /** A matrix as [O,I]. */
  private static Value weight(OnnxScope scope, OnnxNode node, boolean transposed) {
    Tensor weight = scope.tensor(node, 1);
    if (weight.shape().rank() != 2) {
      throw node.error("a weight " + weight.shape() + "; expected a matrix");
    }
    return scope.parameter(node, 1, "weight", transposed ? transpose(weight) : weight);
  }

  private static Tensor transpose(Tensor matrix) {
    int rows = matrix.shape().dim(0);
    int columns = matrix.shape().dim(1);
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) matrix.get(i % rows * columns + i / rows);
    }
    return Tensor.ofFloats(Shape.of(columns, rows), values);
  }

  private static void dropout(OnnxScope scope, OnnxNode node) {
    node.number("seed", 0); // draws are this library's own
    double ratio = node.decimal("ratio", 0.5);
    if (!node.input(1).isEmpty()) {
      ratio =
          scope.scalar(node, 1).orElseThrow(() -> node.error("the ratio is not a constant number"));
    }
    scope.emit(node, new Op.Dropout(ratio, Op.Unit.ELEMENT), scope.value(node, 0));
  }

  /** Left off, for what is asked for are the logits; so nothing may read it. */
  private static void softmax(OnnxScope scope, OnnxNode node) {
    Value x = scope.value(node, 0);
    long axis = node.number("axis", 1);
    if (x.shape().rank() != 2 || axis != 1 && axis != -1) {
      throw node.error("only a softmax over classes, at the end, is known here");
    }
    scope.define(node, x);
    scope.last = Optional.of(node);
  }
}
