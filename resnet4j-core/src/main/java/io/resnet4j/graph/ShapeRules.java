package io.resnet4j.graph;

import io.resnet4j.InvalidInputException;
import io.resnet4j.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The shapes that each operation makes of its inputs, and the complaints where it cannot. */
final class ShapeRules implements Op.Visitor<List<Shape>> {
  private static final ShapeRules RULES = new ShapeRules();

  private ShapeRules() {}

  /**
   * Shapes of the outputs of {@code node}, from its inputs alone.
   *
   * @throws InvalidInputException if the inputs do not fit the operation
   */
  static List<Shape> infer(Node node) {
    return node.op().accept(RULES, node);
  }

  static InvalidInputException error(String path, String format, Object... arguments) {
    return new InvalidInputException(path + ": " + String.format(Locale.ROOT, format, arguments));
  }

  private static void require(Node node, boolean condition, String expected) {
    if (!condition) {
      throw error(node.path(), "expected %s, got %s", expected, node.inputs());
    }
  }

  private static void count(Node node, int least, int most) {
    int given = node.inputs().size();
    if (given < least || given > most) {
      throw error(
          node.path(),
          "%s takes %s inputs, given %d",
          node.op().getClass().getSimpleName(),
          least == most ? "" + least : least + " to " + most,
          given);
    }
  }

  private static Shape in(Node node, int index) {
    return node.input(index).shape();
  }

  private static void picture(Node node, int index) {
    require(node, in(node, index).rank() == 4, "an input [N,C,H,W]");
  }

  @Override
  public List<Shape> visit(Op.Input op, Node node) {
    count(node, 0, 0);
    return List.of(op.shape());
  }

  @Override
  public List<Shape> visit(Op.Parameter op, Node node) {
    count(node, 0, 0);
    return List.of(op.shape());
  }

  @Override
  public List<Shape> visit(Op.Buffer op, Node node) {
    count(node, 0, 0);
    return List.of(op.shape());
  }

  @Override
  public List<Shape> visit(Op.Conv2d op, Node node) {
    count(node, 2, 3);
    return List.of(convolve(op, node, node.inputs().size() == 3));
  }

  private static Shape convolve(Op.Conv2d op, Node node, boolean bias) {
    picture(node, 0);
    Shape x = in(node, 0);
    Shape weight = in(node, 1);
    Window window = op.window();
    require(
        node,
        weight.rank() == 4
            && weight.dim(2) == window.kernelH()
            && weight.dim(3) == window.kernelW()
            && weight.dim(1) * op.groups() == x.dim(1)
            && weight.dim(0) % op.groups() == 0,
        "x [N,I,H,W] and weight [O,I/"
            + op.groups()
            + ","
            + window.kernelH()
            + ","
            + window.kernelW()
            + "]");
    require(node, !bias || in(node, 2).equals(Shape.of(weight.dim(0))), "a bias [O]");
    return window.slide(node.path(), node.input(0), weight.dim(0));
  }

  @Override
  public List<Shape> visit(Op.FusedConv2d op, Node node) {
    int expected = 2 + (op.bias() ? 1 : 0) + (op.folded() ? 4 : 0) + (op.residual() ? 1 : 0);
    count(node, expected, expected);
    Shape y = convolve(op.conv(), node, op.bias());
    require(
        node,
        !op.residual() || in(node, expected - 1).equals(y),
        "an addend of the output's shape");
    return List.of(y);
  }

  @Override
  public List<Shape> visit(Op.Quantise op, Node node) {
    count(node, 1, 1);
    return List.of(in(node, 0));
  }

  @Override
  public List<Shape> visit(Op.Dequantise op, Node node) {
    count(node, 1, 1);
    return List.of(in(node, 0));
  }

  @Override
  public List<Shape> visit(Op.QuantisedConv2d op, Node node) {
    int expected = op.addend().isPresent() ? 5 : 4;
    count(node, expected, expected);
    Shape y = convolve(op.conv(), node, false);
    requireScaled(node);
    require(
        node, op.addend().isEmpty() || in(node, 4).equals(y), "an addend of the output's shape");
    return List.of(y);
  }

  private static void requireScaled(Node node) {
    Shape outputs = Shape.of(in(node, 1).dim(0));
    require(
        node,
        in(node, 2).equals(outputs) && in(node, 3).equals(outputs),
        "a weight scale [O] and a bias [O]");
  }

  @Override
  public List<Shape> visit(Op.QuantisedLinear op, Node node) {
    count(node, 4, 4);
    Shape y = affine(node);
    requireScaled(node);
    return List.of(y);
  }

  @Override
  public List<Shape> visit(Op.BatchNorm op, Node node) {
    count(node, 5, 5);
    picture(node, 0);
    Shape x = in(node, 0);
    Shape channel = Shape.of(x.dim(1));
    for (int i = 1; i < 5; i++) {
      require(node, in(node, i).equals(channel), "x [N,C,H,W] and four values [C]");
    }
    if (op.statistics() == Op.Statistics.BATCH && x.elements() == x.dim(1)) {
      throw error(
          node.path(),
          "batch norm has one value per channel in %s, so its variance is zero; use a batch of at"
              + " least 2, a larger picture or running statistics",
          node.input(0));
    }
    return op.masked() ? List.of(x, channel, channel, x) : List.of(x, channel, channel);
  }

  @Override
  public List<Shape> visit(Op.GroupNorm op, Node node) {
    count(node, 2, 3);
    picture(node, 0);
    Shape x = in(node, 0);
    if (op.groups() < 1 || x.dim(1) % op.groups() != 0) {
      throw error(
          node.path(),
          "cannot normalise %s in %d groups; the channels must be a multiple of the groups",
          node.input(0),
          op.groups());
    }
    for (int i = 1; i < node.inputs().size(); i++) {
      require(node, in(node, i).equals(Shape.of(x.dim(1))), "x [N,C,H,W] and values [C]");
    }
    Shape groups = Shape.of(x.dim(0), op.groups());
    return List.of(x, groups, groups);
  }

  @Override
  public List<Shape> visit(Op.Activate op, Node node) {
    count(node, 1, 1);
    return List.of(in(node, 0));
  }

  @Override
  public List<Shape> visit(Op.Add op, Node node) {
    count(node, 2, 2);
    return joined(node);
  }

  private static List<Shape> joined(Node node) {
    if (!in(node, 0).equals(in(node, 1))) {
      throw error(
          node.path(),
          "branch %s from %s, shortcut %s from %s; use PROJECTION or ZERO_PAD",
          in(node, 0),
          node.input(0).name(),
          in(node, 1),
          node.input(1).name());
    }
    return List.of(in(node, 0));
  }

  @Override
  public List<Shape> visit(Op.Couple op, Node node) {
    count(node, 3, 3);
    return joined(node);
  }

  @Override
  public List<Shape> visit(Op.Shift op, Node node) {
    return broadcast(node);
  }

  @Override
  public List<Shape> visit(Op.Multiply op, Node node) {
    return broadcast(node);
  }

  private static List<Shape> broadcast(Node node) {
    count(node, 2, 2);
    require(
        node,
        broadcasts(in(node, 1), in(node, 0)),
        "a second input of one element [1], or with each extent that of the first or 1");
    return List.of(in(node, 0));
  }

  private static boolean broadcasts(Shape small, Shape large) {
    if (small.equals(Shape.of(1))) {
      return true;
    }
    boolean fits = small.rank() == large.rank();
    for (int i = 0; fits && i < small.rank(); i++) {
      fits = small.dim(i) == large.dim(i) || small.dim(i) == 1;
    }
    return fits;
  }

  @Override
  public List<Shape> visit(Op.SumTo op, Node node) {
    count(node, 1, 1);
    require(node, broadcasts(op.shape(), in(node, 0)), "what " + op.shape() + " is broadcast to");
    return List.of(op.shape());
  }

  @Override
  public List<Shape> visit(Op.Affine op, Node node) {
    count(node, 1, 1);
    require(
        node,
        Double.isFinite(op.factor()) && Double.isFinite(op.addend()),
        "finite constants instead of " + op);
    return List.of(in(node, 0));
  }

  @Override
  public List<Shape> visit(Op.Concat op, Node node) {
    count(node, 2, Integer.MAX_VALUE);
    Shape first = in(node, 0);
    int channels = 0;
    for (int i = 0; i < node.inputs().size(); i++) {
      picture(node, i);
      Shape x = in(node, i);
      require(
          node,
          x.dim(0) == first.dim(0) && x.dim(2) == first.dim(2) && x.dim(3) == first.dim(3),
          "inputs [N,C,H,W] that differ in C alone");
      channels = Math.addExact(channels, x.dim(1));
    }
    return List.of(Shape.of(first.dim(0), channels, first.dim(2), first.dim(3)));
  }

  @Override
  public List<Shape> visit(Op.Slice op, Node node) {
    count(node, 1, 1);
    picture(node, 0);
    Shape x = in(node, 0);
    if (op.from() < 0 || op.from() >= op.to() || op.to() > x.dim(1)) {
      throw error(
          node.path(), "channels %d to %d of %s do not exist", op.from(), op.to(), node.input(0));
    }
    return List.of(Shape.of(x.dim(0), op.to() - op.from(), x.dim(2), x.dim(3)));
  }

  @Override
  public List<Shape> visit(Op.ReflectPad op, Node node) {
    count(node, 1, 1);
    picture(node, 0);
    Shape x = in(node, 0);
    if (op.pad() < 0 || op.pad() >= Math.min(x.dim(2), x.dim(3))) {
      throw error(
          node.path(),
          "cannot mirror %d pixels of %s; pad less than its height and width",
          op.pad(),
          node.input(0));
    }
    return List.of(Shape.of(x.dim(0), x.dim(1), x.dim(2) + 2 * op.pad(), x.dim(3) + 2 * op.pad()));
  }

  @Override
  public List<Shape> visit(Op.PadShortcut op, Node node) {
    count(node, 1, 1);
    picture(node, 0);
    Shape x = in(node, 0);
    int stride = op.stride();
    return List.of(
        Shape.of(
            x.dim(0),
            op.before() + x.dim(1) + op.after(),
            (x.dim(2) + stride - 1) / stride,
            (x.dim(3) + stride - 1) / stride));
  }

  @Override
  public List<Shape> visit(Op.MaxPool op, Node node) {
    Shape y = pool(op.window(), node);
    return List.of(y, y);
  }

  @Override
  public List<Shape> visit(Op.AveragePool op, Node node) {
    require(
        node,
        op.window().dilationH() == 1 && op.window().dilationW() == 1,
        "average pooling without dilation");
    return List.of(pool(op.window(), node));
  }

  private static Shape pool(Window window, Node node) {
    count(node, 1, 1);
    picture(node, 0);
    require(
        node,
        2 * window.padH() <= window.kernelH() && 2 * window.padW() <= window.kernelW(),
        "padding of at most half the kernel");
    return window.slide(node.path(), node.input(0), in(node, 0).dim(1));
  }

  @Override
  public List<Shape> visit(Op.GlobalAveragePool op, Node node) {
    count(node, 1, 1);
    picture(node, 0);
    return List.of(Shape.of(in(node, 0).dim(0), in(node, 0).dim(1), 1, 1));
  }

  @Override
  public List<Shape> visit(Op.Reshape op, Node node) {
    count(node, 1, 1);
    require(
        node,
        in(node, 0).elements() == op.shape().elements(),
        "as many elements as " + op.shape() + " has");
    return List.of(op.shape());
  }

  @Override
  public List<Shape> visit(Op.Linear op, Node node) {
    count(node, 2, 3);
    Shape y = affine(node);
    require(
        node, node.inputs().size() == 2 || in(node, 2).equals(Shape.of(y.dim(1))), "a bias [O]");
    return List.of(y);
  }

  private static Shape affine(Node node) {
    Shape x = in(node, 0);
    Shape weight = in(node, 1);
    require(
        node,
        x.rank() == 2 && weight.rank() == 2 && weight.dim(1) == x.dim(1),
        "x [N,I] and weight [O,I]");
    return Shape.of(x.dim(0), weight.dim(0));
  }

  @Override
  public List<Shape> visit(Op.Dropout op, Node node) {
    count(node, 1, 1);
    if (!(op.probability() >= 0 && op.probability() < 1)) {
      throw error(node.path(), "dropout of %s; give a probability in [0, 1)", op.probability());
    }
    Shape x = in(node, 0);
    int[] mask = new int[x.rank()];
    Arrays.fill(mask, 1);
    mask[0] = op.unit() == Op.Unit.SAMPLE ? x.dim(0) : 1;
    return List.of(x, op.unit() == Op.Unit.ELEMENT ? x : Shape.of(mask));
  }

  @Override
  public List<Shape> visit(Op.DropBlock op, Node node) {
    count(node, 1, 1);
    picture(node, 0);
    Shape x = in(node, 0);
    if (!(op.probability() >= 0 && op.probability() < 1)) {
      throw error(node.path(), "DropBlock of %s; give a share in [0, 1)", op.probability());
    }
    if (op.size() < 1 || op.size() > Math.min(x.dim(2), x.dim(3))) {
      throw error(node.path(), "squares of %d do not fit %s", op.size(), node.input(0));
    }
    return List.of(x, x);
  }

  @Override
  public List<Shape> visit(Op.Loss op, Node node) {
    logits(op.criterion(), node);
    return List.of(Shape.of(1));
  }

  private void logits(Criterion criterion, Node node) {
    int inputs = criterion.taught() ? 3 : 2;
    count(node, inputs, inputs);
    Shape logits = in(node, 0);
    require(
        node,
        logits.rank() == 2 && node.inputs().stream().allMatch(v -> v.shape().equals(logits)),
        criterion.taught() ? "logits, targets and teacher [N,K]" : "logits and targets [N,K]");
    int weights = criterion.classWeights().size();
    if (weights != 0 && weights != logits.dim(1)) {
      throw error(node.path(), "%s class weights for %s classes", weights, logits.dim(1));
    }
  }

  @Override
  public List<Shape> visit(Op.Conv2dInputGradient op, Node node) {
    count(node, 2, 2);
    picture(node, 0);
    return List.of(op.input());
  }

  @Override
  public List<Shape> visit(Op.Conv2dWeightGradient op, Node node) {
    count(node, 2, 2);
    Shape bias = Shape.of(op.weight().dim(0));
    return op.bias() ? List.of(op.weight(), bias) : List.of(op.weight());
  }

  @Override
  public List<Shape> visit(Op.BatchNormGradient op, Node node) {
    int expected = op.norm().masked() ? 6 : 5;
    count(node, expected, expected);
    require(node, in(node, 0).equals(in(node, 1)), "x and gradient of one shape");
    Shape channel = Shape.of(in(node, 0).dim(1));
    return List.of(in(node, 0), channel, channel);
  }

  @Override
  public List<Shape> visit(Op.GroupNormGradient op, Node node) {
    count(node, 5, 5);
    require(node, in(node, 0).equals(in(node, 1)), "x and gradient of one shape");
    Shape channel = Shape.of(in(node, 0).dim(1));
    return op.shift() ? List.of(in(node, 0), channel, channel) : List.of(in(node, 0), channel);
  }

  @Override
  public List<Shape> visit(Op.ActivateGradient op, Node node) {
    count(node, 2, 2);
    require(node, in(node, 0).equals(in(node, 1)), "value and gradient of one shape");
    return List.of(in(node, 0));
  }

  @Override
  public List<Shape> visit(Op.PadShortcutGradient op, Node node) {
    count(node, 1, 1);
    return List.of(op.input());
  }

  @Override
  public List<Shape> visit(Op.ReflectPadGradient op, Node node) {
    count(node, 1, 1);
    return List.of(op.input());
  }

  @Override
  public List<Shape> visit(Op.MaxPoolGradient op, Node node) {
    count(node, 2, 2);
    return List.of(op.input());
  }

  @Override
  public List<Shape> visit(Op.AveragePoolGradient op, Node node) {
    count(node, 1, 1);
    return List.of(op.input());
  }

  @Override
  public List<Shape> visit(Op.GlobalAveragePoolGradient op, Node node) {
    count(node, 1, 1);
    return List.of(op.input());
  }

  @Override
  public List<Shape> visit(Op.LinearInputGradient op, Node node) {
    count(node, 2, 2);
    return List.of(Shape.of(in(node, 0).dim(0), in(node, 1).dim(1)));
  }

  @Override
  public List<Shape> visit(Op.LinearWeightGradient op, Node node) {
    count(node, 2, 2);
    Shape weight = Shape.of(in(node, 1).dim(1), in(node, 0).dim(1));
    return op.bias() ? List.of(weight, Shape.of(weight.dim(0))) : List.of(weight);
  }

  @Override
  public List<Shape> visit(Op.DropoutGradient op, Node node) {
    count(node, 2, 2);
    require(node, broadcasts(in(node, 0), in(node, 1)), "a mask that fits the gradient");
    return List.of(in(node, 1));
  }

  @Override
  public List<Shape> visit(Op.LossGradient op, Node node) {
    logits(op.criterion(), node);
    return List.of(in(node, 0));
  }
}
