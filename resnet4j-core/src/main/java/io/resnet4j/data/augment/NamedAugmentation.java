package io.resnet4j.data.augment;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.resnet4j.data.Augmentation;
import java.util.List;

/** An augmentation that recipes can ask for: what {@link #text} writes, {@link #parse} reads. */
public sealed interface NamedAugmentation extends Augmentation
    permits RandomCrop,
        ReflectedCrop,
        RandomResizedCrop,
        ScaledCrop,
        HorizontalFlip,
        AlternatingFlip,
        ColourJitter,
        Rotation,
        Cutout,
        RandomErasing,
        TrivialAugment,
        RandAugment,
        AutoAugment {
  /**
   * Reads one augmentation, such as {@code crop(4)} or {@code flip}; what is left away has its
   * usual value.
   *
   * @throws io.resnet4j.InvalidInputException if there is none of that name, or a value is not of
   *     its range
   */
  @JsonCreator
  static NamedAugmentation parse(String text) {
    return AugmentationText.read(text);
  }

  /**
   * Reads several with commas between, such as {@code randomResizedCrop, flip}; nothing or {@code
   * none} is an empty list.
   *
   * @throws io.resnet4j.InvalidInputException as {@link #parse}
   */
  static List<NamedAugmentation> parseList(String text) {
    return AugmentationText.readList(text);
  }

  /** Name and values, such as {@code randAugment(2,9,0,1)}. */
  @JsonValue
  String text();

  /**
   * This one, showing {@code levels} (one a channel) where it has nothing to show. Recipes give the
   * mean colour, which becomes zero.
   */
  default NamedAugmentation filled(List<Integer> levels) {
    return this;
  }
}
