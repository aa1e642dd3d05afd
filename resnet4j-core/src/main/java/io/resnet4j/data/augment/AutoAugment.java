package io.resnet4j.data.augment;

import io.resnet4j.data.PictureSize;
import io.resnet4j.random.KeyedRandom;
import java.util.Locale;

/**
 * One of 25 pairs of operations that were found by search on a data set (Cubuk et al. 2018,
 * arXiv:1805.09501; torchvision's tables). Five draws: the pair, whether each is done, the
 * direction of each.
 *
 * @param policy what it was found on
 */
public record AutoAugment(Policy policy) implements NamedAugmentation {
  private static final double STRONGEST = 9;

  /** The data sets that policies were found on. */
  public enum Policy {
    /** CIFAR-10. */
    CIFAR10,
    /** ImageNet. */
    IMAGENET
  }

  @Override
  public void apply(byte[] from, byte[] to, PictureSize size, KeyedRandom random) {
    AutoAugmentTables.Pair[] pairs = AutoAugmentTables.of(policy);
    AutoAugmentTables.Pair pair = pairs[random.nextInt(pairs.length)];
    boolean doFirst = random.nextUniform() <= pair.first().probability();
    boolean doSecond = random.nextUniform() <= pair.second().probability();
    boolean firstUp = random.nextBoolean();
    boolean secondUp = random.nextBoolean();
    Chain chain = new Chain(from, to, size);
    chain.then(doFirst, (f, t) -> apply(pair.first(), firstUp, f, t, size));
    chain.then(doSecond, (f, t) -> apply(pair.second(), secondUp, f, t, size));
    chain.end();
  }

  private static void apply(
      AutoAugmentTables.Part part, boolean up, byte[] from, byte[] to, PictureSize size) {
    Operation operation = part.operation();
    double magnitude =
        operation.magnitude(part.strength() / STRONGEST, Operation.Range.USUAL, size);
    operation.apply(from, to, size, operation.signed() && !up ? -magnitude : magnitude);
  }

  @Override
  public String text() {
    return AugmentationText.write("autoAugment", policy.name().toLowerCase(Locale.ROOT));
  }
}
