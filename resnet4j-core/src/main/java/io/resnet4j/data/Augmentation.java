package io.resnet4j.data;

import io.resnet4j.random.KeyedRandom;

/**
 * A random change of a picture that keeps its class: a pure function of the picture and the
 * generator, which the {@link Loader} keys by (seed, epoch, sample, position in the list), so that
 * the draws depend neither on the thread nor on the other augmentations.
 */
public interface Augmentation {
  /**
   * Reads the picture in {@code from} and writes the changed one, of the same size, to {@code to}.
   * Both hold at least {@code size.samples()} bytes, planes of unsigned samples, and are different
   * arrays; {@code from} is left as it is.
   */
  void apply(byte[] from, byte[] to, PictureSize size, KeyedRandom random);

  /**
   * Fails early where {@link #apply} could not work.
   *
   * @throws io.resnet4j.InvalidInputException if pictures of this size cannot be augmented so
   */
  default void check(PictureSize size) {}
}
