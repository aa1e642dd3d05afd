package io.resnet4j.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PicturesTest {
  @TempDir Path folder;

  private static byte[] file(String name) throws IOException {
    try (InputStream in = PicturesTest.class.getResourceAsStream("/golden/data/" + name)) {
      return in.readAllBytes();
    }
  }

  private static byte[] noise(String format) throws IOException {
    BufferedImage image = new BufferedImage(64, 48, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < 48; y++) {
      for (int x = 0; x < 64; x++) {
        image.setRGB(x, y, (x * 2654435 + y * 40503 + x * y * 77) & 0xffffff);
      }
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, format, out);
    return out.toByteArray();
  }

  private static String refused(byte[] file) {
    return assertThrows(InvalidInputException.class, () -> Pictures.decode(file, "it"))
        .getMessage();
  }

  @Test
  void decodesEveryKindAsPillowDoes() throws IOException {
    JsonNode cases = PictureTest.golden("decode.json").get("cases");
    assertEquals(16, cases.size());
    for (JsonNode one : cases) {
      String name = one.get("file").asText();
      Picture picture = Pictures.decode(file(name), name);
      byte[] expected = Base64.getDecoder().decode(one.get("planes").asText());
      assertEquals(one.get("size").get(0).asInt(), picture.height(), name);
      assertEquals(one.get("size").get(1).asInt(), picture.width(), name);
      byte[] planes = picture.toPlanes();
      assertEquals(expected.length, planes.length, name);
      int worst = 0;
      for (int p = 0; p < planes.length; p++) {
        worst = Math.max(worst, Math.abs((planes[p] & 0xff) - (expected[p] & 0xff)));
      }
      assertTrue(worst <= one.get("tolerance").asInt(), name + " differs by " + worst);
    }
  }

  @Test
  void readsFromDisk() throws IOException {
    Path png = Files.write(folder.resolve("a.png"), noise("png"));
    assertEquals(new PictureSize(3, 48, 64), Pictures.read(png).size());
  }

  @Test
  void saysWhatIsWrongWithAFile() throws IOException {
    Path missing = folder.resolve("none.jpg");
    String message =
        assertThrows(InvalidInputException.class, () -> Pictures.read(missing)).getMessage();
    assertEquals(missing + ": no such file; expected a JPEG or PNG file", message);
    assertTrue(
        assertThrows(InvalidInputException.class, () -> Pictures.read(folder))
            .getMessage()
            .contains("not a regular file"));
    assertEquals("it: is empty; expected a JPEG or PNG picture", refused(new byte[0]));
    assertTrue(refused("hello, world".getBytes(StandardCharsets.UTF_8)).contains("68 65 6c 6c"));
    assertTrue(refused("<html>".getBytes(StandardCharsets.UTF_8)).contains("HTML"));
    byte[] heic = "\0\0\0\1ftypheic".getBytes(StandardCharsets.ISO_8859_1);
    assertTrue(refused(heic).contains("is a HEIC"));
  }

  @Test
  void refusesEveryTruncation() throws IOException {
    for (String format : new String[] {"jpg", "png", "bmp"}) {
      byte[] whole = noise(format);
      Pictures.decode(whole, format);
      for (double share : new double[] {0.001, 0.01, 0.1, 0.3, 0.5, 0.9, 0.98}) {
        byte[] part = Arrays.copyOf(whole, Math.max(1, (int) (share * whole.length)));
        String message = refused(part);
        assertTrue(message.startsWith("it: "), message);
        assertEquals(1, message.lines().count(), message);
      }
    }
  }

  @Test
  void survivesEveryDamagedByte() throws IOException {
    // Whatever a decoder makes of damage, it is a picture or one clear message.
    int refused = 0;
    for (String name :
        new String[] {
          "turned.jpg",
          "cmyk.jpg",
          "rgb.png",
          "palette.png",
          "rgb.bmp",
          "lossy.webp",
          "lossless.webp"
        }) {
      byte[] whole = file(name);
      for (int i = 0; i < whole.length; i++) {
        byte[] damaged = whole.clone();
        damaged[i] ^= (byte) 0xff;
        try {
          Pictures.decode(damaged, name);
        } catch (InvalidInputException e) {
          refused++;
          assertTrue(e.getMessage().startsWith(name + ": "), e.getMessage());
        }
      }
    }
    assertTrue(refused > 100, "only " + refused + " refused");
  }

  @Test
  void looksAtDimensionsBeforeDecoding() {
    String message = refused(pngHeader(50_000, 40_000));
    assertEquals(
        "it: its header says 50000x40000 pixels, expected at most 100 million; make it smaller",
        message);
  }

  @Test
  void ignoresADamagedExifSegment() throws IOException {
    byte[] sound = file("turned.jpg");
    assertEquals(6, Exif.orientation(sound));
    assertEquals(1, Exif.orientation(file("rgb.jpg")));
    for (int length = 0; length < 60; length++) {
      int orientation = Exif.orientation(Arrays.copyOf(sound, length));
      assertTrue(orientation == 1 || orientation == 6);
    }
  }

  /** The smallest beginning of a PNG that a reader takes dimensions from. */
  private static byte[] pngHeader(int width, int height) {
    byte[] header = new byte[17];
    ByteBuffer.wrap(header)
        .put("IHDR".getBytes(StandardCharsets.US_ASCII))
        .putInt(width)
        .putInt(height)
        .put(new byte[] {8, 2, 0, 0, 0});
    CRC32 crc = new CRC32();
    crc.update(header);
    return ByteBuffer.allocate(8 + 4 + 17 + 4)
        .putLong(0x89504E470D0A1A0AL)
        .putInt(13)
        .put(header)
        .putInt((int) crc.getValue())
        .array();
  }
}
