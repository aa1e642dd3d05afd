package io.resnet4j.train;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import io.resnet4j.data.augment.AlternatingFlip;
import io.resnet4j.data.augment.Cutout;
import io.resnet4j.data.augment.HorizontalFlip;
import io.resnet4j.data.augment.RandomResizedCrop;
import io.resnet4j.data.augment.ReflectedCrop;
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

  /** The rate of He et al. on CIFAR-10. */
  private static final Schedule TWO_DROPS =
      new Schedule.MultiStep(List.of(Extent.steps(32_000), Extent.steps(48_000)), 0.1);

  private static final Schedule BEGUN_GENTLY =
      new Schedule.WarmUp(Extent.steps(400), 0.1, true, TWO_DROPS);

  /** 224 pixels, as torchvision's reference training. */
  private static final Augmentations FRAMED =
      Augmentations.NONE
          .withSize(224)
          .withResize(256)
          .withList(List.of(new RandomResizedCrop(), new HorizontalFlip()));

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
                "cifar10-fast",
                "resnet4j: ten epochs for resnet9, after Page (davidcpage/cifar10-fast) and Jordan"
                    + " 2024, arXiv:2404.00498; how accurate it gets has not been measured yet",
                Extent.epochs(10),
                512,
                Precision.BF16,
                new UpdateRule.Sgd(0.9, true),
                0.4,
                new Schedule.OneCycle(0.2, 0.05, 0, false),
                5e-4,
                true,
                0.2,
                Augmentations.NONE.withList(
                    List.of(new ReflectedCrop(2), new AlternatingFlip(), new Cutout(8))),
                Recipe.Normalise.PER_CHANNEL,
                500)
            .set("ema=0.95")
            .set("emaEvery=5")
            .set("testViews=flip"));
    add(
        new Recipe(
            "cifar10-he2015",
            HE_2015 + ", section 4.2",
            Extent.steps(64_000),
            128,
            Precision.BF16,
            new UpdateRule.Sgd(0.9, false),
            0.1,
            TWO_DROPS,
            1e-4,
            true,
            0,
            CROP_AND_FLIP,
            Recipe.Normalise.PER_PIXEL_MEAN,
            500));
    add(
        new Recipe(
            "cifar10-he2015-110",
            HE_2015
                + ", section 4.2, for 110 layers: a tenth of the rate for the 400 steps after which"
                + " the paper's training error fell below 80 %",
            Extent.steps(64_000),
            128,
            Precision.BF16,
            new UpdateRule.Sgd(0.9, false),
            0.1,
            BEGUN_GENTLY,
            1e-4,
            true,
            0,
            CROP_AND_FLIP,
            Recipe.Normalise.PER_PIXEL_MEAN,
            500));
    add(
        new Recipe(
            "cifar10-he2016",
            "He et al. 2016, arXiv:1603.05027, appendix",
            Extent.steps(64_000),
            128,
            Precision.BF16,
            new UpdateRule.Sgd(0.9, false),
            0.1,
            BEGUN_GENTLY,
            1e-4,
            true,
            0,
            CROP_AND_FLIP,
            Recipe.Normalise.PER_PIXEL_MEAN,
            500));
    add(
        new Recipe(
            "cifar-wide",
            "Zagoruyko and Komodakis 2016, arXiv:1605.07146, section 3",
            Extent.epochs(200),
            128,
            Precision.BF16,
            new UpdateRule.Sgd(0.9, true),
            0.1,
            new Schedule.MultiStep(
                List.of(Extent.epochs(60), Extent.epochs(120), Extent.epochs(160)), 0.2),
            5e-4,
            true,
            0,
            Augmentations.NONE.withList(List.of(new ReflectedCrop(4), new HorizontalFlip())),
            Recipe.Normalise.PER_CHANNEL,
            500));
    add(
        imageNet(
                "imagenet-he2015",
                HE_2015
                    + ", section 3.4, without its change of colours, normalised as by torchvision;"
                    + " a plateau is five epochs without a better validation",
                Extent.steps(600_000),
                256,
                0.1,
                new Schedule.OnPlateau(0.1, 5, 0, 0),
                1e-4)
            .set("decayNormAndBias=true")
            .set("augment=scaledCrop(256,480),flip")
            .set("testViews=crops"));
    add(
        imageNet(
                "imagenet-torchvision-v2",
                "torchvision's second weights of ResNet-50; its EMA decay 0.99998, scaled as its"
                    + " script does",
                Extent.epochs(600),
                1024,
                0.5,
                new Schedule.WarmUp(Extent.epochs(5), 0.01, new Schedule.Cosine(0)),
                2e-5)
            .set("labelSmoothing=0.1")
            .set("augment=randomResizedCrop,flip,trivialAugment,randomErasing(0.1)")
            .set("mixup=0.2")
            .set("cutMix=1")
            .set("repeats=4")
            .set("size=176")
            .set("evalSize=224")
            .set("resize=232")
            // 1 - (1 - 0.99998) * 1024 * 32 / 600 epochs.
            .set("ema=0.99890773")
            .set("emaEvery=32")
            .set("emaWarmUp=true"));
    add(
        rsb("a1", 600, 5e-3, 0.01, 7)
            .set("mixup=0.2")
            .set("repeats=3")
            .set("labelSmoothing=0.1")
            .set("dropPath=0.05"));
    add(rsb("a2", 300, 5e-3, 0.02, 7).set("repeats=3").set("dropPath=0.05"));
    add(rsb("a3", 100, 8e-3, 0.02, 6).set("size=160").set("evalSize=224").set("resize=236"));
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
            FRAMED,
            Recipe.Normalise.IMAGENET,
            50));
  }

  static {
    add(
        new Recipe(
                "finetune-head",
                "resnet4j: a new head over a network that has learned, which stays as it is",
                Extent.epochs(8),
                32,
                Precision.BF16,
                new UpdateRule.Adam(0.9, 0.999, 1e-8, true),
                3e-3,
                new Schedule.Cosine(0),
                1e-4,
                false,
                0,
                Augmentations.NONE.withFlip(true),
                Recipe.Normalise.PER_CHANNEL,
                50)
            .set("trained=head")
            .set("frozenNorms=true"));
    add(
        new Recipe(
                "finetune",
                "resnet4j: all of a network that has learned, the earlier layers more slowly",
                Extent.epochs(20),
                32,
                Precision.BF16,
                new UpdateRule.Sgd(0.9, true),
                0.02,
                new Schedule.WarmUp(Extent.share(0.1), 0.1, new Schedule.Cosine(0)),
                1e-4,
                false,
                0.1,
                Augmentations.NONE.withFlip(true),
                Recipe.Normalise.PER_CHANNEL,
                50)
            .set("layerDecay=0.7"));
  }

  private Recipes() {}

  /** SGD on ImageNet without decay of norms and biases. */
  private static Recipe imageNet(
      String name,
      String source,
      Extent length,
      int batch,
      double learningRate,
      Schedule schedule,
      double weightDecay) {
    return new Recipe(
        name,
        source,
        length,
        batch,
        Precision.BF16,
        new UpdateRule.Sgd(0.9, false),
        learningRate,
        schedule,
        weightDecay,
        false,
        0,
        FRAMED,
        Recipe.Normalise.IMAGENET,
        100);
  }

  /**
   * Wightman et al. 2021, arXiv:2110.00476, table 2; the clipping is timm's LAMB's. Evaluation sees
   * the middle 0.95 of a picture, of 224 pixels whatever training does.
   *
   * @param magnitude of RandAugment on timm's scale, which ends at 10
   */
  private static Recipe rsb(
      String variant, int epochs, double learningRate, double weightDecay, int magnitude) {
    return imageNet(
            "imagenet-rsb-" + variant,
            "Wightman et al. 2021, arXiv:2110.00476, procedure " + variant.toUpperCase(Locale.ROOT),
            Extent.epochs(epochs),
            2048,
            learningRate,
            new Schedule.WarmUp(Extent.epochs(5), 0, new Schedule.Cosine(0)),
            weightDecay)
        .set("optimiser=lamb")
        .set("clip=1")
        .set("loss=binary_cross_entropy")
        .set("targetThreshold=0.2")
        .set("augment=randomResizedCrop,flip,randAugment(2," + 3 * magnitude + ",1.5,0.5)")
        .set("mixup=0.1")
        .set("cutMix=1")
        .set("resize=236");
  }

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
