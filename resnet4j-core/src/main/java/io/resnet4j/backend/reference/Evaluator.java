package io.resnet4j.backend.reference;

import io.resnet4j.backend.RowLoss;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Criterion;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * Computes the outputs of one node from its inputs, in double and not yet rounded. Opaque outputs:
 * the mask of a batch norm is one where y is positive; positions of maxima count within their
 * plane; the mask of a dropout is what x is multiplied by.
 */
final class Evaluator implements Op.Visitor<List<double[]>> {
  /** Where the numbers come from. */
  interface Source {
    /** A value made earlier in this run. */
    double[] value(Value value);

    /** What was fed to an input. */
    double[] fed(String input);

    /** The live array of a tensor of the state. */
    double[] state(String path);
  }

  private final Source source;
  private final DType operands;
  private final DType stateType;
  private final Function<Value, Node> producer;
  private final long seed;
  private final long step;

  /**
   * An evaluator for one run.
   *
   * @param operands type that factors of convolutions and linear maps are rounded to
   * @param stateType type of the running statistics
   */
  Evaluator(
      Source source,
      DType operands,
      DType stateType,
      Function<Value, Node> producer,
      long seed,
      long step) {
    this.source = source;
    this.operands = operands;
    this.stateType = stateType;
    this.producer = producer;
    this.seed = seed;
    this.step = step;
  }

  private double[] in(Node node, int index) {
    return source.value(node.input(index));
  }

  private double[] factor(Node node, int index) {
    return operands == DType.F64
        ? in(node, index)
        : Rounding.round(in(node, index).clone(), operands);
  }

  private static Shape shape(Node node, int index) {
    return node.input(index).shape();
  }

  private static int pixels(Shape picture) {
    return picture.dim(2) * picture.dim(3);
  }

  @Override
  public List<double[]> visit(Op.Input op, Node node) {
    return List.of(source.fed(node.path()));
  }

  @Override
  public List<double[]> visit(Op.Parameter op, Node node) {
    return List.of(source.state(node.path()));
  }

  @Override
  public List<double[]> visit(Op.Buffer op, Node node) {
    // A copy: a batch norm of this run may move the buffer, its readers see the old one.
    return List.of(source.state(node.path()).clone());
  }

  @Override
  public List<double[]> visit(Op.Conv2d op, Node node) {
    return List.of(convolve(op, node, node.inputs().size() == 3));
  }

  private double[] convolve(Op.Conv2d op, Node node, boolean bias) {
    Convolution convolution = new Convolution(op, shape(node, 0), shape(node, 1).dim(0));
    double[] y = convolution.forward(factor(node, 0), factor(node, 1));
    return bias ? Elementwise.addBias(y, in(node, 2), pixels(node.output().shape())) : y;
  }

  @Override
  public List<double[]> visit(Op.FusedConv2d op, Node node) {
    double[] y = convolve(op.conv(), node, op.bias());
    int next = op.bias() ? 3 : 2;
    if (op.folded()) {
      y =
          new BatchNormalisation(node.output().shape(), op.epsilon())
              .normalise(
                  y, in(node, next), in(node, next + 1), in(node, next + 2), in(node, next + 3));
      next += 4;
    }
    if (op.residual()) {
      y = Elementwise.add(y, in(node, next));
    }
    return List.of(Elementwise.activate(y, op.activation()));
  }

  @Override
  public List<double[]> visit(Op.Quantise op, Node node) {
    return List.of(Codes.quantise(in(node, 0), op.y()));
  }

  @Override
  public List<double[]> visit(Op.Dequantise op, Node node) {
    return List.of(Codes.dequantise(in(node, 0), op.x()));
  }

  @Override
  public List<double[]> visit(Op.QuantisedConv2d op, Node node) {
    Convolution convolution = new Convolution(op.conv(), shape(node, 0), shape(node, 1).dim(0));
    double[] sums = convolution.forward(in(node, 0), in(node, 1));
    double[] y = Codes.scale(sums, op.x(), in(node, 2), in(node, 3), pixels(node.output().shape()));
    if (op.addend().isPresent()) {
      y = Elementwise.add(y, Codes.dequantise(in(node, 4), op.addend().get()));
    }
    double[] result = Elementwise.activate(y, op.activation());
    return List.of(op.y().map(scaling -> Codes.quantise(result, scaling)).orElse(result));
  }

  @Override
  public List<double[]> visit(Op.QuantisedLinear op, Node node) {
    double[][] x = rows(in(node, 0), shape(node, 0));
    double[][] weight = rows(in(node, 1), shape(node, 1));
    double[] sums = flat(Matrices.multiply(x, Matrices.transpose(weight)));
    return List.of(Codes.scale(sums, op.x(), in(node, 2), in(node, 3), 1));
  }

  @Override
  public List<double[]> visit(Op.BatchNorm op, Node node) {
    BatchNormalisation norm = new BatchNormalisation(shape(node, 0), op.epsilon());
    double[] x = in(node, 0);
    boolean batch = op.statistics() == Op.Statistics.BATCH;
    double[] mean = batch ? norm.mean(x) : in(node, 3).clone();
    double[] variance = batch ? norm.variance(x, mean) : in(node, 4).clone();
    double[] y =
        Elementwise.activate(
            norm.normalise(x, in(node, 1), in(node, 2), mean, variance), op.activation());
    if (batch) {
      double unbiased = norm.count() / (norm.count() - 1.0);
      move(node.input(3), mean, 1, op.momentum());
      move(node.input(4), variance, unbiased, op.momentum());
    }
    return op.masked()
        ? List.of(y, mean, variance, Elementwise.positive(y))
        : List.of(y, mean, variance);
  }

  private void move(Value running, double[] now, double factor, double momentum) {
    double[] state = source.state(producer.apply(running).path());
    for (int c = 0; c < state.length; c++) {
      state[c] = (1 - momentum) * state[c] + momentum * factor * now[c];
    }
    Rounding.round(state, stateType);
  }

  @Override
  public List<double[]> visit(Op.Activate op, Node node) {
    return List.of(Elementwise.activate(in(node, 0), op.activation()));
  }

  @Override
  public List<double[]> visit(Op.Add op, Node node) {
    return List.of(
        Elementwise.activate(Elementwise.add(in(node, 0), in(node, 1)), op.activation()));
  }

  private Broadcast second(Node node) {
    return new Broadcast(shape(node, 1), shape(node, 0));
  }

  @Override
  public List<double[]> visit(Op.Couple op, Node node) {
    throw new IllegalStateException(node.path() + ": a plan has no couplings, only sums");
  }

  @Override
  public List<double[]> visit(Op.Shift op, Node node) {
    double[] x = in(node, 0);
    double[] b = in(node, 1);
    Broadcast broadcast = second(node);
    return List.of(Elementwise.map(x.length, i -> x[i] + b[broadcast.at(i)]));
  }

  @Override
  public List<double[]> visit(Op.Multiply op, Node node) {
    double[] x = in(node, 0);
    double[] s = in(node, 1);
    Broadcast broadcast = second(node);
    return List.of(Elementwise.map(x.length, i -> x[i] * s[broadcast.at(i)]));
  }

  @Override
  public List<double[]> visit(Op.SumTo op, Node node) {
    return List.of(new Broadcast(op.shape(), shape(node, 0)).sum(in(node, 0)));
  }

  @Override
  public List<double[]> visit(Op.Affine op, Node node) {
    double[] x = in(node, 0);
    return List.of(Elementwise.map(x.length, i -> op.factor() * x[i] + op.addend()));
  }

  @Override
  public List<double[]> visit(Op.Concat op, Node node) {
    double[] y = new double[(int) node.output().shape().elements()];
    int samples = node.output().shape().dim(0);
    int at = 0;
    for (int n = 0; n < samples; n++) {
      for (int i = 0; i < node.inputs().size(); i++) {
        int block = (int) shape(node, i).elements() / samples;
        System.arraycopy(in(node, i), n * block, y, at, block);
        at += block;
      }
    }
    return List.of(y);
  }

  @Override
  public List<double[]> visit(Op.Slice op, Node node) {
    double[] x = in(node, 0);
    int pixels = pixels(shape(node, 0));
    int channels = shape(node, 0).dim(1);
    int kept = (op.to() - op.from()) * pixels;
    return List.of(
        Elementwise.map(
            (int) node.output().shape().elements(),
            i -> x[i / kept * channels * pixels + op.from() * pixels + i % kept]));
  }

  @Override
  public List<double[]> visit(Op.ReflectPad op, Node node) {
    double[] x = in(node, 0);
    double[] y = new double[(int) node.output().shape().elements()];
    eachReflection(op, shape(node, 0), (from, to) -> y[to] = x[from]);
    return List.of(y);
  }

  private static void eachReflection(Op.ReflectPad op, Shape x, Sample sample) {
    int h = x.dim(2);
    int w = x.dim(3);
    int outH = h + 2 * op.pad();
    int outW = w + 2 * op.pad();
    for (int i = 0; i < x.dim(0) * x.dim(1) * outH * outW; i++) {
      int row = mirror(i / outW % outH - op.pad(), h);
      int column = mirror(i % outW - op.pad(), w);
      sample.at((i / outW / outH * h + row) * w + column, i);
    }
  }

  private static int mirror(int position, int extent) {
    return position < 0 ? -position : position < extent ? position : 2 * (extent - 1) - position;
  }

  @Override
  public List<double[]> visit(Op.ReflectPadGradient op, Node node) {
    double[] dy = in(node, 0);
    double[] dx = new double[(int) op.input().elements()];
    eachReflection(op.pad(), op.input(), (to, from) -> dx[to] += dy[from]);
    return List.of(dx);
  }

  @Override
  public List<double[]> visit(Op.GroupNorm op, Node node) {
    GroupNormalisation norm = new GroupNormalisation(op, shape(node, 0));
    double[] x = in(node, 0);
    double[] mean = norm.mean(x);
    double[] variance = norm.variance(x, mean);
    double[] scale = in(node, 1);
    double[] shift = node.inputs().size() == 3 ? in(node, 2) : new double[scale.length];
    return List.of(norm.forward(x, scale, shift, mean, variance), mean, variance);
  }

  @Override
  public List<double[]> visit(Op.GroupNormGradient op, Node node) {
    GroupNormalisation norm = new GroupNormalisation(op.norm(), shape(node, 0));
    double[] x = in(node, 0);
    double[] dy = in(node, 1);
    double[] mean = in(node, 3);
    double[] variance = in(node, 4);
    double[] dx = norm.inputGradient(x, dy, in(node, 2), mean, variance);
    double[] scale = norm.scaleGradient(x, dy, mean, variance);
    return op.shift() ? List.of(dx, scale, norm.shiftGradient(dy)) : List.of(dx, scale);
  }

  @Override
  public List<double[]> visit(Op.PadShortcut op, Node node) {
    double[] x = in(node, 0);
    double[] y = new double[(int) node.output().shape().elements()];
    eachSample(op, shape(node, 0), node.output().shape(), (from, to) -> y[to] = x[from]);
    return List.of(y);
  }

  private interface Sample {
    void at(int x, int y);
  }

  private static void eachSample(Op.PadShortcut op, Shape x, Shape y, Sample sample) {
    for (int n = 0; n < x.dim(0); n++) {
      for (int c = 0; c < x.dim(1); c++) {
        for (int h = 0; h < y.dim(2); h++) {
          for (int w = 0; w < y.dim(3); w++) {
            int row = (n * x.dim(1) + c) * x.dim(2) + h * op.stride();
            int outRow = (n * y.dim(1) + op.before() + c) * y.dim(2) + h;
            sample.at(row * x.dim(3) + w * op.stride(), outRow * y.dim(3) + w);
          }
        }
      }
    }
  }

  @Override
  public List<double[]> visit(Op.MaxPool op, Node node) {
    Pooling pooling = new Pooling(op.window(), shape(node, 0));
    double[] positions = pooling.positions(in(node, 0));
    return List.of(pooling.select(in(node, 0), positions), positions);
  }

  @Override
  public List<double[]> visit(Op.AveragePool op, Node node) {
    Pooling pooling = new Pooling(op.window(), shape(node, 0));
    return List.of(pooling.average(in(node, 0), op.countPadding()));
  }

  @Override
  public List<double[]> visit(Op.GlobalAveragePool op, Node node) {
    double[] x = in(node, 0);
    int pixels = pixels(shape(node, 0));
    return List.of(
        Elementwise.map(
            x.length / pixels, i -> Arrays.stream(x, i * pixels, (i + 1) * pixels).sum() / pixels));
  }

  @Override
  public List<double[]> visit(Op.Reshape op, Node node) {
    return List.of(in(node, 0).clone());
  }

  @Override
  public List<double[]> visit(Op.Linear op, Node node) {
    double[][] x = rows(factor(node, 0), shape(node, 0));
    double[][] weight = rows(factor(node, 1), shape(node, 1));
    double[] y = flat(Matrices.multiply(x, Matrices.transpose(weight)));
    return List.of(node.inputs().size() == 3 ? Elementwise.addBias(y, in(node, 2), 1) : y);
  }

  private static double[][] rows(double[] values, Shape matrix) {
    int columns = matrix.dim(1);
    double[][] rows = new double[matrix.dim(0)][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Arrays.copyOfRange(values, i * columns, (i + 1) * columns);
    }
    return rows;
  }

  private static double[] flat(double[][] rows) {
    return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
  }

  @Override
  public List<double[]> visit(Op.Dropout op, Node node) {
    double[] x = in(node, 0);
    Shape units = node.output(1).shape();
    KeyedRandom random = KeyedRandom.of(seed, node.path()).child(step);
    double kept = 1 / (1 - op.probability());
    double[] mask =
        Elementwise.map(
            (int) units.elements(), i -> random.uniformAt(i) < op.probability() ? 0 : kept);
    Broadcast broadcast = new Broadcast(units, shape(node, 0));
    return List.of(Elementwise.map(x.length, i -> x[i] * mask[broadcast.at(i)]), mask);
  }

  @Override
  public List<double[]> visit(Op.DropBlock op, Node node) {
    double[] x = in(node, 0);
    float[] mask = new float[x.length];
    op.mask(shape(node, 0), KeyedRandom.of(seed, node.path()).child(step)::uniformAt, mask);
    double[] wide = Elementwise.map(mask.length, i -> mask[i]);
    return List.of(Elementwise.multiply(x, wide), wide);
  }

  @Override
  public List<double[]> visit(Op.Loss op, Node node) {
    double[] sum = new double[1];
    eachRow(op.criterion(), node, (n, loss) -> sum[0] += loss.compute());
    sum[0] /= shape(node, 0).dim(0);
    return List.of(sum);
  }

  private void eachRow(Criterion criterion, Node node, BiConsumer<Integer, RowLoss> action) {
    int classes = shape(node, 0).dim(1);
    RowLoss loss = new RowLoss(criterion, classes);
    double[][] rows = {loss.logits, loss.targets, loss.teacher};
    for (int n = 0; n < shape(node, 0).dim(0); n++) {
      for (int i = 0; i < node.inputs().size(); i++) {
        System.arraycopy(in(node, i), n * classes, rows[i], 0, classes);
      }
      action.accept(n, loss);
    }
  }

  @Override
  public List<double[]> visit(Op.Conv2dInputGradient op, Node node) {
    Convolution convolution = new Convolution(op.conv(), op.input(), shape(node, 1).dim(0));
    return List.of(convolution.inputGradient(factor(node, 0), factor(node, 1)));
  }

  @Override
  public List<double[]> visit(Op.Conv2dWeightGradient op, Node node) {
    Convolution convolution = new Convolution(op.conv(), shape(node, 0), op.weight().dim(0));
    List<double[]> gradients = new ArrayList<>();
    gradients.add(convolution.weightGradient(factor(node, 0), factor(node, 1)));
    if (op.bias()) {
      gradients.add(convolution.biasGradient(in(node, 1)));
    }
    return gradients;
  }

  @Override
  public List<double[]> visit(Op.BatchNormGradient op, Node node) {
    BatchNormalisation norm = new BatchNormalisation(shape(node, 0), op.norm().epsilon());
    double[] x = in(node, 0);
    double[] scale = in(node, 2);
    double[] mean = in(node, 3);
    double[] variance = in(node, 4);
    boolean batch = op.norm().statistics() == Op.Statistics.BATCH;
    if (!batch && op.norm().activation() != Activation.IDENTITY) {
      throw new IllegalStateException(
          node.path() + ": with running statistics nothing keeps the mask of the activation");
    }
    double[] dy = op.norm().masked() ? Elementwise.multiply(in(node, 1), in(node, 5)) : in(node, 1);
    double[] dx =
        batch
            ? norm.inputGradient(x, dy, scale, mean, variance)
            : norm.frozenInputGradient(dy, scale, variance);
    return List.of(dx, norm.scaleGradient(x, dy, mean, variance), norm.shiftGradient(dy));
  }

  @Override
  public List<double[]> visit(Op.ActivateGradient op, Node node) {
    return List.of(Elementwise.activateGradient(in(node, 0), in(node, 1), op.activation()));
  }

  @Override
  public List<double[]> visit(Op.PadShortcutGradient op, Node node) {
    double[] dy = in(node, 0);
    double[] dx = new double[(int) op.input().elements()];
    eachSample(op.shortcut(), op.input(), shape(node, 0), (to, from) -> dx[to] = dy[from]);
    return List.of(dx);
  }

  @Override
  public List<double[]> visit(Op.MaxPoolGradient op, Node node) {
    Pooling pooling = new Pooling(op.pool().window(), op.input());
    return List.of(pooling.selectGradient(in(node, 1), in(node, 0)));
  }

  @Override
  public List<double[]> visit(Op.AveragePoolGradient op, Node node) {
    Pooling pooling = new Pooling(op.pool().window(), op.input());
    return List.of(pooling.averageGradient(in(node, 0), op.pool().countPadding()));
  }

  @Override
  public List<double[]> visit(Op.GlobalAveragePoolGradient op, Node node) {
    double[] dy = in(node, 0);
    int pixels = pixels(op.input());
    return List.of(Elementwise.map(dy.length * pixels, i -> dy[i / pixels] / pixels));
  }

  @Override
  public List<double[]> visit(Op.LinearInputGradient op, Node node) {
    double[][] dy = rows(factor(node, 0), shape(node, 0));
    double[][] weight = rows(factor(node, 1), shape(node, 1));
    return List.of(flat(Matrices.multiply(dy, weight)));
  }

  @Override
  public List<double[]> visit(Op.LinearWeightGradient op, Node node) {
    double[][] x = rows(factor(node, 0), shape(node, 0));
    double[][] dy = rows(factor(node, 1), shape(node, 1));
    List<double[]> gradients = new ArrayList<>();
    gradients.add(flat(Matrices.multiply(Matrices.transpose(dy), x)));
    if (op.bias()) {
      double[] bias = new double[dy[0].length];
      for (double[] row : dy) {
        Arrays.setAll(bias, o -> bias[o] + row[o]);
      }
      gradients.add(bias);
    }
    return gradients;
  }

  @Override
  public List<double[]> visit(Op.DropoutGradient op, Node node) {
    double[] mask = in(node, 0);
    double[] dy = in(node, 1);
    Broadcast broadcast = new Broadcast(shape(node, 0), shape(node, 1));
    return List.of(Elementwise.map(dy.length, i -> dy[i] * mask[broadcast.at(i)]));
  }

  @Override
  public List<double[]> visit(Op.LossGradient op, Node node) {
    double[] gradient = new double[in(node, 0).length];
    double batch = shape(node, 0).dim(0);
    eachRow(
        op.criterion(),
        node,
        (n, loss) -> {
          loss.compute();
          for (int k = 0; k < loss.gradient.length; k++) {
            gradient[n * loss.gradient.length + k] = loss.gradient[k] / batch;
          }
        });
    return List.of(gradient);
  }
}
