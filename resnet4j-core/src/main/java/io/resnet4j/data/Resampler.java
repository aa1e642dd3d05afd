package io.resnet4j.data;

import java.util.Arrays;

/**
 * Separable resampling with a triangle filter, first along rows, then along columns, each pass
 * rounded to 8 bits. Weights are fixed point with 22 fractional bits, which is what makes the
 * result equal to Pillow's bit for bit (and keeps it equal on every machine).
 *
 * <p>A pass adds whole rows up, which a processor does for many pixels at once. So the first one
 * turns the picture, a strip that stays in the cache at a time, and turns what it makes back.
 */
final class Resampler {
  private static final int BITS = 22;

  /** Rows of a strip: enough for vectors of every length, few enough for the cache. */
  private static final int STRIP = 64;

  /** Of a strip, rows whose columns are written together: they fill a cache line. */
  private static final int TOGETHER = 16;

  /** For each output position: which inputs it reads, and their weights. */
  private record Weights(int[] first, int[] count, int[] weights, int stride) {
    /** The first input that is read. */
    int begin() {
      return first[0];
    }

    /** How many inputs are read. */
    int length() {
      int last = first.length - 1;
      return first[last] + count[last] - first[0];
    }

    /**
     * An output for each place of a row.
     *
     * @param in rows, each {@code width} long and the first of them the first that is read
     */
    void sum(int output, int[] in, int width, int[] sums) {
      Arrays.fill(sums, 0, width, 1 << (BITS - 1));
      for (int k = 0; k < count[output]; k++) {
        int weight = weights[output * stride + k];
        int row = (first[output] - begin() + k) * width;
        for (int x = 0; x < width; x++) {
          sums[x] += in[row + x] * weight;
        }
      }
      for (int x = 0; x < width; x++) {
        sums[x] = Math.max(0, Math.min(255, sums[x] >> BITS));
      }
    }
  }

  private Resampler() {}

  static byte[] resize(byte[] planes, PictureSize from, PictureSize to) {
    return window(planes, from, to.height(), to.width(), 0, 0, to);
  }

  /**
   * A window of what resizing to {@code height} rows and {@code width} columns gives; the rest is
   * not computed.
   */
  static byte[] window(
      byte[] planes,
      PictureSize from,
      int height,
      int width,
      int top,
      int left,
      PictureSize window) {
    Weights across = weights(from.width(), width, left, window.width());
    Weights down = weights(from.height(), height, top, window.height());
    int rows = down.length();
    int[] strip = new int[across.length() * Math.min(STRIP, rows)];
    int[] narrow = new int[window.width() * rows];
    int[] sums = new int[Math.max(STRIP, window.width())];
    byte[] out = new byte[window.samples()];
    for (int c = 0; c < from.channels(); c++) {
      for (int y = 0; y < rows; y += STRIP) {
        int high = Math.min(STRIP, rows - y);
        int at = (c * from.height() + down.begin() + y) * from.width() + across.begin();
        turn(planes, at, from.width(), high, across.length(), strip);
        for (int x = 0; x < window.width(); x++) {
          across.sum(x, strip, high, sums);
          for (int i = 0; i < high; i++) {
            narrow[(y + i) * window.width() + x] = sums[i];
          }
        }
      }
      for (int y = 0; y < window.height(); y++) {
        down.sum(y, narrow, window.width(), sums);
        int row = (c * window.height() + y) * window.width();
        for (int x = 0; x < window.width(); x++) {
          out[row + x] = (byte) sums[x];
        }
      }
    }
    return out;
  }

  /** Columns as rows, of a part of a plane that begins at {@code at}. */
  private static void turn(byte[] plane, int at, int stride, int rows, int columns, int[] out) {
    for (int begin = 0; begin < rows; begin += TOGETHER) {
      int end = Math.min(rows, begin + TOGETHER);
      for (int x = 0; x < columns; x++) {
        int in = at + begin * stride + x;
        for (int y = begin; y < end; y++, in += stride) {
          out[x * rows + y] = plane[in] & 0xff;
        }
      }
    }
  }

  /** Weights of the outputs {@code begin} to before {@code begin + length} out of {@code to}. */
  private static Weights weights(int from, int to, int begin, int length) {
    double scale = (double) from / to;
    double reach = Math.max(1, scale);
    int stride = (int) Math.ceil(reach) * 2 + 1;
    int[] first = new int[length];
    int[] count = new int[length];
    int[] weights = new int[length * stride];
    double[] exact = new double[stride];
    for (int i = 0; i < length; i++) {
      double centre = (begin + i + 0.5) * scale;
      int low = Math.max(0, (int) (centre - reach + 0.5));
      int high = Math.min(from, (int) (centre + reach + 0.5));
      double sum = 0;
      for (int k = 0; k < high - low; k++) {
        // Multiplied by the reciprocal, not divided: the last bit decides some roundings.
        exact[k] = Math.max(0, 1 - Math.abs((k + low - centre + 0.5) * (1 / reach)));
        sum += exact[k];
      }
      for (int k = 0; k < high - low; k++) {
        double share = sum == 0 ? exact[k] : exact[k] / sum;
        weights[i * stride + k] = (int) (0.5 + share * (1 << BITS));
      }
      first[i] = low;
      count[i] = high - low;
    }
    return new Weights(first, count, weights, stride);
  }
}
