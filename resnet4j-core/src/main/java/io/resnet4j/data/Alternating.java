package io.resnet4j.data;

import io.resnet4j.random.KeyedRandom;

/** An augmentation that goes by the epoch: a pure function of the sample's draws and its number. */
public interface Alternating extends Augmentation {
  /**
   * As {@link Augmentation#apply(byte[], byte[], PictureSize, KeyedRandom)} in an epoch.
   *
   * @param ofSample the same draws in every epoch, keyed by (seed, sample, position in the list)
   * @param epoch counted from 0
   */
  void apply(byte[] from, byte[] to, PictureSize size, KeyedRandom ofSample, int epoch);

  /** As in the first epoch. */
  @Override
  default void apply(byte[] from, byte[] to, PictureSize size, KeyedRandom random) {
    apply(from, to, size, random, 0);
  }
}
