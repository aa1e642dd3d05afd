package io.resnet4j.data.augment;

import io.resnet4j.data.Alternating;
import io.resnet4j.data.PictureSize;
import io.resnet4j.random.KeyedRandom;

/**
 * Mirrors left and right in every other epoch, beginning with the first or the second by a draw for
 * each sample: any two epochs in a row show a picture both ways, where independent draws show half
 * of them one way twice (Jordan 2024, arXiv:2404.00498).
 */
public record AlternatingFlip() implements NamedAugmentation, Alternating {
  @Override
  public void apply(byte[] from, byte[] to, PictureSize size, KeyedRandom ofSample, int epoch) {
    if (ofSample.nextBoolean() ^ epoch % 2 == 1) {
      HorizontalFlip.mirror(from, to, size);
    } else {
      System.arraycopy(from, 0, to, 0, size.samples());
    }
  }

  @Override
  public String text() {
    return AugmentationText.write("alternatingFlip");
  }
}
