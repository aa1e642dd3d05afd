package io.resnet4j.interop;

import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;

/**
 * Element-wise operators. A constant without dimensions is a number of {@link Op.Affine}; one with
 * dimensions is learned: a bias, the scale or shift of a group norm, or the second input of {@link
 * Op.Shift} or {@link Op.Multiply}.
 */
final class OnnxArithmetic {
  /** How much of GELU, x (1 + erf(x / sqrt 2)) / 2, a value is. */
  enum Part {
    /** erf(x / sqrt 2). */
    ERF,
    /** One more. */
    GATE,
    /** Times x. */
    TWICE
  }

  /** A value that only GELU has a use for. */
  record PartOfGelu(Part part, Value x) {}

  private static final double NEAR = 1e-6;

  private OnnxArithmetic() {}

  static void activate(OnnxScope scope, OnnxNode node, Activation activation) {
    scope.emit(node, new Op.Activate(activation), scope.value(node, 0));
  }

  static void leakyRelu(OnnxScope scope, OnnxNode node) {
    double slope = node.decimal("alpha", Activation.LEAK);
    if (slope != Activation.LEAK) {
      throw node.error("alpha is " + slope + "; only " + Activation.LEAK + " is known here");
    }
    activate(scope, node, Activation.LEAKY_RELU);
  }

  static void gelu(OnnxScope scope, OnnxNode node) {
    if (!node.text("approximate", "none").equals("none")) {
      throw node.error("only the exact form is known here");
    }
    activate(scope, node, Activation.GELU);
  }

  static void erf(OnnxScope scope, OnnxNode node) {
    Node maker = scope.maker(scope.value(node, 0));
    if (!(maker.op() instanceof Op.Affine scaled)
        || scaled.addend() != 0
        || Math.abs(scaled.factor() - Math.sqrt(0.5)) > NEAR) {
      throw node.error("only erf(x / sqrt 2) in a GELU is known here");
    }
    part(scope, node, Part.ERF, maker.input(0));
  }

  private static void part(OnnxScope scope, OnnxNode node, Part part, Value x) {
    String name = node.proto().getOutput(0);
    scope.parts.put(name, new PartOfGelu(part, x));
    scope.unavailable.add(name);
  }

  /** The other input where one is the given part of a GELU: its index, 0 or 1. */
  private static Optional<Integer> beside(OnnxScope scope, OnnxNode node, Part part) {
    for (int i = 0; i < 2; i++) {
      PartOfGelu found = scope.parts.get(node.input(i));
      if (found != null && found.part() == part) {
        return Optional.of(1 - i);
      }
    }
    return Optional.empty();
  }

  private static PartOfGelu part(OnnxScope scope, OnnxNode node, int index) {
    return scope.parts.get(node.input(index));
  }

  static void add(OnnxScope scope, OnnxNode node) {
    Optional<Integer> other = beside(scope, node, Part.ERF);
    if (other.isPresent()) {
      requireNumber(scope, node, other.get(), 1);
      part(scope, node, Part.GATE, part(scope, node, 1 - other.get()).x());
      return;
    }
    int constant = constant(scope, node);
    if (scope.constant(node, constant).isEmpty()) {
      sum(scope, node, scope.value(node, 0), scope.value(node, 1));
      return;
    }
    Value x = scope.value(node, 1 - constant);
    Optional<Double> number = scope.number(node, constant);
    if (number.isPresent()) {
      affine(scope, node, x, 1, number.get());
    } else if (!addToMaker(scope, node, x, constant)) {
      scope.emit(node, new Op.Shift(), x, broadcast(scope, node, constant, x, "shift"));
    }
  }

  /** The input that is a constant; of two constants the one that is a number. */
  private static int constant(OnnxScope scope, OnnxNode node) {
    boolean first = scope.constant(node, 0).isPresent();
    boolean second = scope.constant(node, 1).isPresent();
    return first && !(second && scope.number(node, 1).isPresent()) ? 0 : 1;
  }

  private static void requireNumber(OnnxScope scope, OnnxNode node, int index, double expected) {
    double given = scope.scalar(node, index).orElse(Double.NaN);
    if (!(Math.abs(given - expected) < NEAR)) {
      throw node.error("a GELU expects " + expected + " here, got " + given);
    }
  }

  private static void sum(OnnxScope scope, OnnxNode node, Value a, Value b) {
    if (a.shape().equals(b.shape())) {
      scope.emit(node, new Op.Add(Activation.IDENTITY), a, b);
    } else if (a.shape().elements() > b.shape().elements()) {
      scope.emit(node, new Op.Shift(), a, b);
    } else {
      scope.emit(node, new Op.Shift(), b, a);
    }
  }

  /** factor x + addend, as one with what made x where that is of the kind. */
  private static void affine(
      OnnxScope scope, OnnxNode node, Value x, double factor, double addend) {
    if (scope.maker(x).op() instanceof Op.Affine made && addend != 0 && made.addend() == 0) {
      scope.emit(node, new Op.Affine(made.factor(), addend), scope.maker(x).input(0));
    } else {
      scope.emit(node, new Op.Affine(factor, addend), x);
    }
  }

  /** A constant per channel added to what has room for it: a bias, or a group norm's shift. */
  private static boolean addToMaker(OnnxScope scope, OnnxNode node, Value y, int constant) {
    Node maker = scope.maker(y);
    boolean linear = maker.op() instanceof Op.Linear;
    boolean open = linear || maker.op() instanceof Op.Conv2d || maker.op() instanceof Op.GroupNorm;
    Tensor addend = scope.tensor(node, constant);
    if (!open || maker.inputs().size() != 2 || !perChannel(addend.shape(), y, linear)) {
      return false;
    }
    Value bias = scope.parameter(node, constant, "bias", flat(addend));
    scope.emit(node, maker.op(), maker.input(0), maker.input(1), bias);
    return true;
  }

  private static Tensor flat(Tensor tensor) {
    Shape shape = Shape.of(Math.toIntExact(tensor.shape().elements()));
    return Tensor.of(shape, tensor.type(), tensor.bytes());
  }

  /** [C,1,1] or [1,C,1,1] for y [N,C,H,W]; [K] or [1,K] for y [N,K]. */
  private static boolean perChannel(Shape shape, Value y, boolean linear) {
    int behind = linear ? 1 : 3;
    return shape.rank() >= behind
        && shape.rank() <= y.shape().rank()
        && shape.elements() == y.shape().dim(1)
        && shape.dim(shape.rank() - behind) == y.shape().dim(1);
  }

  /** A constant as a parameter of x's rank, or of one element. */
  private static Value broadcast(OnnxScope scope, OnnxNode node, int index, Value x, String what) {
    Tensor tensor = scope.tensor(node, index);
    int[] given = tensor.shape().toArray();
    int[] dims = new int[x.shape().rank()];
    Arrays.fill(dims, 1);
    if (tensor.shape().elements() == 1) {
      dims = new int[] {1};
    } else if (given.length <= dims.length) {
      System.arraycopy(given, 0, dims, dims.length - given.length, given.length);
      if (dims[0] != 1) {
        throw node.error("a constant " + tensor.shape() + " differs from sample to sample");
      }
    } else {
      throw node.error("a constant " + tensor.shape() + " of a higher rank than " + x);
    }
    Tensor shaped = Tensor.of(Shape.of(dims), tensor.type(), tensor.bytes());
    return scope.parameter(node, index, what, shaped);
  }

  static void multiply(OnnxScope scope, OnnxNode node) {
    Optional<Integer> gate = beside(scope, node, Part.GATE);
    if (gate.isPresent()) {
      Value x = scope.value(node, gate.get());
      if (!x.equals(part(scope, node, 1 - gate.get()).x())) {
        throw node.error("a GELU multiplies by its own x");
      }
      part(scope, node, Part.TWICE, x);
      return;
    }
    Optional<Integer> half = beside(scope, node, Part.TWICE);
    if (half.isPresent()) {
      requireNumber(scope, node, half.get(), 0.5);
      scope.emit(node, new Op.Activate(Activation.GELU), part(scope, node, 1 - half.get()).x());
      return;
    }
    int constant = constant(scope, node);
    if (scope.constant(node, constant).isEmpty()) {
      product(scope, node, scope.value(node, 0), scope.value(node, 1));
      return;
    }
    Value x = scope.value(node, 1 - constant);
    Optional<Double> number = scope.number(node, constant);
    if (number.isPresent()) {
      scope.emit(node, new Op.Affine(number.get(), 0), x);
    } else if (!scaleMaker(scope, node, x, constant)) {
      scope.emit(node, new Op.Multiply(), x, broadcast(scope, node, constant, x, "scale"));
    }
  }

  private static void product(OnnxScope scope, OnnxNode node, Value a, Value b) {
    Node norm = scope.maker(a);
    Node shaped = scope.maker(b);
    if (isUnscaled(scope, norm)
        && shaped.op() instanceof Op.Reshape
        && perChannel(b.shape(), a, false)
        && shaped.input(0).shape().rank() == 1) {
      scope.emit(node, norm.op(), norm.input(0), shaped.input(0));
    } else if (isSigmoidOf(scope, b, a)) {
      scope.emit(node, new Op.Activate(Activation.SILU), a);
    } else if (isSigmoidOf(scope, a, b)) {
      scope.emit(node, new Op.Activate(Activation.SILU), b);
    } else if (a.shape().elements() >= b.shape().elements()) {
      scope.emit(node, new Op.Multiply(), a, b);
    } else {
      scope.emit(node, new Op.Multiply(), b, a);
    }
  }

  private static boolean isSigmoidOf(OnnxScope scope, Value gate, Value x) {
    Node maker = scope.maker(gate);
    return maker.op() instanceof Op.Activate act
        && act.activation() == Activation.SIGMOID
        && maker.input(0).equals(x);
  }

  /** A constant per channel times a group norm whose scale is one everywhere. */
  private static boolean scaleMaker(OnnxScope scope, OnnxNode node, Value y, int constant) {
    Node maker = scope.maker(y);
    Tensor factor = scope.tensor(node, constant);
    if (!isUnscaled(scope, maker) || !perChannel(factor.shape(), y, false)) {
      return false;
    }
    Value scale = scope.parameter(node, constant, "weight", flat(factor));
    scope.emit(node, maker.op(), maker.input(0), scale);
    return true;
  }

  /** Whether a node is a group norm whose scale is one everywhere and that shifts nothing. */
  private static boolean isUnscaled(OnnxScope scope, Node node) {
    return node.op() instanceof Op.GroupNorm
        && node.inputs().size() == 2
        && scope.tensors.containsKey(node.input(1).name())
        && isAll(scope.tensors.get(node.input(1).name()), 1);
  }

  /** Whether every element is {@code value}. */
  static boolean isAll(Tensor tensor, double value) {
    for (int i = 0; i < tensor.shape().elements(); i++) {
      if (tensor.get(i) != value) {
        return false;
      }
    }
    return true;
  }

  static void divide(OnnxScope scope, OnnxNode node) {
    double divisor =
        scope
            .number(node, 1)
            .orElseThrow(() -> node.error("only a constant number as divisor is known here"));
    scope.emit(node, new Op.Affine(1 / divisor, 0), scope.value(node, 0));
  }
}
