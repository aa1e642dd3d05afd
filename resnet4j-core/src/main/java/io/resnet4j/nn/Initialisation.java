package io.resnet4j.nn;

import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Tensor;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What all parameters and buffers of a network start as: convolutions and affine maps by the given
 * initialisers; biases of both uniform in +-1 / sqrt(fan-in); batch-norm scales and running
 * variances one, shifts and running means zero.
 *
 * @param convolution of convolution weights
 * @param linear of affine maps' weights
 * @param zeroLastScale whether the batch norm that ends a residual branch starts with scale zero,
 *     so that every block starts as its shortcut (Goyal et al., arXiv:1706.02677)
 */
public record Initialisation(Initialiser convolution, Initialiser linear, boolean zeroLastScale) {
  private static final Initialiser ZERO = Initialiser.constant(0);
  private static final Initialiser ONE = Initialiser.constant(1);

  /** As torchvision's ResNets: He normal by fan-out, PyTorch's default in the head. */
  public static Initialisation torchvision(boolean zeroLastScale) {
    return new Initialisation(
        Initialiser.heNormalFanOut(), Initialiser.uniformFanIn(), zeroLastScale);
  }

  /** He normal by fan-in in convolutions and head, as He et al. 2015 describe. */
  public static Initialisation he2015(boolean zeroLastScale) {
    return new Initialisation(
        Initialiser.heNormalFanIn(), Initialiser.heNormalFanIn(), zeroLastScale);
  }

  /**
   * The state that {@code graph} starts with, by path in graph order; each tensor is drawn from
   * {@code KeyedRandom.of(seed, path)}.
   *
   * @throws IllegalStateException if a parameter or buffer has no reader that says what it is
   */
  public Map<String, Tensor> state(Graph graph, long seed) {
    Map<String, Tensor> made = new HashMap<>();
    for (Node node : graph.nodes()) {
      if (node.op() instanceof Op.Conv2d) {
        weight(made, node, convolution, seed);
      } else if (node.op() instanceof Op.Linear) {
        weight(made, node, linear, seed);
      } else if (node.op() instanceof Op.BatchNorm) {
        Initialiser[] four = {ONE, ZERO, ZERO, ONE};
        for (int i = 0; i < four.length; i++) {
          put(made, node.input(i + 1), four[i], seed);
        }
      } else if (node.op() instanceof Op.Add && zeroLastScale) {
        Node last = graph.producer(node.input(0));
        if (last.op() instanceof Op.BatchNorm) {
          put(made, last.input(1), ZERO, seed);
        }
      }
    }
    Map<String, Tensor> ordered = new LinkedHashMap<>();
    for (Node node : graph.nodes()) {
      if (node.op() instanceof Op.Parameter || node.op() instanceof Op.Buffer) {
        Tensor tensor = made.get(node.path());
        if (tensor == null) {
          throw new IllegalStateException(node.path() + ": nothing reads it, so nothing fills it");
        }
        ordered.put(node.path(), tensor);
      }
    }
    return Collections.unmodifiableMap(ordered);
  }

  private static void weight(
      Map<String, Tensor> made, Node node, Initialiser initialiser, long seed) {
    Value weight = node.input(1);
    put(made, weight, initialiser, seed);
    if (node.inputs().size() > 2) {
      double fanIn = (double) weight.shape().elements() / weight.shape().dim(0);
      Initialiser bias = (s, random) -> Initialiser.uniform(s, random, 1 / Math.sqrt(fanIn));
      put(made, node.input(2), bias, seed);
    }
  }

  private static void put(
      Map<String, Tensor> made, Value value, Initialiser initialiser, long seed) {
    KeyedRandom random = KeyedRandom.of(seed, value.name());
    made.put(value.name(), initialiser.make(value.shape(), random));
  }
}
