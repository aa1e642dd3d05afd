package io.resnet4j.infer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import org.junit.jupiter.api.Test;

class LogitsTest {
  @Test
  void rankCountsLargerLogitsAndEarlierEquals() {
    float[] logits = {9, 9, 9, 1, 3, 2, 3};
    assertEquals(3, Logits.rank(new float[] {9, 9, 9, 1}, 0, 4, 3));
    assertEquals(2, Logits.rank(logits, 0, 3, 2));
    assertEquals(0, Logits.rank(logits, 0, 3, 0));
    assertEquals(1, Logits.rank(new float[] {0, 0, 3, 2, 3, 1}, 1, 3, 1) + 1);
  }

  @Test
  void aBrokenNetworkIsNeverRight() {
    float nan = Float.NaN;
    for (int label = 0; label < 3; label++) {
      assertNotEquals(0, Logits.rank(new float[] {nan, nan, nan}, 0, 3, label));
      assertNotEquals(0, Logits.rank(new float[] {nan, 1, 1}, 0, 3, label));
    }
  }

  @Test
  void crossEntropyIsThatOfTheSoftmax() {
    float[] logits = {7, 7, 1000, 0, 0, 0};
    assertEquals(Math.log(3), Logits.crossEntropy(logits, 1, 3, 2) - 0, 1e-12);
    assertEquals(993, Logits.crossEntropy(logits, 0, 3, 0), 1e-12);
    assertEquals(0, Logits.crossEntropy(logits, 0, 3, 2), 1e-12);
  }
}
