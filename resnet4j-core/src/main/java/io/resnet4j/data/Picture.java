package io.resnet4j.data;

import io.resnet4j.InvalidInputException;
import java.util.Objects;

/**
 * One decoded picture: unsigned 8-bit planes, grey (1) or red, green, blue (3). Immutable; every
 * operation makes a new picture or returns this one where nothing changes.
 */
public final class Picture {
  /** EXIF's word for it. */
  private static final int MIRRORED = 2;

  private final PictureSize size;
  private final byte[] planes;

  private Picture(PictureSize size, byte[] planes) {
    this.size = size;
    this.planes = planes;
  }

  /**
   * A picture of a copy of {@code planes}.
   *
   * @throws IllegalArgumentException if their number is not that of {@code size}, or the channels
   *     are neither 1 nor 3
   */
  public static Picture of(PictureSize size, byte[] planes) {
    return owning(size, planes.clone());
  }

  static Picture owning(PictureSize size, byte[] planes) {
    if (planes.length != size.samples() || (size.channels() != 1 && size.channels() != 3)) {
      throw new IllegalArgumentException(planes.length + " bytes for a picture of " + size);
    }
    return new Picture(size, planes);
  }

  /** Channels, height and width. */
  public PictureSize size() {
    return size;
  }

  /** Rows. */
  public int height() {
    return size.height();
  }

  /** Columns. */
  public int width() {
    return size.width();
  }

  /** The sample of channel {@code c} in row {@code y}, column {@code x}, from 0 to 255. */
  public int sample(int c, int y, int x) {
    Objects.checkIndex(c, size.channels());
    Objects.checkIndex(y, size.height());
    Objects.checkIndex(x, size.width());
    return planes[(c * size.height() + y) * size.width() + x] & 0xff;
  }

  /** Writes the planes to the beginning of {@code chw}. */
  public void copyTo(byte[] chw) {
    System.arraycopy(planes, 0, chw, 0, planes.length);
  }

  /** A copy of the planes. */
  public byte[] toPlanes() {
    return planes.clone();
  }

  /**
   * The picture resized by a triangle filter whose reach grows with the reduction, so that nothing
   * aliases: Pillow's {@code BILINEAR}, to the bit.
   */
  public Picture resize(int height, int width) {
    if (height == height() && width == width()) {
      return this;
    }
    PictureSize to = new PictureSize(size.channels(), height, width);
    return new Picture(to, Resampler.resize(planes, size, to));
  }

  /** The window of {@code height} rows and {@code width} columns from row {@code top}. */
  public Picture crop(int top, int left, int height, int width) {
    Objects.checkFromIndexSize(top, height, height());
    Objects.checkFromIndexSize(left, width, width());
    PictureSize to = new PictureSize(size.channels(), height, width);
    byte[] cut = new byte[to.samples()];
    for (int c = 0; c < to.channels(); c++) {
      for (int y = 0; y < height; y++) {
        int from = (c * height() + top + y) * width() + left;
        System.arraycopy(planes, from, cut, (c * height + y) * width, width);
      }
    }
    return new Picture(to, cut);
  }

  /** The middle; a half pixel goes to the even side, as in torchvision's CenterCrop. */
  public Picture centreCrop(int height, int width) {
    return crop(centred(height(), height), centred(width(), width), height, width);
  }

  private static int centred(int whole, int part) {
    return (int) Math.rint((whole - part) / 2.0);
  }

  /** The middle of {@link #covering}; no more than that is computed. */
  Picture middle(int height, int width, int resize) {
    PictureSize all = covered(resize);
    return window(all, centred(all.height(), height), centred(all.width(), width), height, width);
  }

  /**
   * The window of {@code height} rows and {@code width} columns, from row {@code top} and column
   * {@code left}, of this picture resized to {@code all}; no more than that is computed.
   */
  public Picture window(PictureSize all, int top, int left, int height, int width) {
    Objects.checkFromIndexSize(top, height, all.height());
    Objects.checkFromIndexSize(left, width, all.width());
    PictureSize to = new PictureSize(size.channels(), height, width);
    return new Picture(
        to, Resampler.window(planes, size, all.height(), all.width(), top, left, to));
  }

  /** The picture resized to {@link #covered}. */
  Picture covering(int resize) {
    PictureSize to = covered(resize);
    return resize(to.height(), to.width());
  }

  /**
   * The size in which the shorter side is {@code resize}; longer sides are cut down to whole
   * pixels, as torchvision's Resize does.
   *
   * @throws InvalidInputException if the picture is so long and thin that this takes over {@link
   *     Pictures#MOST_PIXELS}
   */
  public PictureSize covered(int resize) {
    int shorter = Math.min(height(), width());
    long toHeight = (long) resize * height() / shorter;
    long toWidth = (long) resize * width() / shorter;
    if ((double) toHeight * toWidth > Pictures.MOST_PIXELS) {
      throw new InvalidInputException(
          "picture of "
              + width()
              + "x"
              + height()
              + " pixels is too long and thin to be resized to a shorter side of "
              + resize
              + "; crop it first");
    }
    return new PictureSize(size.channels(), (int) toHeight, (int) toWidth);
  }

  /**
   * The picture with {@code border} more pixels at each side, which mirror it without repeating its
   * edge; fewer where it is no larger than that.
   */
  public Picture reflected(int border) {
    int added = Math.min(border, Math.min(height(), width()) - 1);
    PictureSize to = new PictureSize(size.channels(), height() + 2 * added, width() + 2 * added);
    byte[] padded = new byte[to.samples()];
    for (int c = 0, out = 0; c < size.channels(); c++) {
      for (int y = -added; y < height() + added; y++) {
        int row = (c * height() + mirrored(y, height())) * width();
        for (int x = -added; x < width() + added; x++) {
          padded[out++] = planes[row + mirrored(x, width())];
        }
      }
    }
    return new Picture(to, padded);
  }

  private static int mirrored(int at, int length) {
    int inside = Math.abs(at);
    return inside < length ? inside : 2 * (length - 1) - inside;
  }

  /** Left and right exchanged. */
  Picture mirrored() {
    return oriented(MIRRORED);
  }

  /** Luma by ITU-R BT.601 in 16-bit fixed point, as Pillow rounds it. */
  public Picture toGrey() {
    if (size.channels() == 1) {
      return this;
    }
    int plane = size.plane();
    byte[] grey = new byte[plane];
    for (int p = 0; p < plane; p++) {
      int red = planes[p] & 0xff;
      int green = planes[plane + p] & 0xff;
      int blue = planes[2 * plane + p] & 0xff;
      grey[p] = (byte) ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16);
    }
    return new Picture(new PictureSize(1, height(), width()), grey);
  }

  /** Three equal planes where there was one. */
  public Picture toRgb() {
    if (size.channels() == 3) {
      return this;
    }
    int plane = size.plane();
    byte[] rgb = new byte[3 * plane];
    for (int c = 0; c < 3; c++) {
      System.arraycopy(planes, 0, rgb, c * plane, plane);
    }
    return new Picture(new PictureSize(3, height(), width()), rgb);
  }

  /**
   * The picture turned and mirrored as EXIF's orientation tag asks.
   *
   * @param orientation 1 to 8; anything else counts as 1, upright
   */
  Picture oriented(int orientation) {
    if (orientation < 2 || orientation > 8) {
      return this;
    }
    boolean transposed = orientation >= 5;
    int h = transposed ? width() : height();
    int w = transposed ? height() : width();
    boolean fromBottom =
        orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
    boolean fromRight =
        orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
    byte[] turned = new byte[planes.length];
    for (int c = 0, out = 0; c < size.channels(); c++) {
      for (int y = 0; y < h; y++) {
        int v = fromBottom ? h - 1 - y : y;
        for (int x = 0; x < w; x++) {
          int u = fromRight ? w - 1 - x : x;
          int row = transposed ? u : v;
          int column = transposed ? v : u;
          turned[out++] = planes[(c * height() + row) * width() + column];
        }
      }
    }
    return new Picture(new PictureSize(size.channels(), h, w), turned);
  }
}
