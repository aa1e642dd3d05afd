package io.resnet4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.FloatBuffer;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class PictureTest {
  private static final Normalisation HALF =
      new Normalisation(List.of(0.5f, 0.5f, 0.5f), List.of(0.25f, 0.25f, 0.25f));

  /** The same formula as in tools/reference/picture_goldens.py. */
  static Picture drawn(int height, int width) {
    byte[] planes = new byte[3 * height * width];
    for (int c = 0, p = 0; c < 3; c++) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++, p++) {
          planes[p] = (byte) ((x * 7 + y * 13 + x * y * (c + 1) + c * 50 + x * x * y / 5) % 256);
        }
      }
    }
    return Picture.of(new PictureSize(3, height, width), planes);
  }

  static JsonNode golden(String name) throws IOException {
    try (InputStream in = PictureTest.class.getResourceAsStream("/golden/data/" + name)) {
      return new ObjectMapper().readTree(in);
    }
  }

  @Test
  void resizesLikePillowToTheBit() throws IOException {
    JsonNode golden = golden("resize.json");
    for (JsonNode one : golden.get("cases")) {
      Picture from = drawn(one.get("from").get(0).asInt(), one.get("from").get(1).asInt());
      Picture to = from.resize(one.get("to").get(0).asInt(), one.get("to").get(1).asInt());
      byte[] expected = Base64.getDecoder().decode(one.get("planes").asText());
      assertArrayEquals(expected, to.toPlanes(), one.get("from") + " to " + one.get("to"));
    }
    assertEquals(9, golden.get("cases").size());
    assertArrayEquals(
        Base64.getDecoder().decode(golden.get("grey_6x7").asText()),
        drawn(6, 7).toGrey().toPlanes());
  }

  @Test
  void keepsWhatDoesNotChange() {
    Picture picture = drawn(4, 5);
    assertSame(picture, picture.resize(4, 5));
    assertSame(picture, picture.toRgb());
    byte[] planes = picture.toPlanes();
    planes[0]++;
    assertEquals(drawn(4, 5).sample(0, 0, 0), picture.sample(0, 0, 0));
  }

  @Test
  void cropsTheMiddle() {
    Picture picture = drawn(7, 8);
    Picture middle = picture.centreCrop(4, 4);
    // (7 - 4) / 2 = 1.5 goes to the even 2.
    assertEquals(picture.sample(1, 2, 2), middle.sample(1, 0, 0));
    assertEquals(picture.sample(2, 5, 5), middle.sample(2, 3, 3));
    assertThrows(IndexOutOfBoundsException.class, () -> picture.crop(4, 0, 4, 4));
  }

  @Test
  void turnsAsExifSays() {
    // 1 2 3
    // 4 5 6
    Picture picture = Picture.of(new PictureSize(1, 2, 3), new byte[] {1, 2, 3, 4, 5, 6});
    byte[][] expected = {
      {1, 2, 3, 4, 5, 6},
      {3, 2, 1, 6, 5, 4},
      {6, 5, 4, 3, 2, 1},
      {4, 5, 6, 1, 2, 3},
      {1, 4, 2, 5, 3, 6},
      {4, 1, 5, 2, 6, 3},
      {6, 3, 5, 2, 4, 1},
      {3, 6, 2, 5, 1, 4},
    };
    for (int orientation = 1; orientation <= 8; orientation++) {
      Picture turned = picture.oriented(orientation);
      assertArrayEquals(expected[orientation - 1], turned.toPlanes(), "orientation " + orientation);
      assertEquals(orientation < 5 ? 2 : 3, turned.height());
    }
    assertSame(picture, picture.oriented(9));
  }

  @Test
  void preparesTheModelsInput() {
    Preprocessing rgb = new Preprocessing(3, 8, 8, 10, Preprocessing.ChannelMeaning.RGB, HALF);
    Picture picture = drawn(20, 40);
    byte[] levels = rgb.levels(picture);
    assertArrayEquals(picture.resize(10, 20).centreCrop(8, 8).toPlanes(), levels);
    FloatBuffer input = FloatBuffer.allocate(3 * 8 * 8);
    rgb.write(picture, input);
    assertEquals(0, input.remaining());
    assertEquals(((levels[100] & 0xff) / 255f - 0.5f) / 0.25f, input.get(100));

    Preprocessing grey =
        new Preprocessing(
            1,
            8,
            8,
            8,
            Preprocessing.ChannelMeaning.GREY,
            new Normalisation(List.of(0f), List.of(1f)));
    assertArrayEquals(
        picture.resize(8, 16).centreCrop(8, 8).toGrey().toPlanes(), grey.levels(picture));
    assertArrayEquals(
        grey.levels(picture),
        grey.levels(Picture.of(new PictureSize(1, 8, 8), grey.levels(picture))));
  }

  @Test
  void refusesPreprocessingThatCannotBe() {
    assertThrows(
        InvalidInputException.class,
        () -> new Preprocessing(3, 8, 8, 7, Preprocessing.ChannelMeaning.RGB, HALF));
    assertThrows(
        InvalidInputException.class,
        () -> new Preprocessing(1, 8, 8, 8, Preprocessing.ChannelMeaning.RGB, HALF));
    Preprocessing rgb = new Preprocessing(3, 8, 8, 10, Preprocessing.ChannelMeaning.RGB, HALF);
    Exception wrong =
        assertThrows(InvalidInputException.class, () -> rgb.check(Synthetic.draw(1, 1, 0).train()));
    assertEquals(
        "Synthetic shapes train: pictures of 3x32x32, but the model takes 3x8x8; use the kind of"
            + " data it was trained on",
        wrong.getMessage());
  }

  @Test
  void refusesPicturesTooLongAndThinToBeResized() {
    // The last two pass 2^32 pixels in a row, which an int takes for 216 and for 256.
    int[][] cases = {{2_000_000, 10}, {18_512_791, 232}, {16_777_217, 256}};
    for (int[] one : cases) {
      Picture thin = Picture.owning(new PictureSize(1, 1, one[0]), new byte[one[0]]);
      String message =
          assertThrows(InvalidInputException.class, () -> thin.covered(one[1])).getMessage();
      assertTrue(message.startsWith("picture of " + one[0] + "x1 pixels is too long"), message);
    }
  }
}
