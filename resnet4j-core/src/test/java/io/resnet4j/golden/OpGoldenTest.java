package io.resnet4j.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Shows that the reader draws the inputs Python drew: small operations are done again by hand. */
class OpGoldenTest {
  private static final Map<String, OpGolden> CASES = OpGolden.load();

  @Test
  void shapesAreThoseTheGraphInfers() {
    for (OpGolden golden : CASES.values()) {
      GraphBuilder builder = new GraphBuilder();
      List<Value> inputs = new ArrayList<>();
      golden
          .inputs()
          .forEach(
              (name, input) -> {
                if (!name.equals("dy")) {
                  inputs.add(builder.input(name, input.shape()));
                }
              });
      Shape shape = golden.write(builder, inputs).shape();
      assertEquals(golden.expected().get("y").shape(), shape, golden.name());
    }
  }

  @Test
  void everyGradientHasTheShapeOfItsInput() {
    for (OpGolden golden : CASES.values()) {
      golden
          .expected()
          .forEach(
              (name, result) -> {
                assertEquals(result.shape().elements(), result.values().length, golden.name());
                if (name.startsWith("d")) {
                  Shape input = golden.inputs().get(name.substring(1)).shape();
                  assertEquals(input, result.shape(), golden.name());
                }
              });
    }
  }

  @Test
  void additionDoneByHandAgrees() {
    OpGolden golden = CASES.get("add-relu");
    double[] a = golden.inputs().get("a").values();
    double[] b = golden.inputs().get("b").values();
    double[] dy = golden.inputs().get("dy").values();
    double[] y = new double[a.length];
    double[] da = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      y[i] = Math.max(a[i] + b[i], 0);
      da[i] = a[i] + b[i] > 0 ? dy[i] : 0;
    }
    assertArrayEquals(golden.expected().get("y").values(), y);
    assertArrayEquals(golden.expected().get("da").values(), da);
    assertEquals(0, golden.error("y", y));
    y[3] += 1;
    assertTrue(golden.error("y", y) > 1e-3);
  }

  @Test
  void crossEntropyDoneByHandAgrees() {
    int counted = 0;
    for (OpGolden golden : CASES.values()) {
      if (!golden.name().startsWith("cross-entropy")) {
        continue;
      }
      counted++;
      Shape shape = golden.inputs().get("logits").shape();
      double[] logits = golden.inputs().get("logits").values();
      double[] targets = golden.inputs().get("targets").values();
      double smoothing = ((Op.SoftmaxCrossEntropy) golden.op()).smoothing();
      int classes = shape.dim(1);
      double loss = 0;
      for (int row = 0; row < shape.dim(0); row++) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < classes; k++) {
          largest = Math.max(largest, logits[row * classes + k]);
        }
        double sum = 0;
        for (int k = 0; k < classes; k++) {
          sum += Math.exp(logits[row * classes + k] - largest);
        }
        for (int k = 0; k < classes; k++) {
          int i = row * classes + k;
          double target = (1 - smoothing) * targets[i] + smoothing / classes;
          loss -= target * (logits[i] - largest - Math.log(sum)) / shape.dim(0);
        }
      }
      assertTrue(golden.error("y", new double[] {loss}) < 1e-12, golden.name());
    }
    assertEquals(5, counted);
  }

  @Test
  void stochasticGradientDescentDoneByHandAgrees() {
    for (TrainingGolden.Sgd golden : TrainingGolden.sgd()) {
      double[] w = golden.start();
      double[] v = new double[w.length];
      for (int t = 0; t < golden.steps(); t++) {
        double[] g = golden.gradient(t);
        for (int i = 0; i < w.length; i++) {
          double gradient = g[i] + golden.weightDecay() * w[i];
          v[i] = golden.momentum() * v[i] + gradient;
          w[i] -= golden.rate() * (golden.nesterov() ? gradient + golden.momentum() * v[i] : v[i]);
        }
      }
      assertArrayEquals(golden.weight(), w, 1e-12, golden.name());
      assertEquals(golden.momentum() > 0, golden.momentumBuffer().isPresent(), golden.name());
      golden.momentumBuffer().ifPresent(b -> assertArrayEquals(b, v, 1e-12, golden.name()));
    }
  }

  @Test
  void schedulesHaveTheirAttributes() {
    TreeSet<String> names = new TreeSet<>();
    for (TrainingGolden.Schedule schedule : TrainingGolden.schedules()) {
      names.add(schedule.name());
      double[] rates = schedule.rates();
      assertEquals((int) schedule.number("total"), rates.length, schedule.name());
      int peak = schedule.has("warmup") ? (int) schedule.number("warmup") : 0;
      assertEquals(schedule.number("rate"), rates[peak], 1e-12, schedule.name());
      if (schedule.has("milestones")) {
        int step = schedule.milestones()[0];
        double fallen = rates[step - 1] * schedule.number("gamma");
        assertEquals(fallen, rates[step], 1e-12, schedule.name());
      }
    }
    assertEquals(7, names.size());
    assertFalse(names.contains(""));
  }
}
