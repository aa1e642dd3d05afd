package io.resnet4j.train;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import io.resnet4j.data.augment.HorizontalFlip;
import io.resnet4j.data.augment.RandomResizedCrop;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.UpdateRule;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The named recipes. */
public final class Recipes {
  private static final String HE_2015 = "He et al. 2015, arXiv:1512.03385";
  private static final Map<String, Recipe> ALL = new LinkedHashMap<>();

  private static final Augmentations CROP_AND_FLIP =
      Augmentations.NONE.withCropPadding(4).withFlip(true);

  static {
    add(
        new Recipe(
            "cifar10-default",
            "resnet4j: a good ResNet-20 in ten epochs",
            Extent.epochs(10),
            128,
            Precision.BF16,
            new UpdateRule.Sgd(0.9, true),
            0.2,
            new Schedule.WarmUp(Extent.share(0.1), 0.1, new Schedule.Cosine(0)),
            5e-4,
            true,
            0,
            CROP_AND_FLIP,
            Recipe.Normalise.PER_CHANNEL,
            500));
    add(
        new Recipe(
            "cifar10-he2015",
            HE_2015 + ", section 4.2",
            Extent.steps(64_000),
            128,
            Precision.BF16,
            new UpdateRule.Sgd(0.9, false),
            0.1,
            new Schedule.MultiStep(List.of(Extent.steps(32_000), Extent.steps(48_000)), 0.1),
            1e-4,
            true,
            0,
            CROP_AND_FLIP,
            Recipe.Normalise.PER_PIXEL_MEAN,
            500));
    add(
        new Recipe(
            "mnist-default",
            "resnet4j: digits and clothes, which may not be mirrored",
            Extent.epochs(3),
            128,
            Precision.BF16,
            new UpdateRule.Sgd(0.9, true),
            0.1,
            new Schedule.WarmUp(Extent.share(0.1), 0.1, new Schedule.Cosine(0)),
            5e-4,
            true,
            0,
            Augmentations.NONE.withCropPadding(2),
            Recipe.Normalise.PER_CHANNEL,
            500));
    add(
        new Recipe(
            "synthetic-default",
            "resnet4j: the pictures that quickstart draws",
            Extent.epochs(5),
            64,
            Precision.BF16,
            new UpdateRule.Sgd(0.9, true),
            0.1,
            new Schedule.WarmUp(Extent.share(0.1), 0.1, new Schedule.Cosine(0)),
            5e-4,
            true,
            0,
            Augmentations.NONE,
            Recipe.Normalise.PER_CHANNEL,
            250));
    add(
        new Recipe(
            "folder-default",
            "resnet4j: photographs at 224x224, framed as torchvision's reference training does",
            Extent.epochs(30),
            32,
            Precision.BF16,
            new UpdateRule.Sgd(0.9, true),
            0.02,
            new Schedule.WarmUp(Extent.share(0.1), 0.1, new Schedule.Cosine(0)),
            1e-4,
            true,
            0.1,
            Augmentations.NONE
                .withSize(224)
                .withResize(256)
                .withList(List.of(new RandomResizedCrop(), new HorizontalFlip())),
            Recipe.Normalise.IMAGENET,
            50));
  }

  private Recipes() {}

  private static void add(Recipe recipe) {
    ALL.put(recipe.name(), recipe);
  }

  /** Every named recipe. */
  public static List<Recipe> all() {
    return List.copyOf(ALL.values());
  }

  /**
   * The recipe called {@code name}.
   *
   * @throws InvalidInputException if there is none; the message names the nearest
   */
  public static Recipe named(String name) {
    Recipe recipe = ALL.get(name);
    if (recipe == null) {
      throw new InvalidInputException(
          "recipe '"
              + name
              + "' is unknown"
              + Nearest.suggestion(name, ALL.keySet())
              + " (known: "
              + String.join(", ", ALL.keySet())
              + ")");
    }
    return recipe;
  }

  /** The keys of {@link Recipe#with}, each with what its value must be. */
  public static Map<String, String> settings() {
    return RecipeSettings.expected();
  }

  /**
   * The recipe that suits a data set: the drawn pictures, MNIST and folders have their own, all
   * others get CIFAR's.
   *
   * @param dataset its name, such as {@code MNIST train}
   */
  public static Recipe defaultFor(String dataset) {
    String name = dataset.toLowerCase(Locale.ROOT);
    return named(
        name.contains("synthetic")
            ? "synthetic-default"
            : name.contains("mnist")
                ? "mnist-default"
                : name.startsWith("folder") ? "folder-default" : "cifar10-default");
  }
}
