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
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AugmentationTest {
  private static final PictureSize SIZE = new PictureSize(3, 5, 7);

  private static byte[] picture() {
    byte[] chw = new byte[SIZE.samples()];
    for (int i = 0; i < chw.length; i++) {
      chw[i] = (byte) (i + 100);
    }
    return chw;
  }

  private static byte[] apply(Augmentation augmentation, KeyedRandom random) {
    byte[] from = picture();
    // Longer than needed and full of a sentinel, to see writes beyond the picture.
    byte[] to = new byte[from.length + 8];
    Arrays.fill(to, (byte) 77);
    augmentation.apply(from, to, SIZE, random);
    assertArrayEquals(picture(), from);
    for (int i = from.length; i < to.length; i++) {
      assertEquals(77, to[i]);
    }
    return Arrays.copyOf(to, from.length);
  }

  @Test
  void flipsHalfOfThem() {
    byte[] mirrored = new byte[SIZE.samples()];
    for (int row = 0; row < 15; row++) {
      for (int x = 0; x < 7; x++) {
        mirrored[row * 7 + x] = picture()[row * 7 + 6 - x];
      }
    }
    int flipped = 0;
    for (int i = 0; i < 1000; i++) {
      byte[] out = apply(new HorizontalFlip(), KeyedRandom.of(1, "flip").child(i));
      if (Arrays.equals(out, mirrored)) {
        flipped++;
      } else {
        assertArrayEquals(picture(), out);
      }
    }
    // Five standard deviations of a fair coin.
    assertEquals(500, flipped, 79);
  }

  @Test
  void cropsEveryWindowOfThePaddedPicture() {
    for (int padding : new int[] {1, 2, 4, 9}) {
      RandomCrop crop = new RandomCrop(padding, List.of(1, 2, 255));
      Set<List<Integer>> seen = new HashSet<>();
      for (int i = 0; i < 4000; i++) {
        KeyedRandom random = KeyedRandom.of(padding, "crop").child(i);
        byte[] out = apply(crop, random);
        KeyedRandom again = KeyedRandom.of(padding, "crop").child(i);
        int down = again.nextInt(2 * padding + 1) - padding;
        int right = again.nextInt(2 * padding + 1) - padding;
        seen.add(List.of(down, right));
        assertArrayEquals(naive(crop, down, right), out, () -> down + ", " + right);
      }
      assertEquals((2 * padding + 1) * (2 * padding + 1), seen.size());
    }
  }

  private static byte[] naive(RandomCrop crop, int down, int right) {
    byte[] out = new byte[SIZE.samples()];
    for (int c = 0, p = 0; c < 3; c++) {
      for (int y = 0; y < 5; y++) {
        for (int x = 0; x < 7; x++, p++) {
          int v = y + down;
          int u = x + right;
          boolean inside = v >= 0 && v < 5 && u >= 0 && u < 7;
          out[p] = inside ? picture()[(c * 5 + v) * 7 + u] : (byte) (int) crop.fill().get(c);
        }
      }
    }
    return out;
  }

  @Test
  void padsBlackOrMean() {
    assertEquals(List.of(0, 0, 0), RandomCrop.black(4, 3).fill());
    assertEquals(List.of(124, 116, 104), RandomCrop.mean(4, Normalisation.imageNet()).fill());
    Normalisation perPixel =
        new Normalisation(List.of(0f, 0.2f, 0.4f, 0.2f, 1f, 1f, 0f, 0f), List.of(1f, 1f));
    assertEquals(List.of(51, 128), RandomCrop.mean(4, perPixel).fill());
  }

  @Test
  void refusesImpossibleCrops() {
    assertThrows(InvalidInputException.class, () -> RandomCrop.black(0, 3));
    assertThrows(InvalidInputException.class, () -> new RandomCrop(4, List.of(0, 256, 0)));
    assertThrows(
        InvalidInputException.class, () -> RandomCrop.black(4, 3).check(new PictureSize(1, 8, 8)));
  }

  @Test
  void normalisesInSinglePrecision() {
    Normalisation normalisation = Normalisation.imageNet();
    FloatBuffer out = FloatBuffer.allocate(SIZE.samples());
    new Normaliser(normalisation, SIZE).apply(picture(), out);
    for (int p = 0; p < SIZE.samples(); p++) {
      int c = p / SIZE.plane();
      float expected =
          ((picture()[p] & 0xff) / 255f - normalisation.mean().get(c)) / normalisation.std().get(c);
      assertEquals(expected, out.get(p));
    }
  }

  @Test
  void subtractsTheMeanPicture() {
    DataSplits data = Synthetic.draw(50, 10, 3);
    Normalisation perPixel = Normalisation.perPixel(data.train());
    Normalisation perChannel = Normalisation.perChannel(data.train());
    assertTrue(perPixel.isPerPixel());
    assertEquals(perChannel.std(), perPixel.std());
    assertEquals(perChannel.meanLevels(), perPixel.meanLevels());
    Normaliser normaliser = new Normaliser(perPixel, data.train().pictureSize());
    double[] sum = new double[3072];
    byte[] chw = new byte[3072];
    for (int i = 0; i < 50; i++) {
      FloatBuffer out = FloatBuffer.allocate(3072);
      data.train().picture(i, chw);
      normaliser.apply(chw, out);
      for (int p = 0; p < sum.length; p++) {
        sum[p] += out.get(p);
      }
    }
    for (double s : sum) {
      assertEquals(0, s / 50, 1e-5);
    }
  }

  @Test
  void computesMeanAndDeviation() {
    byte[] pixels = {0, 0, (byte) 255, (byte) 255, 9, 9, 9, 9};
    MemoryDataset data =
        new MemoryDataset(
            "two", new PictureSize(2, 1, 2), List.of("a"), interleave(pixels), new short[2]);
    Normalisation normalisation = Normalisation.perChannel(data);
    assertEquals(List.of(0.5f, (float) (9 / 255.0)), normalisation.mean());
    assertEquals(List.of(0.5f, 1f), normalisation.std());
  }

  /** Channel after channel of all pictures becomes picture after picture. */
  private static byte[] interleave(byte[] p) {
    return new byte[] {p[0], p[1], p[4], p[5], p[2], p[3], p[6], p[7]};
  }

  @Test
  void refusesImpossibleNormalisations() {
    List<Float> three = List.of(0.5f, 0.5f, 0.5f);
    assertThrows(InvalidInputException.class, () -> new Normalisation(three, List.of(1f, 1f)));
    assertThrows(InvalidInputException.class, () -> new Normalisation(List.of(), List.of()));
    assertThrows(InvalidInputException.class, () -> new Normalisation(three, List.of(1f, 0f, 1f)));
    assertThrows(
        InvalidInputException.class, () -> new Normalisation(three, List.of(1f, Float.NaN, 1f)));
    assertThrows(
        InvalidInputException.class, () -> new Normalisation(List.of(124f, 116f, 104f), three));
    Normalisation picture = new Normalisation(Collections.nCopies(12, 0.5f), three);
    picture.check(new PictureSize(3, 2, 2));
    assertThrows(InvalidInputException.class, () -> picture.check(new PictureSize(3, 4, 4)));
  }
}
