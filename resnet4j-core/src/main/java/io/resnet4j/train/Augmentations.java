package io.resnet4j.train;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.Augmentation;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Framing;
import io.resnet4j.data.Loader;
import io.resnet4j.data.Mixing;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.augment.AlternatingFlip;
import io.resnet4j.data.augment.HorizontalFlip;
import io.resnet4j.data.augment.NamedAugmentation;
import io.resnet4j.data.augment.RandomCrop;
import io.resnet4j.data.augment.ReflectedCrop;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What becomes of pictures before they are learned from.
 *
 * @param size side of the network's square input; 0 for the size that the data has
 * @param evalSize side of its input in evaluation, and of what weights of the run are for; 0 for
 *     {@code size} (Touvron et al. 2019, arXiv:1906.06423: what random crops enlarge in training
 *     looks as large in a larger picture)
 * @param resize what the shorter side of a picture becomes before the middle is cut out for
 *     evaluation; 0 for the side of the input then
 * @param list of changes to each picture, one after the other
 * @param mixing of the pictures of a batch
 * @param repeats how often a picture of an epoch comes in it
 */
public record Augmentations(
    int size,
    Integer evalSize,
    int resize,
    List<NamedAugmentation> list,
    Mixing mixing,
    int repeats) {
  /** Pictures as they are. */
  public static final Augmentations NONE = new Augmentations(0, 0, 0, List.of(), Mixing.NONE, 1);

  private static final int LARGEST = 4096;

  /** Checks every range; what a recipe of an earlier version lacks takes its usual value. */
  public Augmentations {
    evalSize = Objects.requireNonNullElse(evalSize, 0);
    list = List.copyOf(list);
    require(size >= 0 && size <= LARGEST, "size", size, "0 (the data's own) to 4096");
    require(
        evalSize == 0 || (evalSize > 0 && evalSize <= LARGEST && size > 0),
        "evalSize",
        evalSize,
        "0 (the size in training), or where size is set 1 to 4096");
    int seen = seen(size, evalSize);
    require(
        resize == 0 || (resize >= seen && resize <= LARGEST && size > 0),
        "resize",
        resize,
        "0, or the size in evaluation (" + seen + ") or more where that is set, to 4096");
    require(repeats >= 1, "repeats", repeats, "a whole number of at least 1");
  }

  private static int seen(int size, int evalSize) {
    return evalSize == 0 ? size : evalSize;
  }

  private static void require(boolean holds, String key, Object value, String expected) {
    if (!holds) {
      throw new InvalidInputException("recipe: " + key + " " + value + ": give " + expected);
    }
  }

  /** The same with another list of changes. */
  public Augmentations withList(List<NamedAugmentation> newList) {
    return new Augmentations(size, evalSize, resize, newList, mixing, repeats);
  }

  /**
   * The same with every crop of padded pictures replaced, or added in front.
   *
   * @param padding pixels around a picture; 0 for no such crop
   */
  public Augmentations withCropPadding(int padding) {
    require(padding >= 0, "cropPadding", padding, "a whole number of at least 0");
    List<NamedAugmentation> changed = new ArrayList<>(list);
    changed.removeIf(Augmentations::cropsPadded);
    if (padding > 0) {
      changed.add(0, new RandomCrop(padding));
    }
    return withList(changed);
  }

  private static boolean cropsPadded(NamedAugmentation each) {
    return each instanceof RandomCrop || each instanceof ReflectedCrop;
  }

  /** The same with pictures mirrored half of the time, or not; after a crop, before all else. */
  public Augmentations withFlip(boolean flip) {
    List<NamedAugmentation> changed = new ArrayList<>(list);
    changed.removeIf(a -> a instanceof HorizontalFlip || a instanceof AlternatingFlip);
    if (flip) {
      boolean crops =
          !changed.isEmpty() && (cropsPadded(changed.get(0)) || changed.get(0) instanceof Framing);
      changed.add(crops ? 1 : 0, new HorizontalFlip());
    }
    return withList(changed);
  }

  /** The same with mixup; 0 for none. */
  public Augmentations withMixup(double alpha) {
    return mixed(new Mixing(alpha, mixing.cutMix()));
  }

  /** The same with CutMix; 0 for none. */
  public Augmentations withCutMix(double alpha) {
    return mixed(new Mixing(mixing.mixup(), alpha));
  }

  private Augmentations mixed(Mixing newMixing) {
    return new Augmentations(size, evalSize, resize, list, newMixing, repeats);
  }

  /** The same with pictures repeated. */
  public Augmentations withRepeats(int newRepeats) {
    return new Augmentations(size, evalSize, resize, list, mixing, newRepeats);
  }

  /** The same for another input; the share of a picture that evaluation sees stays. */
  public Augmentations withSize(int newSize) {
    int from = newSize <= 0 ? 0 : size;
    return new Augmentations(
        newSize,
        scaled(evalSize, newSize, from),
        scaled(resize, newSize, from),
        list,
        mixing,
        repeats);
  }

  /** The same for another input in evaluation; the share of a picture that it sees stays. */
  public Augmentations withEvalSize(int newEvalSize) {
    int newSeen = seen(size, newEvalSize);
    int newResize = scaled(resize, newSeen, newSeen <= 0 ? 0 : seen(size, evalSize));
    return new Augmentations(size, newEvalSize, newResize, list, mixing, repeats);
  }

  /** What {@code value} is to {@code from}, to {@code to}; 0 where there is no {@code from}. */
  private static int scaled(int value, int to, int from) {
    return from == 0 ? 0 : (int) Math.round((double) value * to / from);
  }

  /** The same with another shorter side before the middle is cut out. */
  public Augmentations withResize(int newResize) {
    return new Augmentations(size, evalSize, newResize, list, mixing, repeats);
  }

  /** {@code data} in the size of training; where that is not evaluation's, with its share. */
  public DataSplits framed(DataSplits data) {
    return size == 0
        ? data
        : data.framed(size, size, Math.max(size, scaled(resize, size, seen(size, evalSize))));
  }

  /** A set of {@link #framed} in the size of evaluation. */
  public Dataset evaluated(Dataset framed) {
    return evalSize == 0 ? framed : framed.framed(evalSize, evalSize, Math.max(evalSize, resize));
  }

  /** How a loader makes training batches. */
  public Loader.Options loading(int batch, long seed, Normalisation normalisation) {
    List<Integer> mean = normalisation.meanLevels();
    return Loader.Options.training(
            batch,
            seed,
            list.stream().<Augmentation>map(each -> each.filled(mean)).toList(),
            normalisation)
        .withMixing(mixing)
        .withRepeats(repeats);
  }
}
