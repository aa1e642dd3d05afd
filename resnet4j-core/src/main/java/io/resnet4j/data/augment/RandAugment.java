package io.resnet4j.data.augment;

import io.resnet4j.data.PictureSize;
import io.resnet4j.random.KeyedRandom;

/**
 * Several operations out of fourteen, one after the other, at one strength (Cubuk et al. 2019,
 * arXiv:1909.13719; torchvision's {@code RandAugment}). Draws for each operation: which one,
 * whether it is left out where that may be, its strength where that varies (two), its direction.
 *
 * @param operations how many
 * @param magnitude on a scale from 0 to 30
 * @param deviation of a normal variation of the strength, on the same scale; 0 for none (timm's
 *     {@code mstd}, whose scale ends at 10)
 * @param probability with which each of them is done (torchvision: 1; timm: 0.5)
 */
public record RandAugment(int operations, double magnitude, double deviation, double probability)
    implements NamedAugmentation {
  private static final double STRONGEST = 30;
  private static final int CHOICES = Operation.INVERT.ordinal();

  /** Checks the ranges. */
  public RandAugment {
    Ranges.require(
        operations >= 1 && operations <= 16, "randAugment", "operations", operations, "1 to 16");
    Ranges.require(
        magnitude >= 0 && magnitude <= STRONGEST, "randAugment", "magnitude", magnitude, "0 to 30");
    Ranges.require(
        deviation >= 0 && deviation <= STRONGEST, "randAugment", "deviation", deviation, "0 to 30");
    Ranges.requireShare("randAugment", "probability", probability);
  }

  @Override
  public void apply(byte[] from, byte[] to, PictureSize size, KeyedRandom random) {
    Chain chain = new Chain(from, to, size);
    for (int i = 0; i < operations; i++) {
      Operation operation = Operation.values()[random.nextInt(CHOICES)];
      if (probability < 1 && random.nextUniform() >= probability) {
        continue;
      }
      double strength = magnitude;
      if (deviation > 0) {
        strength += deviation * random.nextNormal();
      }
      double share = Math.max(0, Math.min(1, strength / STRONGEST));
      double absolute = operation.magnitude(share, Operation.Range.USUAL, size);
      boolean negative = random.nextBoolean() && operation.signed();
      double signed = negative ? -absolute : absolute;
      chain.then(operation != Operation.IDENTITY, (f, t) -> operation.apply(f, t, size, signed));
    }
    chain.end();
  }

  @Override
  public String text() {
    return AugmentationText.write("randAugment", operations, magnitude, deviation, probability);
  }
}
