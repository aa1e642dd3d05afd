package io.resnet4j.data.augment;

import io.resnet4j.data.PictureSize;
import java.util.List;

/**
 * Where each pixel of the result comes from: column {@code a x + b y + c}, row {@code d x + e y +
 * f}, of pixel centres. Both ways to sample are Pillow's to the bit.
 */
record Affine(double a, double b, double c, double d, double e, double f) {
  private static final double ONE = 65536;
  private static final double DIGITS = 1e15;

  /** Counter-clockwise about the middle. */
  static Affine rotation(double degrees, PictureSize size) {
    double angle = -StrictMath.toRadians(floorMod(degrees));
    // Pillow rounds these, which makes quarter turns exact.
    double cos = Math.rint(StrictMath.cos(angle) * DIGITS) / DIGITS;
    double sin = Math.rint(StrictMath.sin(angle) * DIGITS) / DIGITS;
    double x = size.width() / 2.0;
    double y = size.height() / 2.0;
    return new Affine(cos, sin, cos * -x + sin * -y + x, -sin, cos, -sin * -x + cos * -y + y);
  }

  private static double floorMod(double degrees) {
    double rest = degrees % 360;
    return rest < 0 ? rest + 360 : rest;
  }

  static Affine shear(double alongX, double alongY) {
    return new Affine(1, alongX, 0, alongY, 1, 0);
  }

  /** Moves the picture right and down. */
  static Affine translation(int right, int down) {
    return new Affine(1, 0, -right, 0, 1, -down);
  }

  /** Takes the nearest pixel; black where there is none. */
  void nearest(byte[] from, byte[] to, PictureSize size) {
    int width = size.width();
    int height = size.height();
    int plane = size.plane();
    long rowX = fixed(c + a * 0.5 + b * 0.5);
    long rowY = fixed(f + d * 0.5 + e * 0.5);
    for (int y = 0, out = 0; y < height; y++) {
      long atX = rowX;
      long atY = rowY;
      for (int x = 0; x < width; x++, out++) {
        long u = atX >> 16;
        long v = atY >> 16;
        boolean inside = u >= 0 && u < width && v >= 0 && v < height;
        int in = inside ? (int) (v * width + u) : 0;
        for (int p = 0; p < size.channels() * plane; p += plane) {
          to[p + out] = inside ? from[p + in] : 0;
        }
        atX += fixed(a);
        atY += fixed(d);
      }
      rowX += fixed(b);
      rowY += fixed(e);
    }
  }

  private static long fixed(double value) {
    return (long) Math.floor(value * ONE + 0.5);
  }

  /** Mixes the four pixels around; {@code fill} where there are none. */
  void bilinear(byte[] from, byte[] to, PictureSize size, List<Integer> fill) {
    int width = size.width();
    int height = size.height();
    for (int y = 0, out = 0; y < height; y++) {
      for (int x = 0; x < width; x++, out++) {
        double u = a * (x + 0.5) + b * (y + 0.5) + c;
        double v = d * (x + 0.5) + e * (y + 0.5) + f;
        boolean inside = u >= 0 && u < width && v >= 0 && v < height;
        for (int channel = 0; channel < size.channels(); channel++) {
          int first = channel * size.plane();
          to[first + out] =
              inside ? mix(from, first, size, u - 0.5, v - 0.5) : Ranges.level(fill, channel);
        }
      }
    }
  }

  private static byte mix(byte[] from, int first, PictureSize size, double u, double v) {
    int x = (int) Math.floor(u);
    int y = (int) Math.floor(v);
    int left = Math.max(0, x);
    int right = Math.min(size.width() - 1, x + 1);
    int top = first + Math.max(0, y) * size.width();
    int bottom = first + Math.min(size.height() - 1, y + 1) * size.width();
    double upper = between(from[top + left], from[top + right], u - x);
    double lower = between(from[bottom + left], from[bottom + right], u - x);
    return (byte) (int) (upper + (lower - upper) * (v - y));
  }

  private static double between(byte a, byte b, double share) {
    return (a & 0xff) + ((b & 0xff) - (a & 0xff)) * share;
  }
}
