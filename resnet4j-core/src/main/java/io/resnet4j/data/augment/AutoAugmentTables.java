package io.resnet4j.data.augment;

import static io.resnet4j.data.augment.Operation.AUTO_CONTRAST;
import static io.resnet4j.data.augment.Operation.BRIGHTNESS;
import static io.resnet4j.data.augment.Operation.COLOUR;
import static io.resnet4j.data.augment.Operation.CONTRAST;
import static io.resnet4j.data.augment.Operation.EQUALIZE;
import static io.resnet4j.data.augment.Operation.INVERT;
import static io.resnet4j.data.augment.Operation.POSTERIZE;
import static io.resnet4j.data.augment.Operation.ROTATE;
import static io.resnet4j.data.augment.Operation.SHARPNESS;
import static io.resnet4j.data.augment.Operation.SHEAR_X;
import static io.resnet4j.data.augment.Operation.SHEAR_Y;
import static io.resnet4j.data.augment.Operation.SOLARIZE;
import static io.resnet4j.data.augment.Operation.TRANSLATE_X;
import static io.resnet4j.data.augment.Operation.TRANSLATE_Y;

/** The pairs of AutoAugment: operation, probability and strength from 0 to 9, twice. */
final class AutoAugmentTables {
  private static final Pair[] CIFAR10 = {
    pair(INVERT, 0.1, 0, CONTRAST, 0.2, 6),
    pair(ROTATE, 0.7, 2, TRANSLATE_X, 0.3, 9),
    pair(SHARPNESS, 0.8, 1, SHARPNESS, 0.9, 3),
    pair(SHEAR_Y, 0.5, 8, TRANSLATE_Y, 0.7, 9),
    pair(AUTO_CONTRAST, 0.5, 0, EQUALIZE, 0.9, 0),
    pair(SHEAR_Y, 0.2, 7, POSTERIZE, 0.3, 7),
    pair(COLOUR, 0.4, 3, BRIGHTNESS, 0.6, 7),
    pair(SHARPNESS, 0.3, 9, BRIGHTNESS, 0.7, 9),
    pair(EQUALIZE, 0.6, 0, EQUALIZE, 0.5, 0),
    pair(CONTRAST, 0.6, 7, SHARPNESS, 0.6, 5),
    pair(COLOUR, 0.7, 7, TRANSLATE_X, 0.5, 8),
    pair(EQUALIZE, 0.3, 0, AUTO_CONTRAST, 0.4, 0),
    pair(TRANSLATE_Y, 0.4, 3, SHARPNESS, 0.2, 6),
    pair(BRIGHTNESS, 0.9, 6, COLOUR, 0.2, 8),
    pair(SOLARIZE, 0.5, 2, INVERT, 0.0, 0),
    pair(EQUALIZE, 0.2, 0, AUTO_CONTRAST, 0.6, 0),
    pair(EQUALIZE, 0.2, 0, EQUALIZE, 0.6, 0),
    pair(COLOUR, 0.9, 9, EQUALIZE, 0.6, 0),
    pair(AUTO_CONTRAST, 0.8, 0, SOLARIZE, 0.2, 8),
    pair(BRIGHTNESS, 0.1, 3, COLOUR, 0.7, 0),
    pair(SOLARIZE, 0.4, 5, AUTO_CONTRAST, 0.9, 0),
    pair(TRANSLATE_Y, 0.9, 9, TRANSLATE_Y, 0.7, 9),
    pair(AUTO_CONTRAST, 0.9, 0, SOLARIZE, 0.8, 3),
    pair(EQUALIZE, 0.8, 0, INVERT, 0.1, 0),
    pair(TRANSLATE_Y, 0.7, 9, AUTO_CONTRAST, 0.9, 0)
  };

  private static final Pair[] IMAGENET = {
    pair(POSTERIZE, 0.4, 8, ROTATE, 0.6, 9),
    pair(SOLARIZE, 0.6, 5, AUTO_CONTRAST, 0.6, 0),
    pair(EQUALIZE, 0.8, 0, EQUALIZE, 0.6, 0),
    pair(POSTERIZE, 0.6, 7, POSTERIZE, 0.6, 6),
    pair(EQUALIZE, 0.4, 0, SOLARIZE, 0.2, 4),
    pair(EQUALIZE, 0.4, 0, ROTATE, 0.8, 8),
    pair(SOLARIZE, 0.6, 3, EQUALIZE, 0.6, 0),
    pair(POSTERIZE, 0.8, 5, EQUALIZE, 1.0, 0),
    pair(ROTATE, 0.2, 3, SOLARIZE, 0.6, 8),
    pair(EQUALIZE, 0.6, 0, POSTERIZE, 0.4, 6),
    pair(ROTATE, 0.8, 8, COLOUR, 0.4, 0),
    pair(ROTATE, 0.4, 9, EQUALIZE, 0.6, 0),
    pair(EQUALIZE, 0.0, 0, EQUALIZE, 0.8, 0),
    pair(INVERT, 0.6, 0, EQUALIZE, 1.0, 0),
    pair(COLOUR, 0.6, 4, CONTRAST, 1.0, 8),
    pair(ROTATE, 0.8, 8, COLOUR, 1.0, 2),
    pair(COLOUR, 0.8, 8, SOLARIZE, 0.8, 7),
    pair(SHARPNESS, 0.4, 7, INVERT, 0.6, 0),
    pair(SHEAR_X, 0.6, 5, EQUALIZE, 1.0, 0),
    pair(COLOUR, 0.4, 0, EQUALIZE, 0.6, 0),
    pair(EQUALIZE, 0.4, 0, SOLARIZE, 0.2, 4),
    pair(SOLARIZE, 0.6, 5, AUTO_CONTRAST, 0.6, 0),
    pair(INVERT, 0.6, 0, EQUALIZE, 1.0, 0),
    pair(COLOUR, 0.6, 4, CONTRAST, 1.0, 8),
    pair(EQUALIZE, 0.8, 0, EQUALIZE, 0.6, 0)
  };

  /** What may be done, and how strongly. */
  record Part(Operation operation, double probability, int strength) {}

  /** Two parts, one after the other. */
  record Pair(Part first, Part second) {}

  private AutoAugmentTables() {}

  static Pair[] of(AutoAugment.Policy policy) {
    return policy == AutoAugment.Policy.CIFAR10 ? CIFAR10 : IMAGENET;
  }

  private static Pair pair(
      Operation first, double p, int strength, Operation second, double q, int other) {
    return new Pair(new Part(first, p, strength), new Part(second, q, other));
  }
}
