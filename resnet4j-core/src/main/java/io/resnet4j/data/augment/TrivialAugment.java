package io.resnet4j.data.augment;

import io.resnet4j.data.PictureSize;
import io.resnet4j.random.KeyedRandom;

/**
 * One operation out of fourteen, at a strength out of 31, all equally likely (Müller and Hutter
 * 2021, arXiv:2103.10158; torchvision's {@code TrivialAugmentWide}). Three draws: operation,
 * strength, direction. Translations are up to 32 pixels whatever the picture's size.
 */
public record TrivialAugment() implements NamedAugmentation {
  private static final int BINS = 31;
  private static final int CHOICES = Operation.INVERT.ordinal();

  @Override
  public void apply(byte[] from, byte[] to, PictureSize size, KeyedRandom random) {
    Operation operation = Operation.values()[random.nextInt(CHOICES)];
    double share = random.nextInt(BINS) / (BINS - 1.0);
    double magnitude = operation.magnitude(share, Operation.Range.WIDE, size);
    boolean negative = random.nextBoolean() && operation.signed();
    operation.apply(from, to, size, negative ? -magnitude : magnitude);
  }

  @Override
  public String text() {
    return AugmentationText.write("trivialAugment");
  }
}
