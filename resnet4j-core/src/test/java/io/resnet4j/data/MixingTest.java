package io.resnet4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.augment.HorizontalFlip;
import io.resnet4j.data.augment.RandomCrop;
import io.resnet4j.random.KeyedRandom;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class MixingTest {
  private static final PictureSize SIZE = new PictureSize(2, 24, 20);
  private static final int CLASSES = 4;

  /** Picture {@code i} is {@code i + 1} everywhere and of class {@code i}. */
  private record Mixed(float[] images, float[] targets, int[] labels) {
    static Mixed by(Mixing mixing, int count, int key) {
      float[] images = new float[count * SIZE.samples()];
      float[] targets = new float[count * CLASSES];
      int[] labels = new int[count];
      for (int i = 0; i < count; i++) {
        Arrays.fill(images, i * SIZE.samples(), (i + 1) * SIZE.samples(), i + 1f);
        targets[i * CLASSES + i] = 1;
        labels[i] = i;
      }
      KeyedRandom random = KeyedRandom.of(key, "mixing");
      mixing.apply(images, targets, labels, count, SIZE, CLASSES, random);
      return new Mixed(images, targets, labels);
    }

    double mean(int i) {
      double sum = 0;
      for (int k = 0; k < SIZE.samples(); k++) {
        sum += images[i * SIZE.samples() + k];
      }
      return sum / SIZE.samples();
    }
  }

  @Test
  void sharesOfPicturesAndTargetsAgree() {
    for (Mixing mixing : List.of(new Mixing(0.4, 0), new Mixing(0, 1), new Mixing(0.3, 0.7))) {
      int turned = 0;
      for (int key = 0; key < 100; key++) {
        Mixed mixed = Mixed.by(mixing, 4, key);
        float share = mixed.targets[0];
        for (int i = 0; i < 4; i++) {
          int before = (i + 3) % 4;
          assertEquals(share, mixed.targets[i * CLASSES + i], 1e-6);
          assertEquals(1 - share, mixed.targets[i * CLASSES + before], 1e-6);
          assertEquals(share * (i + 1) + (1 - share) * (before + 1), mixed.mean(i), 1e-4);
          assertEquals(share < 0.5 ? before : i, mixed.labels[i]);
        }
        turned += share < 0.5 ? 1 : 0;
      }
      assertTrue(turned > 3 && turned < 90, mixing + " turned " + turned);
    }
  }

  @Test
  void cutMixPastesOneRectangle() {
    for (int key = 0; key < 50; key++) {
      Mixed mixed = Mixed.by(new Mixing(0, 1), 2, key);
      Set<Integer> rows = new TreeSet<>();
      Set<Integer> columns = new TreeSet<>();
      int pasted = 0;
      for (int p = 0; p < SIZE.plane(); p++) {
        float value = mixed.images[p];
        assertTrue(value == 1 || value == 2, "blended");
        assertEquals(value, mixed.images[SIZE.plane() + p]);
        if (value == 2) {
          rows.add(p / SIZE.width());
          columns.add(p % SIZE.width());
          pasted++;
        }
      }
      assertEquals(rows.size() * columns.size(), pasted);
    }
  }

  @Test
  void onePictureOrNoAlphaStays() {
    assertEquals(1, Mixed.by(new Mixing(1, 1), 1, 3).targets[0]);
    Mixed none = Mixed.by(Mixing.NONE, 3, 3);
    assertEquals(2, none.mean(1));
    assertThrows(InvalidInputException.class, () -> new Mixing(-1, 0));
    assertThrows(InvalidInputException.class, () -> new Mixing(0, Double.NaN));
  }

  @Test
  void betaHasItsMoments() {
    for (double alpha : new double[] {0.2, 1, 3}) {
      KeyedRandom random = KeyedRandom.of(11, "beta");
      int n = 20_000;
      double sum = 0;
      double squares = 0;
      for (int i = 0; i < n; i++) {
        double draw = Mixing.beta(alpha, random);
        assertTrue(draw >= 0 && draw <= 1);
        sum += draw;
        squares += (draw - 0.5) * (draw - 0.5);
      }
      double variance = 1 / (4 * (2 * alpha + 1));
      assertEquals(0.5, sum / n, 5 * Math.sqrt(variance / n));
      assertEquals(variance, squares / n, 0.03 * variance);
    }
    // Too small for floating point: still 0 or 1 and both.
    KeyedRandom random = KeyedRandom.of(12, "beta");
    Set<Double> ends = new TreeSet<>();
    for (int i = 0; i < 50; i++) {
      ends.add(Mixing.beta(1e-5, random));
    }
    assertTrue(ends.contains(0.0) && ends.contains(1.0), ends.toString());
  }

  private static final Dataset DATA = Synthetic.draw(103, 10, 9).train();
  private static final Normalisation NORMALISATION = Normalisation.perChannel(DATA);

  private static float[] epoch(int workers, Mixing mixing, int repeats) {
    Loader.Options options =
        Loader.Options.training(
                16,
                42,
                List.of(RandomCrop.mean(4, NORMALISATION), new HorizontalFlip()),
                NORMALISATION)
            .withWorkers(workers)
            .withMixing(mixing)
            .withRepeats(repeats);
    FloatBuffer all = FloatBuffer.allocate(103 * (3072 + 10 + 1));
    try (Loader loader = new Loader(DATA, options)) {
      for (Batch batch : loader.epoch(2)) {
        all.put(batch.images()).put(batch.targets());
        for (int i = 0; i < batch.size(); i++) {
          all.put(batch.labels()[i]);
        }
      }
    }
    return Arrays.copyOf(all.array(), all.position());
  }

  @Test
  void workersChangeNoBit() {
    Mixing mixing = new Mixing(0.2, 1);
    float[] alone = epoch(0, mixing, 3);
    assertArrayEquals(alone, epoch(1, mixing, 3));
    assertArrayEquals(alone, epoch(4, mixing, 3));
  }

  @Test
  void repeatedPicturesComeInOneBatchAugmentedAnew() {
    Loader.Options options =
        Loader.Options.training(16, 42, List.of(RandomCrop.mean(4, NORMALISATION)), NORMALISATION)
            .withRepeats(3);
    int[] order = KeyedRandom.of(42, "data/order").child(1).permutation(103);
    try (Loader loader = new Loader(DATA, options)) {
      assertEquals(103, loader.picturesPerEpoch());
      int at = 0;
      int same = 0;
      for (Batch batch : loader.epoch(1)) {
        float[][] pictures = new float[batch.size()][3072];
        FloatBuffer images = batch.images();
        for (float[] picture : pictures) {
          images.get(picture);
        }
        for (int i = 0; i < batch.size(); i++) {
          // Six different pictures, in the order of the epoch, then the same again.
          assertEquals(order[at + i % 6], batch.indices()[i]);
          if (i >= 6) {
            same += Arrays.equals(pictures[i], pictures[i - 6]) ? 1 : 0;
          }
        }
        at += 6;
      }
      // One crop in 81 is drawn twice.
      assertTrue(same < 8, same + " of 63 are the same");
    }
    assertThrows(InvalidInputException.class, () -> options.withRepeats(0));
  }
}
