package io.resnet4j.infer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.random.KeyedRandom;
import org.junit.jupiter.api.Test;

class LikenessTest {
  private static float[] noise(String key, int count) {
    KeyedRandom random = KeyedRandom.of(11, key);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextUniform();
    }
    return values;
  }

  @Test
  void ranksAreSpearmans() {
    float[] a = {1, 2, 3, 4, 5};
    assertEquals(1, Likeness.ranks(a, new float[] {1, 8, 27, 64, 125}), 1e-12);
    assertEquals(-1, Likeness.ranks(a, new float[] {9, 7, 5, 3, 1}), 1e-12);
    // 1 - 6 sum d^2 / (n (n^2 - 1)) with d = 1, 1, 0, 1, 1.
    assertEquals(0.8, Likeness.ranks(a, new float[] {2, 1, 3, 5, 4}), 1e-12);
    // Ties share 0.5: ranks 0.5, 0.5, 2, 3 beside 0, 1, 2, 3; 4.5 / sqrt(5 * 4.5).
    assertEquals(
        4.5 / Math.sqrt(22.5),
        Likeness.ranks(new float[] {0, 1, 2, 3}, new float[] {0, 0, 5, 6}),
        1e-12);
    assertTrue(Double.isNaN(Likeness.ranks(a, new float[5])));
    assertTrue(Math.abs(Likeness.ranks(noise("a", 4000), noise("b", 4000))) < 0.06);
  }

  @Test
  void structureIsThatOfTheFormula() {
    float[] a = noise("a", 9 * 11);
    assertEquals(1, Likeness.structure(a, a, 9, 11), 1e-12);
    float[] inverse = new float[a.length];
    for (int i = 0; i < a.length; i++) {
      inverse[i] = 1 - a[i];
    }
    assertTrue(Likeness.structure(a, inverse, 9, 11) < -0.5);
    assertTrue(Math.abs(Likeness.structure(a, noise("b", a.length), 9, 11)) < 0.2);
    // One window of constant planes: only the means count.
    float[] half = {0.5f, 0.5f};
    float[] one = {1, 1};
    assertEquals((2 * 0.5 + 1e-4) / (0.25 + 1 + 1e-4), Likeness.structure(half, one, 1, 2), 1e-9);
  }

  @Test
  void mapsOfOtherSizesAreNotCompared() {
    HeatMap two = new HeatMap(1, 2, new float[] {0, 1});
    HeatMap four = new HeatMap(2, 2, new float[] {0, 1, 2, 3});
    assertThrows(IllegalArgumentException.class, () -> two.rankCorrelation(four));
    assertThrows(IllegalArgumentException.class, () -> four.structuralSimilarity(two));
  }
}
