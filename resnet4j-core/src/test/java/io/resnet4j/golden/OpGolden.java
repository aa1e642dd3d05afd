package io.resnet4j.golden;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Window;
import io.resnet4j.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One operation with keyed inputs and what PyTorch made of them in float64, forward and backward;
 * tools/reference/op_goldens.py is the specification. Inputs are float32 numbers, so that every
 * backend starts from the same.
 */
public final class OpGolden {
  private final long seed;
  private final JsonNode node;

  private OpGolden(long seed, JsonNode node) {
    this.seed = seed;
    this.node = node;
  }

  /** All cases by name, in the file's order. */
  public static Map<String, OpGolden> load() {
    JsonNode file = GoldenFiles.read("ops.json.gz");
    long seed = file.get("about").get("seed").longValue();
    Map<String, OpGolden> cases = new LinkedHashMap<>();
    for (JsonNode node : file.get("cases")) {
      OpGolden golden = new OpGolden(seed, node);
      cases.put(golden.name(), golden);
    }
    return cases;
  }

  /** The case's name, such as {@code conv-3x3-stride2-odd}. */
  public String name() {
    return node.get("name").textValue();
  }

  /** The operation as the graph has it. */
  public Op op() {
    JsonNode a = node.get("attributes");
    switch (node.get("op").textValue()) {
      case "Conv2d":
        return new Op.Conv2d(window(a), a.get("groups").intValue());
      case "BatchNorm":
        return new Op.BatchNorm(
            a.get("epsilon").doubleValue(),
            a.get("momentum").doubleValue(),
            Op.Statistics.valueOf(a.get("statistics").textValue()),
            activation(a));
      case "MaxPool":
        return new Op.MaxPool(window(a));
      case "AveragePool":
        return new Op.AveragePool(window(a), a.get("count_padding").booleanValue());
      case "GlobalAveragePool":
        return new Op.GlobalAveragePool();
      case "Linear":
        return new Op.Linear();
      case "Activate":
        return new Op.Activate(activation(a));
      case "Add":
        return new Op.Add(activation(a));
      case "PadShortcut":
        return new Op.PadShortcut(
            a.get("stride").intValue(), a.get("before").intValue(), a.get("after").intValue());
      case "GroupNorm":
        return new Op.GroupNorm(a.get("groups").intValue(), a.get("epsilon").doubleValue());
      case "ReflectPad":
        return new Op.ReflectPad(a.get("pad").intValue());
      case "Multiply":
        return new Op.Multiply();
      case "Shift":
        return new Op.Shift();
      case "Affine":
        return new Op.Affine(a.get("factor").doubleValue(), a.get("addend").doubleValue());
      case "Concat":
        return new Op.Concat();
      case "Slice":
        return new Op.Slice(a.get("from").intValue(), a.get("to").intValue());
      case "SoftmaxCrossEntropy":
        return new Op.SoftmaxCrossEntropy(a.get("smoothing").doubleValue());
      default:
        throw new IllegalArgumentException(name() + ": unknown operation");
    }
  }

  /** Writes the operation, and for a standardised weight what computes it, into a graph. */
  public io.resnet4j.graph.Value write(GraphBuilder builder, List<io.resnet4j.graph.Value> inputs) {
    JsonNode epsilon = node.get("attributes").get("standardised");
    if (epsilon == null) {
      return builder.emit(name(), op(), inputs).output();
    }
    Shape weight = inputs.get(1).shape();
    int filters = weight.dim(0);
    Op rows = new Op.Reshape(Shape.of(1, filters, weight.dim(1) * weight.dim(2), weight.dim(3)));
    var flat = builder.emit("rows", rows, List.of(inputs.get(1))).output();
    Op norm = new Op.GroupNorm(filters, epsilon.doubleValue());
    var normed = builder.emit("norm", norm, List.of(flat, inputs.get(2))).output();
    var standardised = builder.emit("standardised", new Op.Reshape(weight), List.of(normed));
    return builder.emit(name(), op(), List.of(inputs.get(0), standardised.output())).output();
  }

  /**
   * The inputs by name, in the order of the operation's inputs; {@code dy}, the gradient fed by the
   * output, comes last and is absent for a loss.
   */
  public Map<String, Value> inputs() {
    Map<String, Value> inputs = new LinkedHashMap<>();
    node.get("inputs")
        .properties()
        .forEach(
            e -> {
              Shape shape = GoldenFiles.shape(e.getValue().get("shape"));
              double[] values = fill(e.getKey(), shape, e.getValue().get("fill").textValue());
              inputs.put(e.getKey(), new Value(shape, values));
            });
    return inputs;
  }

  /**
   * The results by name: {@code y}, the gradient {@code dNAME} of every input but targets and
   * running statistics, and for a batch norm {@code running_mean} and {@code running_var} after it.
   */
  public Map<String, Value> expected() {
    Map<String, Value> expected = new LinkedHashMap<>();
    node.get("expected")
        .properties()
        .forEach(
            e -> {
              Shape shape = GoldenFiles.shape(e.getValue().get("shape"));
              double[] values = GoldenFiles.doubles(e.getValue().get("values"));
              expected.put(e.getKey(), new Value(shape, values));
            });
    return expected;
  }

  /** The relative norm of the difference between {@code actual} and the named result. */
  public double error(String result, double[] actual) {
    double[] wanted = expected().get(result).values();
    if (actual.length != wanted.length) {
      throw new IllegalArgumentException(
          name() + " " + result + ": " + actual.length + " elements, not " + wanted.length);
    }
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < wanted.length; i++) {
      difference += (actual[i] - wanted[i]) * (actual[i] - wanted[i]);
      norm += wanted[i] * wanted[i];
    }
    return difference == 0 ? 0 : Math.sqrt(difference / norm);
  }

  @Override
  public String toString() {
    return name();
  }

  private double[] fill(String tensor, Shape shape, String kind) {
    String path = "ops." + name() + "." + tensor;
    double[] values = new double[Math.toIntExact(shape.elements())];
    if (kind.equals("one_hot")) {
      int classes = shape.dim(1);
      double[] rows = ReferenceWeights.draw(seed, path, Shape.of(shape.dim(0)), u -> u * classes);
      for (int row = 0; row < rows.length; row++) {
        values[row * classes + (int) rows[row]] = 1;
      }
      return values;
    }
    double[] u = ReferenceWeights.draw(seed, path, shape, x -> x);
    for (int i = 0; i < u.length; i++) {
      double v = 2 * u[i] - 1;
      switch (kind) {
        case "uniform" -> values[i] = v;
        case "spread" -> values[i] = 50 * v;
        case "scale" -> values[i] = 1 + 0.2 * v;
        case "variance" -> values[i] = 0.5 + u[i];
        case "soft" -> values[i] = u[i] / rowSum(u, i, shape.dim(1));
        default -> throw new IllegalArgumentException(name() + ": unknown fill " + kind);
      }
      values[i] = (float) values[i];
    }
    return values;
  }

  private static double rowSum(double[] u, int at, int classes) {
    double sum = 0;
    for (int i = at - at % classes; i < at - at % classes + classes; i++) {
      sum += u[i];
    }
    return sum;
  }

  private static Activation activation(JsonNode attributes) {
    return Activation.valueOf(attributes.get("activation").textValue());
  }

  private static Window window(JsonNode a) {
    JsonNode kernel = a.get("kernel");
    JsonNode stride = a.get("stride");
    JsonNode padding = a.get("padding");
    JsonNode dilation = a.get("dilation");
    return new Window(
        kernel.get(0).intValue(),
        kernel.get(1).intValue(),
        stride.get(0).intValue(),
        stride.get(1).intValue(),
        padding.get(0).intValue(),
        padding.get(1).intValue(),
        dilation == null ? 1 : dilation.get(0).intValue(),
        dilation == null ? 1 : dilation.get(1).intValue());
  }

  /**
   * A tensor of a case.
   *
   * @param shape its shape
   * @param values its elements in row-major order, not copied
   */
  public record Value(Shape shape, double[] values) {}
}
