package io.resnet4j.data;

import io.resnet4j.random.KeyedRandom;

/**
 * An augmentation that also chooses what part of a whole picture is seen. Where it comes first, the
 * {@link Loader} gives it {@link Dataset#whole whole} pictures.
 */
public interface Framing extends Augmentation {
  /** Writes a part of {@code whole}, as large as {@code size}, to {@code to}. */
  void frame(Picture whole, byte[] to, PictureSize size, KeyedRandom random);
}
