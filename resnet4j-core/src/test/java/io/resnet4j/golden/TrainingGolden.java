package io.resnet4j.golden;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What PyTorch's SGD and learning-rate schedules did in float64; tools/reference/op_goldens.py is
 * the specification.
 */
public final class TrainingGolden {
  private TrainingGolden() {}

  /** The optimiser runs. */
  public static List<Sgd> sgd() {
    JsonNode file = GoldenFiles.read("ops.json.gz");
    List<Sgd> runs = new ArrayList<>();
    for (JsonNode node : file.get("sgd")) {
      runs.add(new Sgd(file.get("about").get("seed").longValue(), node));
    }
    return runs;
  }

  /** The schedules. */
  public static List<Schedule> schedules() {
    List<Schedule> schedules = new ArrayList<>();
    for (JsonNode node : GoldenFiles.read("ops.json.gz").get("schedules")) {
      schedules.add(new Schedule(node));
    }
    return schedules;
  }

  /** Some tens of steps of stochastic gradient descent over keyed gradients. */
  public static final class Sgd {
    private final long seed;
    private final JsonNode node;

    private Sgd(long seed, JsonNode node) {
      this.seed = seed;
      this.node = node;
    }

    /** The run's name. */
    public String name() {
      return node.get("name").textValue();
    }

    /** The learning rate. */
    public double rate() {
      return node.get("rate").doubleValue();
    }

    /** The momentum, 0 for none. */
    public double momentum() {
      return node.get("momentum").doubleValue();
    }

    /** Whether Nesterov's variant. */
    public boolean nesterov() {
      return node.get("nesterov").booleanValue();
    }

    /** The weight decay. */
    public double weightDecay() {
      return node.get("weight_decay").doubleValue();
    }

    /** How many steps. */
    public int steps() {
      return node.get("steps").intValue();
    }

    /** The parameter's shape. */
    public Shape shape() {
      return GoldenFiles.shape(node.get("shape"));
    }

    /** The parameter before the first step; float32 numbers. */
    public double[] start() {
      return ReferenceWeights.draw(
          seed, "ops." + name() + ".weight", shape(), u -> (float) (2 * u - 1));
    }

    /** The gradient of step {@code t}, counted from 0. */
    public double[] gradient(int t) {
      int n = Math.toIntExact(shape().elements());
      double[] all =
          ReferenceWeights.draw(
              seed, "ops." + name() + ".gradient", Shape.of(steps(), n), u -> 2 * u - 1);
      double[] gradient = new double[n];
      System.arraycopy(all, t * n, gradient, 0, n);
      return gradient;
    }

    /** The parameter after the last step. */
    public double[] weight() {
      return GoldenFiles.doubles(node.get("weight"));
    }

    /** The momentum buffer after the last step, absent without momentum. */
    public Optional<double[]> momentumBuffer() {
      JsonNode buffer = node.get("momentum_buffer");
      return buffer.isNull() ? Optional.empty() : Optional.of(GoldenFiles.doubles(buffer));
    }

    @Override
    public String toString() {
      return name();
    }
  }

  /** One learning rate per step. */
  public static final class Schedule {
    private final JsonNode node;

    private Schedule(JsonNode node) {
      this.node = node;
    }

    /** The schedule's name. */
    public String name() {
      return node.get("name").textValue();
    }

    /** Whether the schedule has this attribute. */
    public boolean has(String attribute) {
      return node.get("attributes").has(attribute);
    }

    /**
     * A number such as {@code rate}, {@code total}, {@code gamma}, {@code final_rate}, {@code
     * warmup}, {@code warmup_start}, {@code ramp_steps}.
     */
    public double number(String attribute) {
      return node.get("attributes").get(attribute).doubleValue();
    }

    /** The steps at which a multi-step schedule falls. */
    public int[] milestones() {
      return GoldenFiles.shape(node.get("attributes").get("milestones")).toArray();
    }

    /** The rate of step 0, 1, .... */
    public double[] rates() {
      return GoldenFiles.doubles(node.get("rates"));
    }

    @Override
    public String toString() {
      return name();
    }
  }
}
