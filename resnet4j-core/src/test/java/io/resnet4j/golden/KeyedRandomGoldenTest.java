package io.resnet4j.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Pins the generator and the fills to tools/reference/keyed_random.py and fills.py. */
class KeyedRandomGoldenTest {
  private static final JsonNode GOLDEN = GoldenFiles.read("keyed_random.json");

  @Test
  void drawsAreThoseOfPython() {
    for (JsonNode draws : GOLDEN.get("draws")) {
      String name = draws.get("path").textValue();
      KeyedRandom random = generator(draws);
      for (int i = 0; i < draws.get("indices").size(); i++) {
        long index = draws.get("indices").get(i).longValue();
        long bits = Long.parseUnsignedLong(draws.get("bits").get(i).textValue(), 16);
        assertEquals(bits, random.bitsAt(index), name);
        assertEquals(draws.get("uniform").get(i).doubleValue(), random.uniformAt(index), name);
        // Logarithm and cosine may differ in their last bits.
        assertEquals(draws.get("normal").get(i).doubleValue(), random.normalAt(index), 1e-14, name);
      }
      for (int i = 0; i < draws.get("ints").size(); i++) {
        assertEquals(draws.get("ints").get(i).intValue(), random.nextInt(i + 2), name);
      }
      int[] order = generator(draws).permutation(20);
      for (int i = 0; i < order.length; i++) {
        assertEquals(draws.get("permutation").get(i).intValue(), order[i], name);
      }
    }
  }

  @Test
  void fillsAreThoseOfPython() {
    for (JsonNode fill : GOLDEN.get("fills")) {
      String path = fill.get("path").textValue();
      Shape shape = GoldenFiles.shape(fill.get("shape"));
      Map<String, Shape> shapes = new LinkedHashMap<>();
      shapes.put(path, shape);
      if (fill.has("weight_shape")) {
        shapes.put(path.replace("bias", "weight"), GoldenFiles.shape(fill.get("weight_shape")));
      }
      double[] actual = ReferenceWeights.state(ReferenceWeights.SEED, shapes).get(path);
      assertEquals(shape.elements(), actual.length, path);
      double[] first = GoldenFiles.doubles(fill.get("first"));
      assertArrayEquals(first, Arrays.copyOf(actual, first.length), path);
      double norm = Math.sqrt(Arrays.stream(actual).map(x -> x * x).sum());
      assertEquals(fill.get("norm").doubleValue(), norm, 1e-13 * norm, path);
    }
  }

  @Test
  void labelsAreThoseOfPython() {
    JsonNode golden = GOLDEN.get("labels");
    int classes = golden.get("classes").intValue();
    int[] labels = ReferenceWeights.labels(ReferenceWeights.SEED, 16, classes);
    double[] targets = ReferenceWeights.targets(ReferenceWeights.SEED, 16, classes);
    for (int i = 0; i < labels.length; i++) {
      assertEquals(golden.get("values").get(i).intValue(), labels[i]);
      assertEquals(1, targets[i * classes + labels[i]]);
    }
    assertEquals(16, Arrays.stream(targets).sum());
  }

  @Test
  void aPathWithoutARuleIsRefused() {
    Shape shape = Shape.of(2, 2, 2);
    assertThrows(
        IllegalArgumentException.class,
        () -> ReferenceWeights.state(1, Map.of("conv1.weight", shape)));
    assertThrows(
        IllegalArgumentException.class, () -> ReferenceWeights.state(1, Map.of("fc.bias", shape)));
  }

  private static KeyedRandom generator(JsonNode draws) {
    KeyedRandom random =
        KeyedRandom.of(draws.get("seed").longValue(), draws.get("path").textValue());
    return draws.has("child") ? random.child(draws.get("child").longValue()) : random;
  }
}
