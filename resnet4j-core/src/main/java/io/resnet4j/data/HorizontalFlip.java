package io.resnet4j.data;

import io.resnet4j.random.KeyedRandom;

/** Mirrors left and right with probability one half. One draw. */
public record HorizontalFlip() implements Augmentation {
  @Override
  public void apply(byte[] from, byte[] to, PictureSize size, KeyedRandom random) {
    int samples = size.samples();
    if (!random.nextBoolean()) {
      System.arraycopy(from, 0, to, 0, samples);
      return;
    }
    int width = size.width();
    for (int row = 0; row < samples; row += width) {
      int last = row + width - 1;
      for (int x = 0; x < width; x++) {
        to[row + x] = from[last - x];
      }
    }
  }
}
