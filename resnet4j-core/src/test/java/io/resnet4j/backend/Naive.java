package io.resnet4j.backend;

import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.plan.Mode;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/**
 * Forward operations written once more, straight from their definitions and sharing nothing with
 * any backend; its gradients are finite differences.
 */
final class Naive {
  private final Graph graph;
  private final Mode mode;
  private final Map<String, double[]> given;
  private final Map<Value, double[]> made = new HashMap<>();
  private final Map<String, double[]> buffers = new LinkedHashMap<>();

  private Naive(Graph graph, Mode mode, Map<String, double[]> given) {
    this.graph = graph;
    this.mode = mode;
    this.given = given;
  }

  /** What {@link CaseRunner#run} should give. */
  static Map<String, double[]> run(Case test) {
    Naive naive = new Naive(test.graph(), test.mode(), test.values());
    naive.evaluate();
    Map<String, double[]> results = new LinkedHashMap<>();
    test.graph().outputs().forEach((name, value) -> results.put(name, naive.made.get(value)));
    if (test.differentiated()) {
      results.putAll(
          GradientCheck.numeric(
              test,
              values -> {
                Naive again = new Naive(test.graph(), test.mode(), values);
                again.evaluate();
                return GradientCheck.objective(test, again.made.get(test.y()));
              }));
    }
    results.putAll(naive.buffers);
    return results;
  }

  private void evaluate() {
    graph.nodes().forEach(node -> made.put(node.output(), evaluate(node)));
  }

  private double[] evaluate(Node node) {
    Op op = node.op();
    if (node.inputs().isEmpty()) {
      if (op instanceof Op.Buffer && mode == Mode.TRAINING) {
        buffers.put(node.path(), given.get(node.path()));
      }
      return given.get(node.path());
    }
    double[] x = made.get(node.input(0));
    if (op instanceof Op.Conv2d conv) {
      return convolve(conv, node, x);
    } else if (op instanceof Op.BatchNorm norm) {
      return normalise(norm, node, x);
    } else if (op instanceof Op.Activate activate) {
      return Arrays.stream(x).map(function(activate.activation())).toArray();
    } else if (op instanceof Op.Add) {
      double[] y = x.clone();
      Arrays.setAll(y, i -> x[i] + made.get(node.input(1))[i]);
      return y;
    } else if (op instanceof Op.Shift) {
      return broadcast(node, x, (a, b) -> a + b);
    } else if (op instanceof Op.Multiply) {
      return broadcast(node, x, (a, b) -> a * b);
    } else if (op instanceof Op.Affine affine) {
      return Arrays.stream(x).map(v -> affine.factor() * v + affine.addend()).toArray();
    } else if (op instanceof Op.Concat) {
      return concat(node);
    } else if (op instanceof Op.Slice slice) {
      Shape in = node.input(0).shape();
      return fill(node.output().shape(), (n, c, h, w) -> at(x, in, n, slice.from() + c, h, w));
    } else if (op instanceof Op.ReflectPad pad) {
      Shape in = node.input(0).shape();
      return fill(
          node.output().shape(),
          (n, c, h, w) ->
              at(x, in, n, c, mirror(h - pad.pad(), in.dim(2)), mirror(w - pad.pad(), in.dim(3))));
    } else if (op instanceof Op.GroupNorm norm) {
      return normaliseGroups(norm, node, x);
    } else if (op instanceof Op.PadShortcut shortcut) {
      return padShortcut(shortcut, node, x);
    } else if (op instanceof Op.MaxPool pool) {
      return pool(pool.window(), node, x, true, false);
    } else if (op instanceof Op.AveragePool pool) {
      return pool(pool.window(), node, x, false, pool.countPadding());
    } else if (op instanceof Op.GlobalAveragePool) {
      Shape in = node.input(0).shape();
      Window all = new Window(in.dim(2), in.dim(3), 1, 1, 0, 0, 1, 1);
      return pool(all, node, x, false, false);
    } else if (op instanceof Op.Reshape) {
      return x;
    } else if (op instanceof Op.Linear) {
      return linear(node, x);
    } else if (op instanceof Op.Dropout dropout) {
      return drop(dropout, node, x);
    } else if (op instanceof Op.DropBlock block) {
      return dropBlocks(block, node, x);
    } else if (op instanceof Op.SoftmaxCrossEntropy loss) {
      return new double[] {crossEntropy(loss, node, x)};
    }
    throw new AssertionError("no definition of " + op);
  }

  /** Of rows as pictures of one pixel, of one element as [1,1,1,1]. */
  private static Shape asPicture(Shape shape) {
    return switch (shape.rank()) {
      case 4 -> shape;
      case 2 -> Shape.of(shape.dim(0), shape.dim(1), 1, 1);
      default -> Shape.of(1, shape.dim(0), 1, 1);
    };
  }

  private double[] broadcast(Node node, double[] x, DoubleBinaryOperator function) {
    Shape wide = asPicture(node.input(0).shape());
    Shape narrow = asPicture(node.input(1).shape());
    double[] s = made.get(node.input(1));
    return fill(
        wide,
        (n, c, h, w) ->
            function.applyAsDouble(
                at(x, wide, n, c, h, w),
                at(
                    s,
                    narrow,
                    Math.min(n, narrow.dim(0) - 1),
                    Math.min(c, narrow.dim(1) - 1),
                    Math.min(h, narrow.dim(2) - 1),
                    Math.min(w, narrow.dim(3) - 1))));
  }

  private double[] concat(Node node) {
    return fill(
        node.output().shape(),
        (n, c, h, w) -> {
          int channel = c;
          int part = 0;
          while (channel >= node.input(part).shape().dim(1)) {
            channel -= node.input(part++).shape().dim(1);
          }
          Value from = node.input(part);
          return at(made.get(from), from.shape(), n, channel, h, w);
        });
  }

  private static int mirror(int i, int extent) {
    int period = 2 * (extent - 1);
    int within = Math.floorMod(i, period);
    return Math.min(within, period - within);
  }

  private double[] normaliseGroups(Op.GroupNorm op, Node node, double[] x) {
    Shape shape = node.input(0).shape();
    int each = shape.dim(1) / op.groups();
    int size = each * shape.dim(2) * shape.dim(3);
    double[] scale = made.get(node.input(1));
    double[] means = new double[x.length / size];
    double[] variances = new double[x.length / size];
    for (int i = 0; i < x.length; i++) {
      means[i / size] += x[i] / size;
    }
    for (int i = 0; i < x.length; i++) {
      variances[i / size] += Math.pow(x[i] - means[i / size], 2) / size;
    }
    double[] normal = new double[x.length];
    for (int first = 0; first < x.length; first += size) {
      double mean = 0;
      double square = 0;
      for (int i = first; i < first + size; i++) {
        mean += x[i] / size;
      }
      for (int i = first; i < first + size; i++) {
        square += (x[i] - mean) * (x[i] - mean);
      }
      for (int i = first; i < first + size; i++) {
        normal[i] = (x[i] - mean) / Math.sqrt(square / size + op.epsilon());
      }
    }
    return fill(
        shape,
        (n, c, h, w) -> {
          double shift = node.inputs().size() == 3 ? made.get(node.input(2))[c] : 0;
          return scale[c] * at(normal, shape, n, c, h, w) + shift;
        });
  }

  /** Where a square covers a pixel: one of size^2 first corners has been drawn. */
  private double[] dropBlocks(Op.DropBlock op, Node node, double[] x) {
    if (mode == Mode.INFERENCE) {
      return x;
    }
    Shape shape = node.input(0).shape();
    int places = (shape.dim(2) - op.size() + 1) * (shape.dim(3) - op.size() + 1);
    double rate = op.probability() * shape.dim(2) * shape.dim(3) / (op.size() * op.size() * places);
    KeyedRandom random = KeyedRandom.of(CaseRunner.SEED, node.path()).child(CaseRunner.STEP);
    double[] draws = new double[x.length];
    Arrays.setAll(draws, i -> random.nextUniform());
    double[] kept =
        fill(
            shape,
            (n, c, h, w) -> {
              for (int i = Math.max(0, h - op.size() + 1); i <= h; i++) {
                for (int j = Math.max(0, w - op.size() + 1); j <= w; j++) {
                  boolean fits = i + op.size() <= shape.dim(2) && j + op.size() <= shape.dim(3);
                  if (fits && at(draws, shape, n, c, i, j) < rate) {
                    return 0;
                  }
                }
              }
              return 1;
            });
    // A mask is in single precision.
    float scale = (float) x.length / (float) Arrays.stream(kept).sum();
    double[] y = x.clone();
    Arrays.setAll(y, i -> x[i] * kept[i] * scale);
    return y;
  }

  private interface Entry {
    double at(int n, int c, int h, int w);
  }

  private static double[] fill(Shape shape, Entry entry) {
    double[] values = new double[(int) shape.elements()];
    int i = 0;
    for (int n = 0; n < shape.dim(0); n++) {
      for (int c = 0; c < shape.dim(1); c++) {
        for (int h = 0; h < shape.dim(2); h++) {
          for (int w = 0; w < shape.dim(3); w++) {
            values[i++] = entry.at(n, c, h, w);
          }
        }
      }
    }
    return values;
  }

  private static boolean inside(Shape shape, int h, int w) {
    return h >= 0 && h < shape.dim(2) && w >= 0 && w < shape.dim(3);
  }

  private static double at(double[] values, Shape shape, int n, int c, int h, int w) {
    return values[((n * shape.dim(1) + c) * shape.dim(2) + h) * shape.dim(3) + w];
  }

  private double[] convolve(Op.Conv2d op, Node node, double[] x) {
    Window win = op.window();
    Shape in = node.input(0).shape();
    Shape kernel = node.input(1).shape();
    double[] weight = made.get(node.input(1));
    int perGroup = kernel.dim(0) / op.groups();
    return fill(
        node.output().shape(),
        (n, o, oh, ow) -> {
          double sum = node.inputs().size() == 3 ? made.get(node.input(2))[o] : 0;
          for (int i = 0; i < kernel.dim(1); i++) {
            int channel = o / perGroup * kernel.dim(1) + i;
            for (int kh = 0; kh < win.kernelH(); kh++) {
              for (int kw = 0; kw < win.kernelW(); kw++) {
                int h = oh * win.strideH() + kh * win.dilationH() - win.padH();
                int w = ow * win.strideW() + kw * win.dilationW() - win.padW();
                if (inside(in, h, w)) {
                  sum += at(x, in, n, channel, h, w) * at(weight, kernel, o, i, kh, kw);
                }
              }
            }
          }
          return sum;
        });
  }

  private double[] normalise(Op.BatchNorm op, Node node, double[] x) {
    Shape shape = node.input(0).shape();
    int channels = shape.dim(1);
    double count = (double) x.length / channels;
    double[] mean = made.get(node.input(3));
    double[] variance = made.get(node.input(4));
    if (mode == Mode.TRAINING) {
      double[] runningMean = mean;
      double[] runningVariance = variance;
      double[] m = new double[channels];
      double[] v = new double[channels];
      fill(shape, (n, c, h, w) -> m[c] += at(x, shape, n, c, h, w) / count);
      fill(shape, (n, c, h, w) -> v[c] += Math.pow(at(x, shape, n, c, h, w) - m[c], 2) / count);
      mean = m;
      variance = v;
      double[] movedMean = new double[channels];
      double[] movedVariance = new double[channels];
      for (int c = 0; c < channels; c++) {
        movedMean[c] = 0.9 * runningMean[c] + 0.1 * m[c];
        movedVariance[c] = 0.9 * runningVariance[c] + 0.1 * v[c] * count / (count - 1);
      }
      buffers.put(node.input(3).name(), movedMean);
      buffers.put(node.input(4).name(), movedVariance);
    }
    double[] finalMean = mean;
    double[] finalVariance = variance;
    return fill(
        shape,
        (n, c, h, w) ->
            made.get(node.input(1))[c]
                    * (at(x, shape, n, c, h, w) - finalMean[c])
                    / Math.sqrt(finalVariance[c] + op.epsilon())
                + made.get(node.input(2))[c]);
  }

  private static DoubleUnaryOperator function(Activation activation) {
    return switch (activation) {
      case IDENTITY -> v -> v;
      case RELU -> v -> v > 0 ? v : 0;
      case SIGMOID -> v -> 1 / (1 + Math.exp(-v));
      case TANH -> v -> (Math.exp(v) - Math.exp(-v)) / (Math.exp(v) + Math.exp(-v));
      case SILU -> v -> v / (1 + Math.exp(-v));
      case LEAKY_RELU -> v -> Math.max(v, 0) + 0.01 * Math.min(v, 0);
      case GELU -> v -> v * distribution(v);
    };
  }

  /** The normal distribution by Maclaurin's series of the error function. */
  private static double distribution(double v) {
    double power = v;
    double sum = 0;
    for (int k = 0; k < 100; k++) {
      sum += power / (2 * k + 1);
      power *= -v * v / 2 / (k + 1);
    }
    return 0.5 + sum / Math.sqrt(2 * Math.PI);
  }

  private static double[] padShortcut(Op.PadShortcut op, Node node, double[] x) {
    Shape in = node.input(0).shape();
    return fill(
        node.output().shape(),
        (n, c, h, w) -> {
          int from = c - op.before();
          boolean padding = from < 0 || from >= in.dim(1);
          return padding ? 0 : at(x, in, n, from, h * op.stride(), w * op.stride());
        });
  }

  private static double[] pool(
      Window win, Node node, double[] x, boolean max, boolean countPadding) {
    Shape in = node.input(0).shape();
    return fill(
        node.output().shape(),
        (n, c, oh, ow) -> {
          double largest = Double.NEGATIVE_INFINITY;
          double sum = 0;
          int count = 0;
          for (int kh = 0; kh < win.kernelH(); kh++) {
            for (int kw = 0; kw < win.kernelW(); kw++) {
              int h = oh * win.strideH() + kh * win.dilationH() - win.padH();
              int w = ow * win.strideW() + kw * win.dilationW() - win.padW();
              if (inside(in, h, w)) {
                largest = Math.max(largest, at(x, in, n, c, h, w));
                sum += at(x, in, n, c, h, w);
                count++;
              }
            }
          }
          return max ? largest : sum / (countPadding ? win.kernelH() * win.kernelW() : count);
        });
  }

  private double[] linear(Node node, double[] x) {
    double[] weight = made.get(node.input(1));
    int features = node.input(0).shape().dim(1);
    int outputs = node.output().shape().dim(1);
    double[] y = new double[(int) node.output().shape().elements()];
    for (int i = 0; i < y.length; i++) {
      int o = i % outputs;
      y[i] = node.inputs().size() == 3 ? made.get(node.input(2))[o] : 0;
      for (int k = 0; k < features; k++) {
        y[i] += x[i / outputs * features + k] * weight[o * features + k];
      }
    }
    return y;
  }

  private double[] drop(Op.Dropout op, Node node, double[] x) {
    if (mode == Mode.INFERENCE) {
      return x;
    }
    KeyedRandom random = KeyedRandom.of(CaseRunner.SEED, node.path()).child(CaseRunner.STEP);
    double[] y = new double[x.length];
    int units =
        switch (op.unit()) {
          case ELEMENT -> x.length;
          case SAMPLE -> node.input(0).shape().dim(0);
          case BATCH -> 1;
        };
    boolean[] dropped = new boolean[units];
    for (int i = 0; i < units; i++) {
      dropped[i] = random.nextUniform() < op.probability();
    }
    for (int i = 0; i < y.length; i++) {
      y[i] = dropped[i / (x.length / units)] ? 0 : x[i] / (1 - op.probability());
    }
    return y;
  }

  private double crossEntropy(Op.SoftmaxCrossEntropy op, Node node, double[] logits) {
    double[] targets = made.get(node.input(1));
    int classes = node.input(0).shape().dim(1);
    int batch = node.input(0).shape().dim(0);
    double sum = 0;
    for (int n = 0; n < batch; n++) {
      double total = 0;
      for (int k = 0; k < classes; k++) {
        total += Math.exp(logits[n * classes + k]);
      }
      for (int k = 0; k < classes; k++) {
        double target = (1 - op.smoothing()) * targets[n * classes + k] + op.smoothing() / classes;
        sum -= target * Math.log(Math.exp(logits[n * classes + k]) / total);
      }
    }
    return sum / batch;
  }
}
