package io.resnet4j.data;

import io.resnet4j.InvalidInputException;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Decodes picture files: JPEG, PNG, WebP, BMP and GIF (the first frame), whatever their samples
 * are: grey and palettes become red, green, blue; CMYK is converted; alpha is dropped and 16 bits
 * are cut to 8, as torchvision's loader does; colour profiles are ignored; EXIF's orientation is
 * applied.
 *
 * <p>Files may be hostile: dimensions are read from the header and checked before a pixel is
 * decoded, and whatever a decoder throws becomes one clear message.
 */
public final class Pictures {
  /** The largest picture that is decoded: 100 megapixels. */
  public static final int MOST_PIXELS = 100_000_000;

  private static final long MOST_BYTES = 512L << 20;
  private static final int HEAD = 16;

  private Pictures() {}

  /**
   * Reads {@code file} as red, green and blue planes.
   *
   * @throws InvalidInputException if it is missing, empty, truncated, too large or no picture
   * @throws java.io.UncheckedIOException if reading fails for reasons of the machine
   */
  public static Picture read(Path file) {
    long size = DataFiles.requireFile(file, "expected a JPEG or PNG file");
    if (size > MOST_BYTES) {
      throw new InvalidInputException(
          file + ": " + size + " bytes, expected a picture of at most 512 MiB");
    }
    try {
      return decode(Files.readAllBytes(file), file.toString());
    } catch (IOException e) {
      throw DataFiles.unreadable(file, e);
    }
  }

  /**
   * Decodes the bytes of a picture file into red, green and blue planes.
   *
   * @param name what messages call the picture
   * @throws InvalidInputException if they are empty, truncated, too large or no picture
   */
  public static Picture decode(byte[] file, String name) {
    return decode(file, name, MOST_PIXELS);
  }

  /**
   * The same with a limit of the caller's.
   *
   * @param mostPixels what the header may say, at most {@link #MOST_PIXELS}
   * @throws InvalidInputException as above
   */
  public static Picture decode(byte[] file, String name, int mostPixels) {
    if (file.length == 0) {
      throw empty(name);
    }
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw unknown(name, file);
      }
      ImageReader reader = readers.next();
      try {
        return decode(reader, in, file, name, Math.min(mostPixels, MOST_PIXELS));
      } finally {
        reader.dispose();
      }
    } catch (InvalidInputException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // Decoders meet damage with whatever exception it leads them to.
      throw new InvalidInputException(
          name
              + ": damaged or truncated ("
              + message(e)
              + "); expected a whole JPEG or PNG picture; get the file again",
          e);
    }
  }

  private static Picture decode(
      ImageReader reader, ImageInputStream in, byte[] file, String name, int mostPixels)
      throws IOException {
    boolean[] truncated = new boolean[1];
    reader.addIIOReadWarningListener(
        (source, warning) -> truncated[0] |= warning.contains("Truncated"));
    reader.setInput(in, true, false);
    int width = reader.getWidth(0);
    int height = reader.getHeight(0);
    if (width < 1 || height < 1 || (long) width * height > mostPixels) {
      throw new InvalidInputException(
          name
              + ": its header says "
              + width
              + "x"
              + height
              + " pixels, expected at most "
              + (mostPixels < 1_000_000 ? mostPixels : mostPixels / 1_000_000 + " million")
              + "; make it smaller");
    }
    BufferedImage image = reader.read(0);
    if (truncated[0]) {
      throw new InvalidInputException(
          name + ": truncated, the end of the picture is missing; get the file again");
    }
    return planes(image).oriented(Exif.orientation(file));
  }

  private static Picture planes(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    PictureSize size = new PictureSize(3, height, width);
    byte[] planes = new byte[size.samples()];
    ColorModel colours = image.getColorModel();
    int type = colours.getColorSpace().getType();
    boolean raw =
        !(colours instanceof IndexColorModel)
            && !colours.isAlphaPremultiplied()
            && (type == ColorSpace.TYPE_RGB || type == ColorSpace.TYPE_GRAY);
    if (raw) {
      // Not getRGB(): Java holds grey to be linear light and would brighten it.
      Raster raster = image.getRaster();
      boolean grey = type == ColorSpace.TYPE_GRAY;
      if (raster.getDataBuffer() instanceof DataBufferByte bytes
          && raster.getSampleModel() instanceof PixelInterleavedSampleModel model
          && raster.getParent() == null) {
        copyBytes(bytes, model, grey, planes);
      } else {
        copyBands(raster, grey, planes);
      }
    } else {
      copyConverted(image, planes);
    }
    return Picture.owning(size, planes);
  }

  /** As {@link #copyBands}, for what nearly every file decodes to; several times as fast. */
  private static void copyBytes(
      DataBufferByte bytes, PixelInterleavedSampleModel model, boolean grey, byte[] planes) {
    int width = model.getWidth();
    int height = model.getHeight();
    byte[] data = bytes.getData();
    int[] bands = model.getBandOffsets();
    int red = bands[0];
    int green = bands[grey ? 0 : 1];
    int blue = bands[grey ? 0 : 2];
    int step = model.getPixelStride();
    int plane = width * height;
    for (int y = 0; y < height; y++) {
      int at = bytes.getOffset() + y * model.getScanlineStride();
      int end = (y + 1) * width;
      for (int p = y * width; p < end; p++, at += step) {
        planes[p] = data[at + red];
        planes[plane + p] = data[at + green];
        planes[2 * plane + p] = data[at + blue];
      }
    }
  }

  private static void copyBands(Raster raster, boolean grey, byte[] planes) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    int plane = width * height;
    int[] row = new int[width];
    for (int c = 0; c < 3; c++) {
      int band = grey ? 0 : c;
      int bits = raster.getSampleModel().getSampleSize(band);
      int highest = (1 << bits) - 1;
      for (int y = 0; y < height; y++) {
        raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, band, row);
        int out = c * plane + y * width;
        for (int x = 0; x < width; x++) {
          int sample = row[x];
          planes[out + x] =
              (byte) (bits >= 8 ? sample >> (bits - 8) : (sample * 255 + highest / 2) / highest);
        }
      }
    }
  }

  private static void copyConverted(BufferedImage image, byte[] planes) {
    int width = image.getWidth();
    int plane = width * image.getHeight();
    int[] row = new int[width];
    for (int y = 0; y < image.getHeight(); y++) {
      image.getRGB(0, y, width, 1, row, 0, width);
      for (int x = 0; x < width; x++) {
        int p = y * width + x;
        planes[p] = (byte) (row[x] >> 16);
        planes[plane + p] = (byte) (row[x] >> 8);
        planes[2 * plane + p] = (byte) row[x];
      }
    }
  }

  /**
   * Looks at the size and the first bytes of {@code file}.
   *
   * @throws InvalidInputException if it is missing, empty or of no kind that can be decoded
   */
  static void requireKnown(Path file) {
    if (DataFiles.requireFile(file, "expected a picture file") == 0) {
      throw empty(file.toString());
    }
    byte[] head = new byte[HEAD];
    try (InputStream in = Files.newInputStream(file)) {
      head = Arrays.copyOf(head, in.readNBytes(head, 0, HEAD));
    } catch (IOException e) {
      throw DataFiles.unreadable(file, e);
    }
    String text = new String(head, StandardCharsets.ISO_8859_1);
    boolean known =
        text.startsWith("\u00ff\u00d8")
            || text.startsWith("\u0089PNG")
            || text.startsWith("GIF8")
            || text.startsWith("BM")
            || (text.startsWith("RIFF") && text.startsWith("WEBP", 8));
    if (!known) {
      throw unknown(file.toString(), head);
    }
  }

  private static InvalidInputException empty(String name) {
    return new InvalidInputException(name + ": is empty; expected a JPEG or PNG picture");
  }

  private static InvalidInputException unknown(String name, byte[] file) {
    return new InvalidInputException(
        name + ": " + found(file) + "; expected a JPEG or PNG picture; convert it first");
  }

  /** What the first bytes say the file is, where that helps. */
  private static String found(byte[] file) {
    String head = new String(file, 0, Math.min(file.length, HEAD), StandardCharsets.ISO_8859_1);
    if (head.startsWith("II*\0") || head.startsWith("MM\0*")) {
      return "is a TIFF picture";
    }
    if (head.startsWith("ftyp", 4)) {
      return "is a HEIC or AVIF picture or a video";
    }
    if (head.startsWith("%PDF")) {
      return "is a PDF document";
    }
    if (head.startsWith("<")) {
      return "is HTML, SVG or XML text";
    }
    byte[] first = Arrays.copyOf(file, Math.min(file.length, 4));
    return "is no picture that can be read here (it begins with bytes "
        + HexFormat.ofDelimiter(" ").formatHex(first)
        + ")";
  }

  private static String message(Exception e) {
    String text = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return text.lines().findFirst().orElse("").strip();
  }
}
