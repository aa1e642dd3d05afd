package io.resnet4j.nn;

import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Start;
import io.resnet4j.graph.Value;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What all parameters and buffers of a network start as. Where the graph leaves that to the reader
 * ({@link Start.ByReader}): weights of convolutions and affine maps by the given initialisers,
 * biases of both uniform in +-1 / sqrt(fan-in); scales and running variances of norms one, shifts
 * and running means zero; what is broadcast one in a product and zero in a sum.
 *
 * @param convolution of convolution weights
 * @param linear of affine maps' weights
 */
public record Initialisation(Initialiser convolution, Initialiser linear) {
  /** As torchvision's ResNets: He normal by fan-out, PyTorch's default in the head. */
  public static final Initialisation TORCHVISION =
      new Initialisation(Initialiser.HE_FAN_OUT, Initialiser.UNIFORM_FAN_IN);

  /** He normal by fan-in in convolutions and head, as He et al. 2015 describe. */
  public static final Initialisation HE_2015 =
      new Initialisation(Initialiser.HE_FAN_IN, Initialiser.HE_FAN_IN);

  /**
   * The state that {@code graph} starts with, by path in graph order; each tensor is drawn from
   * {@code KeyedRandom.of(seed, path)}.
   *
   * @throws IllegalStateException if a tensor's start is left to a reader that it lacks
   */
  public Map<String, Tensor> state(Graph graph, long seed) {
    Map<Value, List<Node>> readers = graph.readers();
    Map<String, Tensor> state = new LinkedHashMap<>();
    for (Node node : graph.nodes()) {
      if (node.op() instanceof Op.Parameter p) {
        state.put(node.path(), tensor(node, p.start(), readers, seed));
      } else if (node.op() instanceof Op.Buffer b) {
        state.put(node.path(), tensor(node, b.start(), readers, seed));
      }
    }
    return Collections.unmodifiableMap(state);
  }

  private Tensor tensor(Node node, Start start, Map<Value, List<Node>> readers, long seed) {
    Shape shape = node.output().shape();
    if (start instanceof Start.Constant constant) {
      return Initialiser.fill(shape, i -> constant.value());
    } else if (start instanceof Start.Binomial) {
      return binomial(shape);
    }
    double factor = ((Start.ByReader) start).factor();
    Tensor tensor = byReader(node, readers, KeyedRandom.of(seed, node.path()));
    return factor == 1 ? tensor : Initialiser.fill(shape, i -> factor * tensor.get(i));
  }

  private Tensor byReader(Node node, Map<Value, List<Node>> readers, KeyedRandom random) {
    Shape shape = node.output().shape();
    Value value = node.output();
    Node reader = reader(node.path(), value, readers);
    while (reader.op() instanceof Op.Reshape) {
      value = reader.output();
      reader = reader(node.path(), value, readers);
    }
    Op op = reader.op();
    int place = reader.inputs().indexOf(value);
    if (op instanceof Op.Conv2d || op instanceof Op.Linear) {
      if (place == 1) {
        return (op instanceof Op.Linear ? linear : convolution).make(shape, random);
      } else if (place == 2) {
        Shape weight = reader.input(1).shape();
        double fanIn = (double) weight.elements() / weight.dim(0);
        return Initialiser.uniform(shape, random, 1 / Math.sqrt(fanIn));
      }
    } else if (op instanceof Op.GroupNorm && place == 0) {
      // A weight that is standardised before a convolution reads it.
      return convolution.make(shape, random);
    } else if (op instanceof Op.BatchNorm || op instanceof Op.GroupNorm) {
      return Initialiser.fill(shape, i -> place == 1 || place == 4 ? 1 : 0);
    } else if (op instanceof Op.Multiply || op instanceof Op.Shift) {
      return Initialiser.fill(shape, i -> op instanceof Op.Multiply ? 1 : 0);
    }
    throw new IllegalStateException(
        node.path() + ": what it starts as is left to " + reader.path() + ", which does not say");
  }

  private static Node reader(String path, Value value, Map<Value, List<Node>> readers) {
    List<Node> found = readers.getOrDefault(value, List.of());
    if (found.isEmpty()) {
      throw new IllegalStateException(path + ": nothing reads it, so nothing fills it");
    }
    return found.get(0);
  }

  private static Tensor binomial(Shape shape) {
    int rows = shape.dim(shape.rank() - 2);
    int columns = shape.dim(shape.rank() - 1);
    double sum = Math.pow(2, rows + columns - 2);
    return Initialiser.fill(
        shape, i -> choose(rows - 1, i / columns % rows) * choose(columns - 1, i % columns) / sum);
  }

  private static double choose(int n, int k) {
    double result = 1;
    for (int i = 1; i <= k; i++) {
      result = result * (n - k + i) / i;
    }
    return result;
  }
}
