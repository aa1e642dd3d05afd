package io.resnet4j.data;

import java.util.Arrays;

/**
 * Separable resampling with a triangle filter, first along rows, then along columns, each pass
 * rounded to 8 bits. Weights are fixed point with 22 fractional bits, which is what makes the
 * result equal to Pillow's bit for bit (and keeps it equal on every machine).
 *
 * <p>A pass adds whole rows up, which a processor does for many pixels at once. So the picture is
 * turned before each of them: columns become rows and, after the first pass, columns again.
 */
final class Resampler {
  private static final int BITS = 22;

  /** Rows that are turned together: what is written of a column then fills a cache line. */
  private static final int TOGETHER = 16;

  /** For each output position: which inputs it reads, and their weights. */
  private record Weights(int[] first, int[] count, int[] weights, int stride) {
    int outputs() {
      return first.length;
    }

    /** The first input that is read. */
    int begin() {
      return first[0];
    }

    /** How many inputs are read. */
    int length() {
      int last = first.length - 1;
      return first[last] + count[last] - first[0];
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
    byte[] out = new byte[window.samples()];
    for (int c = 0; c < from.channels(); c++) {
      int at = (c * from.height() + down.begin()) * from.width() + across.begin();
      int[] columns = turned(planes, at, from.width(), rows, across.length());
      byte[] narrow = new byte[window.width() * rows];
      pass(columns, rows, across, narrow, 0);
      int[] again = turned(narrow, 0, rows, window.width(), rows);
      pass(again, window.width(), down, out, c * window.height() * window.width());
    }
    return out;
  }

  /** Columns as rows, of a part of a plane that begins at {@code at}. */
  private static int[] turned(byte[] plane, int at, int stride, int rows, int columns) {
    int[] out = new int[columns * rows];
    for (int begin = 0; begin < rows; begin += TOGETHER) {
      int end = Math.min(rows, begin + TOGETHER);
      for (int x = 0; x < columns; x++) {
        int in = at + begin * stride + x;
        for (int y = begin; y < end; y++, in += stride) {
          out[x * rows + y] = plane[in] & 0xff;
        }
      }
    }
    return out;
  }

  /** Sums of rows, each {@code width} long and the first of them the first that is read. */
  private static void pass(int[] in, int width, Weights w, byte[] out, int to) {
    int[] sums = new int[width];
    for (int i = 0; i < w.outputs(); i++) {
      Arrays.fill(sums, 1 << (BITS - 1));
      for (int k = 0; k < w.count[i]; k++) {
        int weight = w.weights[i * w.stride + k];
        int row = (w.first[i] - w.begin() + k) * width;
        for (int x = 0; x < width; x++) {
          sums[x] += in[row + x] * weight;
        }
      }
      for (int x = 0; x < width; x++) {
        sums[x] = Math.max(0, Math.min(255, sums[x] >> BITS));
      }
      int row = to + i * width;
      for (int x = 0; x < width; x++) {
        out[row + x] = (byte) sums[x];
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
