package io.resnet4j.quantise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backends;
import io.resnet4j.model.ManyOps;
import io.resnet4j.model.Model;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.DType;
import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CalibrationTest {
  private final Model model = ManyOps.model(QuantisedNetworksTest.small("resnet20"), 3);

  private static float[] normal(int count, double deviation) {
    float[] values = new float[count];
    KeyedRandom random = KeyedRandom.of(1, "normal");
    for (int i = 0; i < count; i++) {
      values[i] = (float) (deviation * random.normalAt(i));
    }
    return values;
  }

  private static Histogram histogram(float[]... batches) {
    Histogram histogram = new Histogram();
    for (float[] batch : batches) {
      histogram.add(batch);
    }
    return histogram;
  }

  @Test
  void onlyMinmaxIsDrivenByOneOutlier() {
    Histogram histogram = histogram(normal(100_000, 1), new float[] {100});
    assertEquals(100, histogram.limit(Method.MINMAX, DType.S8), 1e-6);
    assertTrue(histogram.limit(Method.PERCENTILE, DType.S8) < 5);
    double entropy = histogram.limit(Method.ENTROPY, DType.S8);
    assertTrue(entropy > 2 && entropy < 10, "" + entropy);
    assertTrue(histogram.negative());
  }

  @Test
  void percentileLeavesOutOneInTenThousand() {
    float[] values = new float[20_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i + 1) / 20_000f;
    }
    assertEquals(0.9999, histogram(values).limit(Method.PERCENTILE, DType.U8), 5e-4);
  }

  @ParameterizedTest
  @EnumSource(Method.class)
  void theOrderOfBatchesDoesNotMatter(Method method) {
    float[] small = normal(5000, 0.01);
    float[] large = normal(5000, 3);
    // Bins are as wide as the largest number asks for, which later ones may double.
    assertEquals(
        histogram(large, small).limit(method, DType.U8),
        histogram(small, large).limit(method, DType.U8),
        1e-9);
  }

  @Test
  void zerosAloneTellNothing() {
    assertTrue(histogram(new float[10]).empty());
  }

  @Test
  void methodsAreNamed() {
    assertEquals(Method.ENTROPY, Method.named("Entropy"));
    assertMessage("did you mean", () -> Method.named("entropie"));
  }

  @Test
  void picturesThatTellNothingAreRefused() {
    try (Calibration calibration = Calibration.of(model, Backends.named("onednn"))) {
      assertMessage("no pictures", () -> calibration.quantisation(Method.MINMAX));
      FloatBuffer pictures = ManyOps.pictures(model.spec(), 2, 1);
      calibration.add(pictures, 2);
      int each = pictures.remaining() / 2;
      float one = pictures.get(each);
      pictures.put(each, Float.NaN);
      assertMessage("picture 3 holds NaN", () -> calibration.add(pictures, 2));
      pictures.put(each, one);
      for (int i = 0; i < each; i++) {
        pictures.put(i, 0.5f);
      }
      assertMessage("picture 2 is of one colour", () -> calibration.add(pictures, 2));
      assertEquals(2, calibration.pictures());
    }
  }

  private static void assertMessage(String part, Runnable action) {
    String message = assertThrows(InvalidInputException.class, action::run).getMessage();
    assertTrue(message.contains(part), message);
  }
}
