package io.resnet4j.data.augment;

import io.resnet4j.data.PictureSize;

/** Applies one operation after the other between two arrays; the first one is never written to. */
final class Chain {
  private final byte[] last;
  private final int samples;
  private byte[] now;

  /** Reads one array and writes another. */
  @FunctionalInterface
  interface Step {
    void apply(byte[] from, byte[] to);
  }

  Chain(byte[] from, byte[] to, PictureSize size) {
    last = to;
    samples = size.samples();
    now = from;
  }

  void then(boolean wanted, Step step) {
    if (wanted) {
      byte[] next = now == last ? new byte[samples] : last;
      step.apply(now, next);
      now = next;
    }
  }

  /** Puts the result where it belongs. */
  void end() {
    if (now != last) {
      System.arraycopy(now, 0, last, 0, samples);
    }
  }
}
