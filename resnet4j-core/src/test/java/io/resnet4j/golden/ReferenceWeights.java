package io.resnet4j.golden;

import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/**
 * Weights, inputs and labels drawn from {@link KeyedRandom}, equal bit for bit to
 * tools/reference/fills.py, whose head is the specification. Everything is float64; a run in
 * another type casts afterwards.
 */
public final class ReferenceWeights {
  /** The seed of every golden. */
  public static final long SEED = 1512;

  private ReferenceWeights() {}

  /**
   * The tensors of a network.
   *
   * @param shapes of parameters and running statistics by path; a {@code bias} is filled after the
   *     rank of the {@code weight} beside it
   * @throws IllegalArgumentException if no rule covers a path
   */
  public static Map<String, double[]> state(long seed, Map<String, Shape> shapes) {
    Map<String, double[]> state = new LinkedHashMap<>();
    for (Map.Entry<String, Shape> entry : shapes.entrySet()) {
      String path = entry.getKey();
      if (path.endsWith("bias")) {
        Shape weight = shapes.get(path.substring(0, path.length() - "bias".length()) + "weight");
        if (weight == null) {
          throw new IllegalArgumentException(path + ": no weight beside it");
        }
        state.put(path, bias(seed, path, entry.getValue(), weight));
      } else {
        state.put(path, tensor(seed, path, entry.getValue()));
      }
    }
    return state;
  }

  /** A tensor other than a bias: a weight, a running statistic or {@code input}. */
  public static double[] tensor(long seed, String path, Shape shape) {
    if (path.equals("input")) {
      return draw(seed, path, shape, u -> Math.sqrt(3) * (2 * u - 1));
    }
    String rule = path.substring(path.lastIndexOf('.') + 1);
    if (rule.equals("weight")) {
      rule += shape.rank();
    }
    if (rule.matches("bias\\d[ab]?")) {
      return draw(seed, path, shape, u -> 0.2 * (2 * u - 1));
    }
    switch (rule) {
      case "filt":
        return blurs(shape);
      case "gain", "scale":
        return draw(seed, path, shape, u -> 1 + 0.2 * (2 * u - 1));
      case "running_mean":
        return draw(seed, path, shape, u -> 0.1 * (2 * u - 1));
      case "running_var":
        return draw(seed, path, shape, u -> 0.5 + u);
      case "weight1":
        return draw(seed, path, shape, u -> 1 + 0.2 * (2 * u - 1));
      case "weight2":
        double linear = Math.sqrt(1.0 / fanIn(shape));
        return draw(seed, path, shape, u -> linear * (2 * u - 1));
      case "weight4":
        double conv = Math.sqrt(3) * Math.sqrt(2.0 / fanIn(shape));
        return draw(seed, path, shape, u -> conv * (2 * u - 1));
      default:
        throw new IllegalArgumentException(path + " " + shape + ": no rule");
    }
  }

  /** The blur filter 1 2 1 by 1 2 1 for each channel. */
  private static double[] blurs(Shape shape) {
    double[] row = {0.25, 0.5, 0.25};
    double[] values = new double[Math.toIntExact(shape.elements())];
    Arrays.setAll(values, i -> row[i / 3 % 3] * row[i % 3]);
    return values;
  }

  /** A bias, of a batch norm if {@code weight} has rank 1, else of a layer with that weight. */
  public static double[] bias(long seed, String path, Shape shape, Shape weight) {
    double bound = weight.rank() == 1 ? 0.2 : Math.sqrt(1.0 / fanIn(weight));
    return draw(seed, path, shape, u -> bound * (2 * u - 1));
  }

  /** The class of each of {@code batch} pictures. */
  public static int[] labels(long seed, int batch, int classes) {
    KeyedRandom random = KeyedRandom.of(seed, "labels");
    int[] labels = new int[batch];
    for (int i = 0; i < batch; i++) {
      labels[i] = (int) (random.uniformAt(i) * classes);
    }
    return labels;
  }

  /** Those labels as dense targets [batch, classes]. */
  public static double[] targets(long seed, int batch, int classes) {
    double[] targets = new double[batch * classes];
    int[] labels = labels(seed, batch, classes);
    for (int i = 0; i < batch; i++) {
      targets[i * classes + labels[i]] = 1;
    }
    return targets;
  }

  static double[] draw(long seed, String path, Shape shape, DoubleUnaryOperator value) {
    KeyedRandom random = KeyedRandom.of(seed, path);
    double[] values = new double[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = value.applyAsDouble(random.uniformAt(i));
    }
    return values;
  }

  private static long fanIn(Shape shape) {
    return shape.elements() / shape.dim(0);
  }
}
