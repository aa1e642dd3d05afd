package io.resnet4j.random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class KeyedRandomTest {
  @Test
  void sameKeyGivesTheSameBits() {
    assertEquals(KeyedRandom.of(1, "a").bitsAt(5), KeyedRandom.of(1, "a").bitsAt(5));
    assertNotEquals(KeyedRandom.of(1, "a").bitsAt(5), KeyedRandom.of(1, "b").bitsAt(5));
    assertNotEquals(KeyedRandom.of(1, "a").bitsAt(5), KeyedRandom.of(2, "a").bitsAt(5));
  }

  @Test
  void aPermutationHoldsEveryIndexOnce() {
    int[] order = KeyedRandom.of(7, "order").permutation(1000);
    int[] sorted = order.clone();
    Arrays.sort(sorted);
    assertEquals(IntStream.range(0, 1000).boxed().toList(), Arrays.stream(sorted).boxed().toList());
    assertNotEquals(
        IntStream.range(0, 1000).boxed().toList(), Arrays.stream(order).boxed().toList());
  }

  @Test
  void normalsHaveMeanZeroAndVarianceOne() {
    KeyedRandom random = KeyedRandom.of(3, "normal");
    int n = 100_000;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < n; i++) {
      double x = random.normalAt(i);
      sum += x;
      squares += x * x;
    }
    assertEquals(0, sum / n, 0.02);
    assertEquals(1, squares / n, 0.02);
  }
}
