package io.resnet4j.data.augment;

import io.resnet4j.data.PictureSize;

/**
 * Operations on the samples of a picture, equal to Pillow's {@code ImageEnhance}, {@code ImageOps}
 * and {@code convert("HSV")} to the bit; single precision where Pillow's is.
 */
final class Colours {
  private static final int LEVELS = 256;

  private Colours() {}

  /** Towards black with 0, away from it beyond 1. */
  static void brightness(byte[] from, byte[] to, PictureSize size, double factor) {
    byte[] table = new byte[LEVELS];
    for (int i = 0; i < LEVELS; i++) {
      table[i] = blend(0, i, (float) factor);
    }
    look(from, to, 0, size.samples(), table);
  }

  /** Towards the even grey of the picture's mean with 0. */
  static void contrast(byte[] from, byte[] to, PictureSize size, double factor) {
    long sum = 0;
    for (int p = 0; p < size.plane(); p++) {
      sum += luma(from, p, size);
    }
    int mean = (int) ((double) sum / size.plane() + 0.5);
    byte[] table = new byte[LEVELS];
    for (int i = 0; i < LEVELS; i++) {
      table[i] = blend(mean, i, (float) factor);
    }
    look(from, to, 0, size.samples(), table);
  }

  /** Towards grey with 0. */
  static void saturation(byte[] from, byte[] to, PictureSize size, double factor) {
    int plane = size.plane();
    for (int p = 0; p < plane; p++) {
      int grey = luma(from, p, size);
      for (int at = p; at < size.samples(); at += plane) {
        to[at] = blend(grey, from[at] & 0xff, (float) factor);
      }
    }
  }

  /** Towards the smoothed picture with 0; the outermost pixels stay. */
  static void sharpness(byte[] from, byte[] to, PictureSize size, double factor) {
    int width = size.width();
    for (int row = 0; row < size.channels() * size.height(); row++) {
      int y = row % size.height();
      for (int x = 0; x < width; x++) {
        int at = row * width + x;
        boolean inside = x > 0 && x < width - 1 && y > 0 && y < size.height() - 1;
        int smooth = inside ? smooth(from, at, width) : from[at] & 0xff;
        to[at] = blend(smooth, from[at] & 0xff, (float) factor);
      }
    }
  }

  /** The neighbours once, the pixel five times, over 13, rounded. */
  private static int smooth(byte[] from, int at, int width) {
    int sum = 4 * (from[at] & 0xff);
    for (int row = at - width; row <= at + width; row += width) {
      sum += (from[row - 1] & 0xff) + (from[row] & 0xff) + (from[row + 1] & 0xff);
    }
    return (2 * sum + 13) / 26;
  }

  /** Keeps the highest {@code bits} of each sample. */
  static void posterize(byte[] from, byte[] to, PictureSize size, int bits) {
    int mask = -(1 << (8 - bits));
    for (int i = 0; i < size.samples(); i++) {
      to[i] = (byte) (from[i] & mask);
    }
  }

  /** Inverts the samples from {@code threshold} on. */
  static void solarize(byte[] from, byte[] to, PictureSize size, double threshold) {
    for (int i = 0; i < size.samples(); i++) {
      int level = from[i] & 0xff;
      to[i] = (byte) (level < threshold ? level : 255 - level);
    }
  }

  /** Stretches each channel to the whole range. */
  static void autoContrast(byte[] from, byte[] to, PictureSize size) {
    for (int first = 0; first < size.samples(); first += size.plane()) {
      int[] counts = histogram(from, first, size);
      int low = 0;
      int high = LEVELS - 1;
      while (low < high && counts[low] == 0) {
        low++;
      }
      while (high > low && counts[high] == 0) {
        high--;
      }
      byte[] table = identity();
      if (high > low) {
        double scale = 255.0 / (high - low);
        double offset = -low * scale;
        for (int i = 0; i < LEVELS; i++) {
          table[i] = clip((int) (i * scale + offset));
        }
      }
      look(from, to, first, first + size.plane(), table);
    }
  }

  /** Makes every level of each channel about as frequent. */
  static void equalize(byte[] from, byte[] to, PictureSize size) {
    for (int first = 0; first < size.samples(); first += size.plane()) {
      int[] counts = histogram(from, first, size);
      int last = LEVELS - 1;
      while (counts[last] == 0) {
        last--;
      }
      byte[] table = identity();
      // One level only would give 0 here too, and stays as it is.
      int step = (size.plane() - counts[last]) / 255;
      if (step > 0) {
        for (int i = 0, n = step / 2; i < LEVELS; i++) {
          table[i] = clip(n / step);
          n += counts[i];
        }
      }
      look(from, to, first, first + size.plane(), table);
    }
  }

  /** Turns the colour circle by a share of it, -0.5 to 0.5; grey pictures have none. */
  static void hue(byte[] from, byte[] to, PictureSize size, double turn) {
    if (size.channels() != 3) {
      System.arraycopy(from, 0, to, 0, size.samples());
      return;
    }
    int shift = (int) (turn * 255);
    int plane = size.plane();
    for (int p = 0; p < plane; p++) {
      int r = from[p] & 0xff;
      int g = from[plane + p] & 0xff;
      int b = from[2 * plane + p] & 0xff;
      int most = Math.max(r, Math.max(g, b));
      int least = Math.min(r, Math.min(g, b));
      int saturation = most == least ? 0 : (int) ((float) (most - least) / most * 255.0);
      int hue = most == least ? 0 : hueOf(r, g, b, most, most - least);
      int rgb = ofHue(hue + shift & 0xff, saturation, most);
      to[p] = (byte) (rgb >> 16);
      to[plane + p] = (byte) (rgb >> 8);
      to[2 * plane + p] = (byte) rgb;
    }
  }

  private static int hueOf(int r, int g, int b, int most, float range) {
    float fromRed = (most - r) / range;
    float fromGreen = (most - g) / range;
    float fromBlue = (most - b) / range;
    float hue;
    if (r == most) {
      hue = fromBlue - fromGreen;
    } else if (g == most) {
      hue = (float) (2.0 + fromRed - fromBlue);
    } else {
      hue = (float) (4.0 + fromGreen - fromRed);
    }
    float turn = (float) ((hue / 6.0 + 1.0) % 1.0);
    return (int) (turn * 255.0);
  }

  private static int ofHue(int hue, int saturation, int value) {
    if (saturation == 0) {
      return value << 16 | value << 8 | value;
    }
    int sector = (int) Math.floor((float) hue * 6.0 / 255.0);
    float rest = (float) ((float) hue * 6.0 / 255.0 - (float) sector);
    float share = (float) (saturation / 255.0);
    int low = round(value * (1.0 - share));
    int falling = round(value * (1.0 - share * rest));
    int rising = round(value * (1.0 - share * (1.0 - rest)));
    return switch (sector % 6) {
      case 0 -> value << 16 | rising << 8 | low;
      case 1 -> falling << 16 | value << 8 | low;
      case 2 -> low << 16 | value << 8 | rising;
      case 3 -> low << 16 | falling << 8 | value;
      case 4 -> rising << 16 | low << 8 | value;
      default -> value << 16 | low << 8 | falling;
    };
  }

  private static int round(double value) {
    return (int) Math.floor(value + 0.5);
  }

  private static int luma(byte[] planes, int p, PictureSize size) {
    if (size.channels() != 3) {
      return planes[p] & 0xff;
    }
    int plane = size.plane();
    int sum =
        (planes[p] & 0xff) * 19595
            + (planes[plane + p] & 0xff) * 38470
            + (planes[2 * plane + p] & 0xff) * 7471;
    return sum + 0x8000 >> 16;
  }

  /** {@code a} with 0, {@code b} with 1, cut off where it leaves the range beyond them. */
  private static byte blend(int a, int b, float share) {
    return clip((int) (a + share * (b - a)));
  }

  private static byte clip(int level) {
    return (byte) Math.max(0, Math.min(255, level));
  }

  private static byte[] identity() {
    byte[] table = new byte[LEVELS];
    for (int i = 0; i < LEVELS; i++) {
      table[i] = (byte) i;
    }
    return table;
  }

  private static int[] histogram(byte[] planes, int first, PictureSize size) {
    int[] counts = new int[LEVELS];
    for (int i = first; i < first + size.plane(); i++) {
      counts[planes[i] & 0xff]++;
    }
    return counts;
  }

  private static void look(byte[] from, byte[] to, int begin, int end, byte[] table) {
    for (int i = begin; i < end; i++) {
      to[i] = table[from[i] & 0xff];
    }
  }
}
