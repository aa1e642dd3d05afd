package io.resnet4j.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GoldenTest {
  private static final long SEED = 5;
  private static final double[] LARGE = values("large", 5000, 1);
  private static final double[] SMALL = values("small", 10, 1e-9);
  private static final Golden MADE_UP = madeUp();

  @Test
  void theSameNumbersAreNoDifference() {
    assertTrue(MADE_UP.compare("grad.large", LARGE).worst() < 1e-14);
    assertEquals(0, MADE_UP.compare("grad.small", SMALL).entries());
    assertTrue(MADE_UP.together(Map.of("grad.large", LARGE, "grad.small", SMALL)) < 1e-14);
  }

  @Test
  void theEstimateIsNearTheTrueRelativeError() {
    double[] noise = values("noise", LARGE.length, 1);
    for (double level : new double[] {1e-9, 1e-4, 1}) {
      double[] actual = LARGE.clone();
      double squares = 0;
      for (int i = 0; i < actual.length; i++) {
        actual[i] += level * noise[i];
        squares += level * noise[i] * level * noise[i];
      }
      double error = Math.sqrt(squares) / MADE_UP.norm("grad.large");
      double estimate = MADE_UP.compare("grad.large", actual).worst();
      assertTrue(estimate > error / 2 && estimate < error * 2, error + " taken for " + estimate);
    }
  }

  @Test
  void oneWrongElementIsSeen() {
    double[] actual = LARGE.clone();
    actual[4321] += 1;
    double estimate = MADE_UP.compare("grad.large", actual).worst();
    assertTrue(estimate > 0.5 / MADE_UP.norm("grad.large"), "estimated as " + estimate);
  }

  @Test
  void anotherOrderOrSignOrScaleIsSeen() {
    double[] swapped = LARGE.clone();
    for (int i = 0; i + 1 < swapped.length; i += 2) {
      swapped[i] = LARGE[i + 1];
      swapped[i + 1] = LARGE[i];
    }
    double[] negative = Arrays.stream(LARGE).map(x -> -x).toArray();
    double[] scaled = Arrays.stream(LARGE).map(x -> 1.001 * x).toArray();
    assertTrue(MADE_UP.compare("grad.large", swapped).worst() > 0.5);
    assertTrue(MADE_UP.compare("grad.large", negative).worst() > 1);
    assertTrue(MADE_UP.compare("grad.large", scaled).worst() > 5e-4);
    assertTrue(MADE_UP.compare("grad.large", scaled).norm() > 9e-4);
  }

  @Test
  void notANumberNeverPasses() {
    double[] actual = LARGE.clone();
    actual[77] = Double.NaN;
    assertFalse(MADE_UP.compare("grad.large", actual).worst() <= 1e9);
  }

  @Test
  void aFloorReplacesASmallNorm() {
    double[] actual = Arrays.stream(SMALL).map(x -> 2 * x).toArray();
    assertEquals(1, MADE_UP.compare("grad.small", actual).entries(), 1e-9);
    double floored = MADE_UP.compare("grad.small", actual, MADE_UP.gradientFloor()).entries();
    assertEquals(MADE_UP.norm("grad.small") / MADE_UP.gradientFloor(), floored, 1e-9);
  }

  @Test
  void anErrorWhereTheGoldenIsZeroIsInfinite() {
    assertEquals(0, MADE_UP.compare("delta.zero", new double[3]).worst());
    double[] actual = {0, 1e-30, 0};
    assertEquals(Double.POSITIVE_INFINITY, MADE_UP.compare("delta.zero", actual).worst());
  }

  @Test
  void gradientsTogetherAreWeighedByTheirNorm() {
    double[] wrong = new double[SMALL.length];
    assertTrue(MADE_UP.together(Map.of("grad.large", LARGE, "grad.small", wrong)) < 1e-8);
    double[] zero = new double[LARGE.length];
    assertTrue(MADE_UP.together(Map.of("grad.large", zero, "grad.small", SMALL)) > 0.5);
    assertThrows(
        IllegalArgumentException.class, () -> MADE_UP.together(Map.of("grad.large", LARGE)));
  }

  @Test
  void anotherSizeOrNameIsRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> MADE_UP.compare("grad.large", new double[4999]));
    assertThrows(IllegalArgumentException.class, () -> MADE_UP.compare("grad.larger", LARGE));
    assertThrows(IllegalArgumentException.class, () -> Golden.load("resnet19"));
  }

  @Test
  void everyNetworksLossFollowsFromItsLogitsAndLabels() {
    for (String name : List.of("resnet20", "resnet20-b", "resnet18", "resnet50")) {
      for (String suffix : List.of("", "-silu")) {
        Golden golden = Golden.load(name + suffix);
        assertEquals(name, golden.network());
        int batch = golden.input().dim(0);
        int classes = golden.classes();
        assertEquals(Shape.of(batch, classes), golden.shape("logits"));
        double[] logits = golden.values("logits").orElseThrow();
        int[] labels = ReferenceWeights.labels(golden.seed(), batch, classes);
        double loss = 0;
        for (int row = 0; row < batch; row++) {
          double sum = 0;
          for (int k = 0; k < classes; k++) {
            sum += Math.exp(logits[row * classes + k]);
          }
          loss += (Math.log(sum) - logits[row * classes + labels[row]]) / batch;
        }
        assertTrue(golden.compare("loss", new double[] {loss}).worst() < 1e-13, name + suffix);
        assertTrue(golden.compare("logits", logits).worst() < 1e-13, name + suffix);
        assertTrue(golden.peer("bf16_logits") > golden.peer("f32_logits"), name + suffix);
      }
    }
  }

  @Test
  void theInputsDigestedByPythonAreDrawnHere() {
    Golden golden = Golden.load("resnet20");
    assertEquals(ReferenceWeights.SEED, golden.seed());
    assertEquals(Shape.of(8, 3, 32, 32), golden.input());
    assertEquals(golden.input(), golden.shape("grad.input"));
    assertFalse(golden.deltaZeroInit());
    assertTrue(Golden.load("resnet50").deltaZeroInit());
    assertArrayEquals(new int[] {16, 3, 3, 3}, golden.shape("grad.conv1.weight").toArray());
  }

  private static double[] values(String path, int count, double scale) {
    KeyedRandom random = KeyedRandom.of(SEED, path);
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = scale * (2 * random.uniformAt(i) - 1);
    }
    return values;
  }

  private static Golden madeUp() {
    ObjectNode file = JsonNodeFactory.instance.objectNode();
    file.putObject("about").put("seed", SEED);
    file.put("network", "made-up");
    ObjectNode tensors = file.putObject("tensors");
    digest(tensors, "grad.large", LARGE);
    digest(tensors, "grad.small", SMALL);
    digest(tensors, "delta.zero", new double[3]);
    return new Golden(file);
  }

  /** As tools/reference/digest.py has it. */
  private static void digest(ObjectNode tensors, String name, double[] values) {
    ObjectNode digest = tensors.putObject(name);
    digest.putArray("shape").add(values.length);
    digest.put("norm", Math.sqrt(Arrays.stream(values).map(x -> x * x).sum()));
    ArrayNode projections = digest.putArray("projections");
    for (int k = 0; k < 8; k++) {
      KeyedRandom random = KeyedRandom.of(SEED, "projection." + k + "." + name);
      double dot = 0;
      for (int i = 0; i < values.length; i++) {
        dot += values[i] * (2 * random.uniformAt(i) - 1);
      }
      projections.add(dot);
    }
    ArrayNode entries = digest.putArray("entries");
    KeyedRandom random = KeyedRandom.of(SEED, "entries." + name);
    for (int k = 0; k < Math.min(64, values.length); k++) {
      int at = values.length <= 64 ? k : (int) (random.uniformAt(k) * values.length);
      entries.add(values[at]);
    }
  }
}
