package io.resnet4j.data.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.resnet4j.InvalidInputException;
import io.resnet4j.data.Picture;
import io.resnet4j.data.PictureSize;
import io.resnet4j.random.KeyedRandom;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every augmentation as a pure function, and what each draws. */
class NamedAugmentationTest {
  private static final PictureSize SIZE = new PictureSize(3, 24, 20);

  private static byte[] picture(PictureSize size) {
    byte[] planes = new byte[size.samples()];
    KeyedRandom random = KeyedRandom.of(5, "augment-test");
    for (int i = 0; i < planes.length; i++) {
      planes[i] = (byte) (1 + random.nextInt(255));
    }
    return planes;
  }

  private static byte[] apply(NamedAugmentation augmentation, PictureSize size, int sample) {
    byte[] from = picture(size);
    byte[] to = new byte[from.length + 8];
    Arrays.fill(to, (byte) 77);
    augmentation.apply(from, to, size, KeyedRandom.of(1, "draws").child(sample));
    assertArrayEquals(picture(size), from, "the source was changed");
    for (int i = from.length; i < to.length; i++) {
      assertEquals(77, to[i], "written beyond the end");
    }
    return Arrays.copyOf(to, from.length);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "crop(4)",
        "randomResizedCrop(0.08,1,0.75,1.3333333333333333)",
        "scaledCrop(256,480)",
        "reflectedCrop(2)",
        "alternatingFlip",
        "flip(0.5)",
        "flip(0.25)",
        "colourJitter(0.4,0.4,0.4,0.1)",
        "rotation(15)",
        "cutout(16)",
        "randomErasing(1,0.02,0.33,0.3,3.3)",
        "trivialAugment",
        "randAugment(2,9,0,1)",
        "randAugment(3,7,1.5,0.5)",
        "autoAugment(cifar10)",
        "autoAugment(imagenet)"
      })
  void isPureVariedAndSurvivesText(String text) throws Exception {
    NamedAugmentation augmentation = NamedAugmentation.parse(text);
    assertEquals(text, augmentation.text());
    ObjectMapper json = new ObjectMapper();
    String written = json.writeValueAsString(augmentation);
    assertEquals(augmentation, json.readValue(written, NamedAugmentation.class));
    List<PictureSize> sizes =
        List.of(
            SIZE, new PictureSize(1, 9, 31), new PictureSize(3, 1, 1), new PictureSize(3, 2, 5));
    for (PictureSize size : sizes) {
      NamedAugmentation filled = augmentation.filled(List.of(9, 8, 7).subList(0, size.channels()));
      filled.check(size);
      Set<List<Integer>> seen = new HashSet<>();
      for (int sample = 0; sample < 200; sample++) {
        byte[] once = apply(filled, size, sample);
        assertArrayEquals(once, apply(filled, size, sample));
        seen.add(List.of(Arrays.hashCode(once)));
      }
      assertTrue(!size.equals(SIZE) || seen.size() > 1, "always the same");
    }
  }

  @Test
  void listsAreReadWithUsualValues() {
    assertEquals(
        List.of(new RandomResizedCrop(), new HorizontalFlip(), new RandAugment(2, 9, 0, 1)),
        NamedAugmentation.parseList("randomResizedCrop, flip ,randaugment()"));
    assertEquals(new ColourJitter(0.2, 0.4, 0.4, 0.1), NamedAugmentation.parse("colorJitter(0.2)"));
    assertEquals(List.of(), NamedAugmentation.parseList("none"));
    for (String wrong :
        List.of(
            "crop(4",
            "crop(4,5)",
            "crop(0)",
            "flip(2)",
            "rotation(NaN)",
            "crop(,)",
            "flop",
            "autoAugment(mnist)",
            "randomErasing(0.1,0.5,0.2)",
            "colourJitter(0,0,0,0.6)",
            "",
            "trivialAugment(1)",
            "randAugment(2,31)",
            "randAugment(2,9,0,1.5)",
            "cutout(-1)",
            "reflectedCrop(0)",
            "alternatingFlip(1)",
            "scaledCrop(0,5)",
            "scaledCrop(5,4)",
            "scaledCrop(5,4097)",
            "randomResizedCrop(0)")) {
      assertThrows(InvalidInputException.class, () -> NamedAugmentation.parse(wrong), wrong);
    }
  }

  @Test
  void framesWindowsOfTheRightAreaAndShape() {
    Picture whole = Picture.of(new PictureSize(3, 100, 150), picture(new PictureSize(3, 100, 150)));
    RandomResizedCrop crop = new RandomResizedCrop(0.2, 0.5, 0.5, 2);
    byte[] to = new byte[3 * 8 * 8];
    Set<Integer> seen = new HashSet<>();
    for (int i = 0; i < 50; i++) {
      KeyedRandom random = KeyedRandom.of(i, "frame");
      crop.frame(whole, to, new PictureSize(3, 8, 8), random);
      seen.add(Arrays.hashCode(to));
      // The same window by the same draws, cut out and resized by hand.
      KeyedRandom again = KeyedRandom.of(i, "frame");
      double area = 15000 * (0.2 + 0.3 * again.nextUniform());
      double ratio = Math.exp(Math.log(0.5) + again.nextUniform() * (Math.log(2) - Math.log(0.5)));
      int width = (int) Math.rint(Math.sqrt(area * ratio));
      int height = (int) Math.rint(Math.sqrt(area / ratio));
      if (width <= 150 && height <= 100) {
        int top = again.nextInt(100 - height + 1);
        int left = again.nextInt(150 - width + 1);
        assertArrayEquals(
            whole.crop(top, left, height, width).resize(8, 8).toPlanes(), to, "seed " + i);
      }
    }
    assertTrue(seen.size() > 45);
    // No such shape fits into a strip: the middle, as wide as allowed.
    Picture strip = Picture.of(new PictureSize(3, 4, 400), picture(new PictureSize(3, 4, 400)));
    new RandomResizedCrop(0.9, 1, 0.75, 4 / 3.0)
        .frame(strip, to, new PictureSize(3, 8, 8), KeyedRandom.of(1, "strip"));
    assertArrayEquals(strip.crop(0, 197, 4, 5).resize(8, 8).toPlanes(), to);
  }

  @Test
  void scalesTheShorterSideAndCutsAWindow() {
    Picture whole = Picture.of(new PictureSize(3, 40, 60), picture(new PictureSize(3, 40, 60)));
    PictureSize input = new PictureSize(3, 16, 16);
    ScaledCrop crop = new ScaledCrop(20, 30);
    byte[] to = new byte[input.samples()];
    Set<Integer> sides = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      crop.frame(whole, to, input, KeyedRandom.of(i, "scale"));
      // By the same draws: the whole picture resized, then cut.
      KeyedRandom again = KeyedRandom.of(i, "scale");
      int side = 20 + again.nextInt(11);
      int longer = side * 60 / 40;
      int top = again.nextInt(side - 16 + 1);
      int left = again.nextInt(longer - 16 + 1);
      byte[] expected = whole.resize(side, longer).crop(top, left, 16, 16).toPlanes();
      assertArrayEquals(expected, to, "seed " + i);
      sides.add(side);
    }
    assertEquals(11, sides.size());
    String message =
        assertThrows(InvalidInputException.class, () -> new ScaledCrop(15, 30).check(input))
            .getMessage();
    assertTrue(message.contains("does not cover an input of 3x16x16"), message);
  }

  @Test
  void aReflectedCropMovesThePictureOverItsMirrorImage() {
    Set<Integer> places = new HashSet<>();
    for (int i = 0; i < 200; i++) {
      KeyedRandom again = KeyedRandom.of(1, "draws").child(i);
      int down = again.nextInt(5) - 2;
      int right = again.nextInt(5) - 2;
      byte[] moved = apply(new ReflectedCrop(2), SIZE, i);
      for (int p = 0; p < SIZE.samples(); p++) {
        int row = p / SIZE.width();
        int y = row % SIZE.height() + down;
        int x = p % SIZE.width() + right;
        y = y < 0 ? -y : y >= SIZE.height() ? 2 * SIZE.height() - 2 - y : y;
        x = x < 0 ? -x : x >= SIZE.width() ? 2 * SIZE.width() - 2 - x : x;
        int from = (row / SIZE.height() * SIZE.height() + y) * SIZE.width() + x;
        assertEquals(picture(SIZE)[from], moved[p]);
      }
      places.add(5 * down + right);
    }
    assertEquals(25, places.size());
  }

  @Test
  void blanksSquaresAndRectangles() {
    int partly = 0;
    for (int i = 0; i < 300; i++) {
      byte[] cut = apply(new Cutout(8, List.of(0, 0, 0)), SIZE, i);
      int blank = blanks(cut);
      assertTrue(blank >= 16 && blank <= 64, "blank " + blank);
      partly += blank < 64 ? 1 : 0;
    }
    assertTrue(partly > 100 && partly < 250, "at the edge " + partly);
    int erased = 0;
    for (int i = 0; i < 1000; i++) {
      byte[] out = apply(new RandomErasing(0.3), SIZE, i);
      int blank = blanks(out);
      assertTrue(blank <= 0.4 * SIZE.plane(), "blank " + blank);
      erased += blank > 0 ? 1 : 0;
    }
    // Five standard deviations.
    assertEquals(300, erased, 73);
    byte[] grey = apply(new Cutout(60, List.of(1, 2, 3)), SIZE, 1);
    assertEquals(2, grey[SIZE.plane() + SIZE.width() * 12 + 10]);
  }

  /** Pixels that are black in every channel, which the picture has none of. */
  private static int blanks(byte[] planes) {
    int count = 0;
    for (int p = 0; p < SIZE.plane(); p++) {
      boolean black =
          planes[p] == 0 && planes[SIZE.plane() + p] == 0 && planes[2 * SIZE.plane() + p] == 0;
      count += black ? 1 : 0;
    }
    return count;
  }

  @Test
  void operationsAreLeftOutAsOftenAsIsSaid() {
    PictureSize size = new PictureSize(3, 8, 8);
    byte[] from = new byte[size.samples()];
    for (int i = 0; i < from.length; i++) {
      from[i] = (byte) (i * 37);
    }
    for (double probability : new double[] {0, 0.5, 1}) {
      NamedAugmentation one = new RandAugment(1, 30, 0, probability);
      int changed = 0;
      for (int i = 0; i < 400; i++) {
        byte[] to = new byte[from.length];
        one.apply(from, to, size, KeyedRandom.of(i, "left out"));
        changed += java.util.Arrays.equals(from, to) ? 0 : 1;
      }
      // One of fourteen operations changes nothing.
      assertEquals(400 * probability * 13 / 14, changed, 40, "" + probability);
    }
  }

  @Test
  void jitterWithoutAmountsChangesNothing() {
    assertArrayEquals(picture(SIZE), apply(new ColourJitter(0, 0, 0, 0), SIZE, 3));
    assertNotEquals(
        Arrays.hashCode(picture(SIZE)),
        Arrays.hashCode(apply(new ColourJitter(0, 0, 0, 0.5), SIZE, 3)));
    assertArrayEquals(picture(SIZE), apply(new Rotation(0), SIZE, 3));
  }

  @Test
  void trivialAugmentUsesEveryOperation() {
    // Black comes from geometry only, since the picture has none; half of fourteen are of that
    // kind or blacken by other means, so both outcomes must be common.
    int black = 0;
    for (int i = 0; i < 500; i++) {
      black += blanks(apply(new TrivialAugment(), SIZE, i)) > 0 ? 1 : 0;
    }
    assertTrue(black > 100 && black < 300, "black " + black);
    assertFalse(new TrivialAugment().text().contains("("));
  }
}
