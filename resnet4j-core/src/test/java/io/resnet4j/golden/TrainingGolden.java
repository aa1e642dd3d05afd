package io.resnet4j.golden;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.graph.Criterion;
import io.resnet4j.plan.UpdateRule;
import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What PyTorch's optimisers, schedules and losses did in float64;
 * tools/reference/training_goldens.py is the specification.
 */
public final class TrainingGolden {
  /** Steps of every optimiser run. */
  public static final int STEPS = 50;

  /** The parameters of an optimiser run. */
  public static final Map<String, Shape> PARAMETERS = parameters();

  private static final JsonNode FILE = GoldenFiles.read("training.json.gz");

  private TrainingGolden() {}

  private static Map<String, Shape> parameters() {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    shapes.put("conv.weight", Shape.of(5, 3, 3, 3));
    shapes.put("fc.weight", Shape.of(4, 7));
    shapes.put("fc.bias", Shape.of(4));
    return shapes;
  }

  private static long seed() {
    return FILE.get("about").get("seed").longValue();
  }

  private static double[] draw(String path, Shape shape) {
    return ReferenceWeights.draw(seed(), "training." + path, shape, u -> (float) (2 * u - 1));
  }

  /** A parameter before the first step; float32 numbers. */
  public static double[] start(String path) {
    return draw("start." + path, PARAMETERS.get(path));
  }

  /**
   * What is fed as the gradient of a layer's output at step {@code t}.
   *
   * @param layer {@code conv}, [27,5], or {@code fc}, [7,4]
   */
  public static double[] outputGradient(String layer, int t) {
    int count = layer.equals("conv") ? 135 : 28;
    double[] all = draw("dy." + layer, Shape.of(STEPS, count));
    double[] one = new double[count];
    System.arraycopy(all, t * count, one, 0, count);
    return one;
  }

  /** The optimiser runs. */
  public static List<Optimiser> optimisers() {
    List<Optimiser> runs = new ArrayList<>();
    FILE.get("optimisers").forEach(node -> runs.add(new Optimiser(node)));
    return runs;
  }

  /** The schedules. */
  public static List<Schedule> schedules() {
    List<Schedule> schedules = new ArrayList<>();
    for (JsonNode node : FILE.get("schedules")) {
      schedules.add(
          new Schedule(
              node.get("name").textValue(),
              node.get("schedule"),
              node.get("rate").doubleValue(),
              GoldenFiles.doubles(node.get("rates")),
              Optional.ofNullable(node.get("measured")).map(GoldenFiles::doubles)));
    }
    return schedules;
  }

  /** The losses. */
  public static List<Loss> losses() {
    List<Loss> losses = new ArrayList<>();
    FILE.get("losses").forEach(node -> losses.add(new Loss(node)));
    return losses;
  }

  /** A criterion with its inputs and results. */
  public static final class Loss {
    private final JsonNode node;

    private Loss(JsonNode node) {
      this.node = node;
    }

    /** What is computed. */
    public Criterion criterion() {
      double smoothing = attribute("smoothing", 0);
      double focus = attribute("focus", 0);
      List<Double> weights = new ArrayList<>();
      node.get("attributes").path("weights").forEach(weight -> weights.add(weight.doubleValue()));
      return switch (node.get("kind").textValue()) {
        case "cross_entropy" -> new Criterion.CrossEntropy(smoothing, focus, weights);
        case "binary_cross_entropy" ->
            new Criterion.BinaryCrossEntropy(smoothing, focus, attribute("threshold", 1), weights);
        case "distillation" ->
            new Criterion.Distillation(
                new Criterion.CrossEntropy(smoothing),
                attribute("temperature", 1),
                attribute("share", 0));
        default -> throw new IllegalArgumentException("unknown loss " + node);
      };
    }

    private double attribute(String name, double otherwise) {
      return node.get("attributes").path(name).asDouble(otherwise);
    }

    /** Of logits, targets and the teacher's logits. */
    public Shape shape() {
      return GoldenFiles.shape(node.get("shape"));
    }

    /** {@code logits}, {@code targets} or {@code teacher}; float32 numbers. */
    public double[] input(String name) {
      String path = node.get("name").textValue() + "." + name;
      if (!name.equals("targets")) {
        double[] v = draw(path, shape());
        for (int i = 0; i < v.length; i++) {
          v[i] *= 4;
        }
        return v;
      }
      boolean soft = node.get("targets").textValue().equals("soft");
      return OpGolden.targets(seed(), "training." + path, shape(), soft);
    }

    /** The loss. */
    public double y() {
      return node.get("y").doubleValue();
    }

    /** Its gradient by the logits. */
    public double[] gradient() {
      return GoldenFiles.doubles(node.get("dlogits"));
    }

    @Override
    public String toString() {
      return node.get("name").textValue();
    }
  }

  /**
   * One learning rate per step.
   *
   * @param name of the case
   * @param schedule as a recipe writes it in JSON
   * @param rate the highest learning rate
   * @param rates of step 0, 1, ...
   * @param measured accuracies after each step, each an epoch; for a plateau
   */
  public record Schedule(
      String name, JsonNode schedule, double rate, double[] rates, Optional<double[]> measured) {}

  /** A run over all {@link #PARAMETERS}. */
  public static final class Optimiser {
    private final JsonNode node;

    private Optimiser(JsonNode node) {
      this.node = node;
    }

    /** The run's name. */
    public String name() {
      return node.get("name").textValue();
    }

    /** The groups at step {@code t}. */
    public List<UpdateRule.Group> groups(int t) {
      List<UpdateRule.Group> groups = new ArrayList<>();
      double rate = (1 - t / 100.0) * node.get("rate").doubleValue();
      for (JsonNode group : node.get("groups")) {
        Set<String> paths = new java.util.TreeSet<>();
        group.get("paths").forEach(path -> paths.add(path.textValue()));
        groups.add(
            new UpdateRule.Group(
                rule(group.get("rule")),
                paths,
                rate,
                group.get("weight_decay").doubleValue(),
                group.get("l1").doubleValue()));
      }
      return groups;
    }

    private static UpdateRule rule(JsonNode rule) {
      return switch (rule.get("kind").textValue()) {
        case "sgd" -> new UpdateRule.Sgd(number(rule, "momentum"), flag(rule, "nesterov"));
        case "adam" ->
            new UpdateRule.Adam(
                number(rule, "beta1"),
                number(rule, "beta2"),
                number(rule, "epsilon"),
                flag(rule, "decoupled"));
        case "rmsprop" ->
            new UpdateRule.RmsProp(
                number(rule, "alpha"),
                number(rule, "epsilon"),
                number(rule, "momentum"),
                flag(rule, "centred"));
        case "lars" ->
            new UpdateRule.Lars(
                number(rule, "momentum"), flag(rule, "nesterov"), number(rule, "trust"));
        case "lamb" ->
            new UpdateRule.Lamb(
                number(rule, "beta1"), number(rule, "beta2"), number(rule, "epsilon"));
        case "muon" -> new UpdateRule.Muon(number(rule, "momentum"), flag(rule, "nesterov"));
        default -> throw new IllegalArgumentException("unknown rule " + rule);
      };
    }

    private static double number(JsonNode rule, String key) {
      return rule.get(key).doubleValue();
    }

    private static boolean flag(JsonNode rule, String key) {
      return rule.get(key).booleanValue();
    }

    /** The norm that gradients are clipped to, if any. */
    public Optional<Double> clip() {
      return node.get("clip").isNull()
          ? Optional.empty()
          : Optional.of(node.get("clip").doubleValue());
    }

    /** Parameters after the last step by path; averages of them by {@code ema/PATH}. */
    public Map<String, double[]> expected() {
      Map<String, double[]> expected = new LinkedHashMap<>();
      node.get("expected")
          .properties()
          .forEach(e -> expected.put(e.getKey(), GoldenFiles.doubles(e.getValue())));
      return expected;
    }

    @Override
    public String toString() {
      return name();
    }
  }
}
