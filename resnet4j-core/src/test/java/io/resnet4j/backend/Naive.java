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
    } else if (op instanceof Op.SoftmaxCrossEntropy loss) {
      return new double[] {crossEntropy(loss, node, x)};
    }
    throw new AssertionError("no definition of " + op);
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

  /** The normal distribution by Simpson's rule over [0, v]. */
  private static double distribution(double v) {
    int intervals = 2000;
    double h = v / intervals;
    double sum = 0;
    for (int i = 0; i <= intervals; i++) {
      int weight = i == 0 || i == intervals ? 1 : i % 2 == 1 ? 4 : 2;
      sum += weight * Math.exp(-i * h * i * h / 2);
    }
    return 0.5 + sum * h / 3 / Math.sqrt(2 * Math.PI);
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
    for (int i = 0; i < y.length; i++) {
      y[i] = random.nextUniform() < op.probability() ? 0 : x[i] / (1 - op.probability());
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
