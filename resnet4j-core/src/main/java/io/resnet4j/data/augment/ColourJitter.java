package io.resnet4j.data.augment;

import io.resnet4j.data.PictureSize;
import io.resnet4j.random.KeyedRandom;

/**
 * Changes brightness, contrast, saturation and hue by random amounts in a random order, as
 * torchvision. The order is drawn, then each amount.
 *
 * @param brightness the factor lies within this of 1
 * @param contrast the factor lies within this of 1
 * @param saturation the factor lies within this of 1
 * @param hue the largest turn of the colour circle, 0 to 0.5
 */
public record ColourJitter(double brightness, double contrast, double saturation, double hue)
    implements NamedAugmentation {
  private static final int PARTS = 4;

  /** Checks the ranges. */
  public ColourJitter {
    for (double part : new double[] {brightness, contrast, saturation}) {
      Ranges.require(part >= 0 && part <= 100, "colourJitter", "amount", part, "0 or more");
    }
    Ranges.require(hue >= 0 && hue <= 0.5, "colourJitter", "hue", hue, "0 to 0.5");
  }

  @Override
  public void apply(byte[] from, byte[] to, PictureSize size, KeyedRandom random) {
    int[] order = random.permutation(PARTS);
    double[] amounts = {
      factor(brightness, random),
      factor(contrast, random),
      factor(saturation, random),
      Ranges.uniform(random, -hue, hue)
    };
    Chain chain = new Chain(from, to, size);
    for (int part : order) {
      switch (part) {
        case 0 -> chain.then(brightness > 0, (f, t) -> Colours.brightness(f, t, size, amounts[0]));
        case 1 -> chain.then(contrast > 0, (f, t) -> Colours.contrast(f, t, size, amounts[1]));
        case 2 -> chain.then(saturation > 0, (f, t) -> Colours.saturation(f, t, size, amounts[2]));
        default -> chain.then(hue > 0, (f, t) -> Colours.hue(f, t, size, amounts[3]));
      }
    }
    chain.end();
  }

  private static double factor(double within, KeyedRandom random) {
    return Ranges.uniform(random, Math.max(0, 1 - within), 1 + within);
  }

  @Override
  public String text() {
    return AugmentationText.write("colourJitter", brightness, contrast, saturation, hue);
  }
}
