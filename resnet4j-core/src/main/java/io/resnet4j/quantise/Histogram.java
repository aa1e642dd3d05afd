package io.resnet4j.quantise;

import io.resnet4j.graph.Scaling;
import io.resnet4j.tensor.DType;
import java.util.Arrays;

/**
 * How often sizes of numbers were seen, in bins of one width from zero up; exact zeros, which any
 * scaling keeps, are left out. The width doubles as larger numbers come, so that one pass over the
 * data is enough.
 */
final class Histogram {
  static final int BINS = 4096;
  private static final double PERCENTILE = 0.9999;

  /** Candidates that the search for the least divergence tries. */
  private static final int TRIES = 128;

  private final long[] counts = new long[BINS];
  private double width;
  private double largest;
  private boolean negative;

  void add(float[] values) {
    double most = 0;
    for (float value : values) {
      most = Math.max(most, Math.abs(value));
      negative |= value < 0;
    }
    if (most == 0) {
      return;
    }
    largest = Math.max(largest, most);
    fit(most);
    double perWidth = 1 / width;
    for (float value : values) {
      if (value != 0) {
        counts[Math.min(BINS - 1, (int) (Math.abs(value) * perWidth))]++;
      }
    }
  }

  private void fit(double most) {
    if (width == 0) {
      // A power of two: then merging bins gives what wider bins would have counted.
      width = Math.scalb(1.0, Math.getExponent(most) + 1) / BINS;
    }
    while (most > width * BINS) {
      for (int i = 0; i < BINS / 2; i++) {
        counts[i] = counts[2 * i] + counts[2 * i + 1];
      }
      Arrays.fill(counts, BINS / 2, BINS, 0);
      width *= 2;
    }
  }

  /** Whether a number below zero was seen. */
  boolean negative() {
    return negative;
  }

  /** Whether anything but zeros was seen. */
  boolean empty() {
    return largest == 0;
  }

  /** The largest number that codes of {@code type} should stand for. */
  double limit(Method method, DType type) {
    return switch (method) {
      case MINMAX -> largest;
      case PERCENTILE -> Math.min(largest, percentile());
      case ENTROPY -> Math.min(largest, leastDivergence(Scaling.most(type) + 1));
    };
  }

  private double percentile() {
    long all = 0;
    for (long count : counts) {
      all += count;
    }
    long left = (long) Math.floor((1 - PERCENTILE) * all);
    int bin = BINS;
    while (bin > 1 && left >= counts[bin - 1]) {
      left -= counts[bin - 1];
      bin--;
    }
    return bin * width;
  }

  private double leastDivergence(int levels) {
    int top = BINS;
    while (top > 1 && counts[top - 1] == 0) {
      top--;
    }
    int first = Math.min(levels, top);
    double least = Double.POSITIVE_INFINITY;
    int best = top;
    for (int attempt = 0; attempt <= TRIES; attempt++) {
      int bins = first + (int) ((long) (top - first) * attempt / TRIES);
      double divergence = divergence(bins, levels);
      // Of equals the one that clips less.
      if (divergence <= least) {
        least = divergence;
        best = bins;
      }
    }
    return best * width;
  }

  /**
   * The divergence of the codes' distribution from that of the numbers, where {@code bins} bins are
   * kept and all above them fall on the last one.
   */
  private double divergence(int bins, int levels) {
    double clipped = 0;
    double all = 0;
    for (int i = 0; i < BINS; i++) {
      all += counts[i];
      clipped += i >= bins ? counts[i] : 0;
    }
    double kept = all - clipped;
    if (kept == 0) {
      return Double.POSITIVE_INFINITY;
    }
    double sum = 0;
    for (int level = 0; level < Math.min(levels, bins); level++) {
      int from = (int) ((long) level * bins / Math.min(levels, bins));
      int to = (int) ((long) (level + 1) * bins / Math.min(levels, bins));
      double total = 0;
      int filled = 0;
      for (int i = from; i < to; i++) {
        total += counts[i];
        filled += counts[i] > 0 ? 1 : 0;
      }
      for (int i = from; i < to; i++) {
        // The clipped numbers are there, though their codes tell nothing of where they were.
        double p = (counts[i] + (i == bins - 1 ? clipped : 0)) / all;
        if (p > 0) {
          double q = filled == 0 ? 0 : total / filled / kept;
          sum += p * Math.log(p / Math.max(q, 1e-12));
        }
      }
    }
    return sum;
  }
}
