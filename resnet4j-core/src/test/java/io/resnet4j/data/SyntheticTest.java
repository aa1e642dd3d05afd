package io.resnet4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.random.KeyedRandom;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class SyntheticTest {
  private static byte[] picture(Dataset data, int index) {
    byte[] chw = new byte[3072];
    data.picture(index, chw);
    return chw;
  }

  @Test
  void drawsTheSameFromTheSameSeed() {
    DataSplits one = Synthetic.draw(30, 20, 5);
    DataSplits longer = Synthetic.draw(300, 20, 5);
    DataSplits other = Synthetic.draw(30, 20, 6);
    for (int i = 0; i < 30; i++) {
      assertArrayEquals(picture(one.train(), i), picture(longer.train(), i));
      assertFalse(Arrays.equals(picture(one.train(), i), picture(other.train(), i)));
    }
    assertFalse(Arrays.equals(picture(one.train(), 0), picture(one.test(), 0)));
  }

  @Test
  void drawsTheSameOnEveryMachine() {
    Dataset train = Synthetic.draw(100, 1, 0).train();
    CRC32 crc = new CRC32();
    for (int i = 0; i < train.size(); i++) {
      crc.update(picture(train, i));
    }
    // A golden of this code: a change of the drawing changes what published runs learned from.
    assertEquals(3134337785L, crc.getValue());
  }

  @Test
  void isBalancedAndSized() {
    DataSplits splits = Synthetic.open();
    assertEquals(8000, splits.train().size());
    assertEquals(2000, splits.test().size());
    assertEquals(10, splits.train().classes().size());
    int[] count = new int[10];
    for (int i = 0; i < 8000; i++) {
      count[splits.train().label(i)]++;
    }
    for (int n : count) {
      assertEquals(800, n);
    }
    assertEquals("disc", splits.train().classes().get(0));
    assertThrows(InvalidInputException.class, () -> Synthetic.draw(0, 1, 0));
  }

  /** Multinomial logistic regression on all 3,072 samples, to where it stops gaining. */
  @Test
  void aLinearClassifierFindsLittle() {
    DataSplits splits = Synthetic.draw(3000, 1000, 0);
    Normalisation normalisation = Normalisation.perChannel(splits.train());
    float[][] train = inputs(splits.train(), normalisation);
    float[][] test = inputs(splits.test(), normalisation);
    float[][] weights = new float[10][3073];
    KeyedRandom random = KeyedRandom.of(1, "softmax");
    int epochs = 12;
    for (int epoch = 0; epoch < epochs; epoch++) {
      float rate = 2e-4f * (epochs - epoch) / epochs;
      for (int i : random.child(epoch).permutation(train.length)) {
        double[] p = softmax(weights, train[i]);
        for (int k = 0; k < 10; k++) {
          float slope = rate * (float) (p[k] - (splits.train().label(i) == k ? 1 : 0));
          for (int d = 0; d < 3073; d++) {
            weights[k][d] -= slope * train[i][d];
          }
        }
      }
    }
    double onTrain = accuracy(weights, train, splits.train());
    double onTest = accuracy(weights, test, splits.test());
    // That it fits what it saw shows that it was trained; that this does not carry over, the task.
    assertTrue(onTrain > 0.35, "train accuracy " + onTrain);
    assertTrue(onTest < 0.6, "test accuracy " + onTest);
  }

  private static float[][] inputs(Dataset data, Normalisation normalisation) {
    float[][] inputs = new float[data.size()][];
    Normaliser normaliser = new Normaliser(normalisation, data.pictureSize());
    for (int i = 0; i < inputs.length; i++) {
      FloatBuffer out = FloatBuffer.allocate(3073);
      normaliser.apply(picture(data, i), out);
      inputs[i] = out.put(1f).array();
    }
    return inputs;
  }

  private static double[] softmax(float[][] weights, float[] x) {
    double[] p = new double[10];
    for (int k = 0; k < 10; k++) {
      float sum = 0;
      for (int d = 0; d < x.length; d++) {
        sum += weights[k][d] * x[d];
      }
      p[k] = sum;
    }
    double largest = Arrays.stream(p).max().orElseThrow();
    double total = 0;
    for (int k = 0; k < 10; k++) {
      p[k] = Math.exp(p[k] - largest);
      total += p[k];
    }
    for (int k = 0; k < 10; k++) {
      p[k] /= total;
    }
    return p;
  }

  private static double accuracy(float[][] weights, float[][] inputs, Dataset data) {
    int right = 0;
    for (int i = 0; i < inputs.length; i++) {
      double[] p = softmax(weights, inputs[i]);
      int best = 0;
      for (int k = 1; k < 10; k++) {
        best = p[k] > p[best] ? k : best;
      }
      right += best == data.label(i) ? 1 : 0;
    }
    return (double) right / inputs.length;
  }
}
