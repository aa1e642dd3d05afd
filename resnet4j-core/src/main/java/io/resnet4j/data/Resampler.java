package io.resnet4j.data;

import java.util.Arrays;

/**
 * Separable resampling with a triangle filter, first along rows, then along columns, each pass
 * rounded to 8 bits. Weights are fixed point with 22 fractional bits, which is what makes the
 * result equal to Pillow's bit for bit (and keeps it equal on every machine).
 */
final class Resampler {
  private static final int BITS = 22;

  /** Inputs of a row are taken four at a time, those beyond the filter with weight 0. */
  private static final int GROUP = 4;

  /** For each output position: which inputs it reads, and their weights. */
  private record Weights(int[] first, int[] count, int[] weights, int stride) {}

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
    Weights rows = weights(from.height(), height, top, window.height());
    int last = window.height() - 1;
    int begin = rows.first[0];
    int end = rows.first[last] + rows.count[last];
    PictureSize narrow = new PictureSize(from.channels(), end - begin, window.width());
    int[] levels =
        alongRows(planes, from, begin, narrow, weights(from.width(), width, left, window.width()));
    for (int y = 0; y < window.height(); y++) {
      rows.first[y] -= begin;
    }
    return alongColumns(levels, narrow, window, rows);
  }

  /** Levels from 0 to 255 as whole numbers, which the second pass can take many of at once. */
  private static int[] alongRows(
      byte[] in, PictureSize from, int begin, PictureSize to, Weights exact) {
    int width = from.width();
    Weights w = grouped(exact, width);
    int[] out = new int[to.samples()];
    for (int c = 0, o = 0; c < to.channels(); c++) {
      for (int y = 0; y < to.height(); y++) {
        int row = (c * from.height() + begin + y) * width;
        for (int x = 0; x < to.width(); x++) {
          int sum = 1 << (BITS - 1);
          int at = row + w.first[x];
          int weight = x * w.stride;
          int k = 0;
          for (; k + GROUP <= w.count[x]; k += GROUP) {
            sum +=
                (in[at + k] & 0xff) * w.weights[weight + k]
                    + (in[at + k + 1] & 0xff) * w.weights[weight + k + 1]
                    + (in[at + k + 2] & 0xff) * w.weights[weight + k + 2]
                    + (in[at + k + 3] & 0xff) * w.weights[weight + k + 3];
          }
          for (; k < w.count[x]; k++) {
            sum += (in[at + k] & 0xff) * w.weights[weight + k];
          }
          out[o++] = clip(sum);
        }
      }
    }
    return out;
  }

  /** The same filter over whole groups, each within the row; as it is where a row has no room. */
  private static Weights grouped(Weights w, int width) {
    int most = 0;
    for (int count : w.count) {
      most = Math.max(most, count);
    }
    int padded = (most + GROUP - 1) / GROUP * GROUP;
    if (padded > width) {
      return w;
    }
    int n = w.first.length;
    int[] first = new int[n];
    int[] weights = new int[n * padded];
    for (int i = 0; i < n; i++) {
      first[i] = Math.min(w.first[i], width - padded);
      int shift = w.first[i] - first[i];
      System.arraycopy(w.weights, i * w.stride, weights, i * padded + shift, w.count[i]);
    }
    int[] count = new int[n];
    Arrays.fill(count, padded);
    return new Weights(first, count, weights, padded);
  }

  private static byte[] alongColumns(int[] in, PictureSize from, PictureSize to, Weights w) {
    int width = to.width();
    byte[] out = new byte[to.samples()];
    int[] sums = new int[width];
    for (int c = 0; c < to.channels(); c++) {
      for (int y = 0; y < to.height(); y++) {
        Arrays.fill(sums, 1 << (BITS - 1));
        for (int k = 0; k < w.count[y]; k++) {
          int weight = w.weights[y * w.stride + k];
          int row = (c * from.height() + w.first[y] + k) * width;
          for (int x = 0; x < width; x++) {
            sums[x] += in[row + x] * weight;
          }
        }
        int row = (c * to.height() + y) * width;
        for (int x = 0; x < width; x++) {
          out[row + x] = (byte) clip(sums[x]);
        }
      }
    }
    return out;
  }

  private static int clip(int sum) {
    return Math.max(0, Math.min(255, sum >> BITS));
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
