package io.resnet4j.data;

import java.util.Arrays;

/**
 * Separable resampling with a triangle filter, first along rows, then along columns, each pass
 * rounded to 8 bits. Weights are fixed point with 22 fractional bits, which is what makes the
 * result equal to Pillow's bit for bit (and keeps it equal on every machine).
 */
final class Resampler {
  private static final int BITS = 22;

  /** For each output position: which inputs it reads, and their weights. */
  private record Weights(int[] first, int[] count, int[] weights, int stride) {}

  private Resampler() {}

  static byte[] resize(byte[] planes, PictureSize from, PictureSize to) {
    int rows = from.channels() * from.height();
    byte[] wide =
        to.width() == from.width()
            ? planes
            : alongRows(planes, rows, from.width(), weights(from.width(), to.width()), to.width());
    if (to.height() == from.height()) {
      return wide;
    }
    return alongColumns(wide, from, to, weights(from.height(), to.height()));
  }

  private static byte[] alongRows(byte[] in, int rows, int width, Weights w, int toWidth) {
    byte[] out = new byte[Math.multiplyExact(rows, toWidth)];
    for (int y = 0; y < rows; y++) {
      int row = y * width;
      for (int x = 0; x < toWidth; x++) {
        int sum = 1 << (BITS - 1);
        int at = row + w.first[x];
        int weight = x * w.stride;
        for (int k = 0; k < w.count[x]; k++) {
          sum += (in[at + k] & 0xff) * w.weights[weight + k];
        }
        out[y * toWidth + x] = clip(sum);
      }
    }
    return out;
  }

  private static byte[] alongColumns(byte[] in, PictureSize from, PictureSize to, Weights w) {
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
            sums[x] += (in[row + x] & 0xff) * weight;
          }
        }
        int row = (c * to.height() + y) * width;
        for (int x = 0; x < width; x++) {
          out[row + x] = clip(sums[x]);
        }
      }
    }
    return out;
  }

  private static byte clip(int sum) {
    return (byte) Math.max(0, Math.min(255, sum >> BITS));
  }

  private static Weights weights(int from, int to) {
    double scale = (double) from / to;
    double reach = Math.max(1, scale);
    int stride = (int) Math.ceil(reach) * 2 + 1;
    int[] first = new int[to];
    int[] count = new int[to];
    int[] weights = new int[to * stride];
    double[] exact = new double[stride];
    for (int i = 0; i < to; i++) {
      double centre = (i + 0.5) * scale;
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
