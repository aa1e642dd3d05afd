package io.resnet4j.infer;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.model.Model;
import io.resnet4j.tensor.Shape;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * The kernels of a convolution, [O,I/groups,kH,kW], as they were learned. Those of the first layer
 * of a network that sees colours are small pictures (Krizhevsky et al. 2012, figure 3). Immutable.
 */
public final class Filters {
  private final String layer;
  private final Shape shape;
  private final float[] values;

  private Filters(String layer, Shape shape, float[] values) {
    this.layer = layer;
    this.shape = shape;
    this.values = values;
  }

  /**
   * Those of the first convolution.
   *
   * @throws InvalidInputException if the network has none
   */
  public static Filters first(Model model) {
    return of(model, convolutions(model).keySet().iterator().next());
  }

  /**
   * Those of the convolution at {@code layer}, or the first one below that path.
   *
   * @throws InvalidInputException if there is none
   */
  public static Filters of(Model model, String layer) {
    Map<String, String> known = convolutions(model);
    String path =
        known.keySet().stream()
            .filter(each -> each.equals(layer) || each.startsWith(layer + "."))
            .findFirst()
            .orElseThrow(
                () ->
                    new InvalidInputException(
                        "layer '"
                            + layer
                            + "': model "
                            + model.spec().name()
                            + " has no such convolution"
                            + "; nearest are "
                            + String.join(", ", Nearest.of(layer, known.keySet(), 4))));
    var weight = model.state().get(known.get(path));
    return new Filters(path, weight.shape(), weight.toFloats());
  }

  /** Paths of convolutions with those of the parameters that their kernels are made of. */
  private static Map<String, String> convolutions(Model model) {
    Graph graph = model.graph(1);
    Map<String, String> all = new LinkedHashMap<>();
    for (Node node : graph.nodes()) {
      if (node.op() instanceof Op.Conv2d) {
        Node made = graph.producer(node.input(1));
        // Through what standardises it.
        while (!(made.op() instanceof Op.Parameter) && !made.inputs().isEmpty()) {
          made = graph.producer(made.input(0));
        }
        if (model.state().containsKey(made.path()) && made.output().shape().rank() == 4) {
          all.put(node.path(), made.path());
        }
      }
    }
    if (all.isEmpty()) {
      throw new InvalidInputException(
          "model " + model.spec().name() + ": has no convolution, so no filters");
    }
    return all;
  }

  /** Path of the convolution. */
  public String layer() {
    return layer;
  }

  /** O: how many filters there are. */
  public int count() {
    return shape.dim(0);
  }

  /** I/groups: planes of each. */
  public int planes() {
    return shape.dim(1);
  }

  /** kH: rows of each. */
  public int height() {
    return shape.dim(2);
  }

  /** kW: columns of each. */
  public int width() {
    return shape.dim(3);
  }

  /** The number of a filter's plane at row {@code y}, column {@code x}. */
  public float at(int filter, int plane, int y, int x) {
    int kernel =
        Objects.checkIndex(filter, count()) * planes() + Objects.checkIndex(plane, planes());
    int row = kernel * height() + Objects.checkIndex(y, height());
    return values[row * width() + Objects.checkIndex(x, width())];
  }

  /** The length of a filter: the root of the sum of squares of all its planes. */
  public double norm(int filter) {
    int each = values.length / count();
    double sum = 0;
    for (int i = Objects.checkIndex(filter, count()) * each; i < (filter + 1) * each; i++) {
      sum += (double) values[i] * values[i];
    }
    return Math.sqrt(sum);
  }

  /** All filters, the longest first; of equally long ones the first. */
  public List<Integer> byNorm() {
    double[] norms = IntStream.range(0, count()).mapToDouble(this::norm).toArray();
    return IntStream.range(0, count())
        .boxed()
        .sorted(Comparator.comparingDouble(f -> -norms[f]))
        .toList();
  }
}
