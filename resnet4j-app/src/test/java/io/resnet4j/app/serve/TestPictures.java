package io.resnet4j.app.serve;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.WritableRaster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/** Picture files of unusual kinds, each beside a plain one that shows the same. */
final class TestPictures {
  private static final int SIDE = 40;
  private static final int PNG_HEADER = 33;

  private TestPictures() {}

  private static BufferedImage frame(Color ground, Color square) {
    BufferedImage frame = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    Graphics2D pen = frame.createGraphics();
    pen.setColor(ground);
    pen.fillRect(0, 0, SIDE, SIDE);
    pen.setColor(square);
    pen.fillRect(5, 9, 20, 12);
    pen.dispose();
    return frame;
  }

  private static BufferedImage first() {
    return frame(Color.RED, Color.YELLOW);
  }

  private static BufferedImage second() {
    return frame(Color.BLUE, Color.BLACK);
  }

  private static byte[] encoded(BufferedImage image, String format) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      if (!ImageIO.write(image, format, out)) {
        throw new IllegalStateException("no writer of " + format);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  static byte[] encoded(String format) {
    return encoded(first(), format);
  }

  static byte[] plain() {
    return encoded("png");
  }

  /** {@code file}, a JPEG, GIF or BMP of ours, with another width and height in its header. */
  static byte[] claiming(byte[] file, int side) {
    ByteBuffer bytes = ByteBuffer.wrap(file.clone());
    if (file[0] == 'B') {
      bytes.order(ByteOrder.LITTLE_ENDIAN).putInt(18, side).putInt(22, side);
    } else if (file[0] == 'G') {
      int frame = 13 + 3 * (2 << (file[10] & 7));
      while (file[frame] != ',') {
        frame++;
      }
      bytes.order(ByteOrder.LITTLE_ENDIAN);
      for (int at : new int[] {6, 8, frame + 5, frame + 7}) {
        bytes.putShort(at, (short) side);
      }
    } else {
      int at = 2;
      while ((file[at + 1] & 0xff) != 0xC0) {
        at += 2 + bytes.getShort(at + 2);
      }
      bytes.putShort(at + 5, (short) side).putShort(at + 7, (short) side);
    }
    return bytes.array();
  }

  static byte[] animatedGif() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
    try (ImageOutputStream to = ImageIO.createImageOutputStream(out)) {
      writer.setOutput(to);
      writer.prepareWriteSequence(null);
      writer.writeToSequence(new IIOImage(first(), null, null), null);
      writer.writeToSequence(new IIOImage(second(), null, null), null);
      writer.endWriteSequence();
    } finally {
      writer.dispose();
    }
    return out.toByteArray();
  }

  /** Two frames as {@code acTL}, {@code fcTL} and {@code fdAT} say. */
  static byte[] animatedPng() {
    byte[] png = plain();
    byte[] data = data(encoded(second(), "png"));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(png, 0, PNG_HEADER);
    out.writeBytes(chunk("acTL", ByteBuffer.allocate(8).putInt(2).putInt(0)));
    out.writeBytes(chunk("fcTL", control(0)));
    out.write(png, PNG_HEADER, png.length - PNG_HEADER - 12);
    out.writeBytes(chunk("fcTL", control(1)));
    out.writeBytes(chunk("fdAT", ByteBuffer.allocate(4 + data.length).putInt(2).put(data)));
    out.write(png, png.length - 12, 12);
    return out.toByteArray();
  }

  private static ByteBuffer control(int number) {
    return ByteBuffer.allocate(26)
        .putInt(number)
        .putInt(SIDE)
        .putInt(SIDE)
        .putInt(0)
        .putInt(0)
        .putShort((short) 1)
        .putShort((short) 10)
        .putShort((short) 0);
  }

  private static byte[] data(byte[] png) {
    ByteBuffer bytes = ByteBuffer.wrap(png);
    int at = PNG_HEADER;
    while (bytes.getInt(at + 4) != ByteBuffer.wrap(ascii("IDAT")).getInt()) {
      at += 12 + bytes.getInt(at);
    }
    byte[] data = new byte[bytes.getInt(at)];
    bytes.position(at + 8).get(data);
    return data;
  }

  private static byte[] chunk(String name, ByteBuffer data) {
    byte[] content = data.array();
    CRC32 sum = new CRC32();
    sum.update(ascii(name));
    sum.update(content);
    return ByteBuffer.allocate(12 + content.length)
        .putInt(content.length)
        .put(ascii(name))
        .put(content)
        .putInt((int) sum.getValue())
        .array();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** The JDK writes no WebP: one of the golden pictures of the library's tests. */
  static byte[] webp() throws IOException {
    return Files.readAllBytes(
        Path.of("../resnet4j-core/src/test/resources/golden/data/lossless.webp"));
  }

  /** {@link #webp} twice, as the frames of an animation. */
  static byte[] animatedWebp() throws IOException {
    byte[] still = webp();
    BufferedImage shown = ImageIO.read(new ByteArrayInputStream(still));
    int size = still.length - 12;
    ByteBuffer frame = ByteBuffer.allocate(16 + size).order(ByteOrder.LITTLE_ENDIAN);
    frame.position(6);
    three(frame, shown.getWidth() - 1);
    three(frame, shown.getHeight() - 1);
    three(frame, 100);
    frame.put((byte) 0).put(still, 12, size);
    ByteBuffer canvas = ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN).putInt(2);
    three(canvas, shown.getWidth() - 1);
    three(canvas, shown.getHeight() - 1);
    ByteBuffer all = ByteBuffer.allocate(12 + 18 + 14 + 2 * (24 + size));
    all.order(ByteOrder.LITTLE_ENDIAN);
    all.put(ascii("RIFF")).putInt(all.capacity() - 8).put(ascii("WEBP"));
    for (ByteBuffer part : new ByteBuffer[] {canvas, ByteBuffer.allocate(6), frame, frame}) {
      all.put(ascii(part == canvas ? "VP8X" : part == frame ? "ANMF" : "ANIM"));
      all.putInt(part.capacity()).put(part.array());
    }
    return all.array();
  }

  private static void three(ByteBuffer to, int number) {
    to.put((byte) number).put((byte) (number >> 8)).put((byte) (number >> 16));
  }

  static byte[] grey(int bits) {
    return levels(bits, ColorSpace.getInstance(ColorSpace.CS_GRAY), 1);
  }

  static byte[] colour(int bits) {
    return levels(bits, ColorSpace.getInstance(ColorSpace.CS_sRGB), 3);
  }

  /** The same levels with 8 bits, or with 16 of which the lower 8 mean nothing. */
  private static byte[] levels(int bits, ColorSpace colours, int bands) {
    ComponentColorModel model =
        new ComponentColorModel(
            colours,
            false,
            false,
            Transparency.OPAQUE,
            bits == 8 ? DataBuffer.TYPE_BYTE : DataBuffer.TYPE_USHORT);
    WritableRaster raster = model.createCompatibleWritableRaster(SIDE, SIDE);
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        for (int band = 0; band < bands; band++) {
          int level = (5 * x + 3 * y + 60 * band) & 0xff;
          raster.setSample(x, y, band, bits == 8 ? level : level << 8 | (x * y & 0xff));
        }
      }
    }
    return encoded(new BufferedImage(model, raster, false, null), "png");
  }
}
