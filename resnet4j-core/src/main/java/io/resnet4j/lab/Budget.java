package io.resnet4j.lab;

import io.resnet4j.train.Recipe;
import java.util.List;

/**
 * What an experiment lets the training of each of its networks cost.
 *
 * @param experiment whose networks they are; the draw of the pictures is keyed by it
 * @param pictures of the training set, at least one
 * @param recipe its name, or {@link ShortTraining#USUAL}
 * @param steps updates, at least one
 */
record Budget(String experiment, int pictures, String recipe, int steps) {
  private static final String PICTURES = "pictures";
  private static final String STEPS = "steps";
  private static final String RECIPE = "recipe";

  /** The recipe of He et al. 2015, section 4.2. */
  private static final String PAPERS = "cifar10-he2015";

  /** Names and values in turn of the settings that {@link #of} reads. */
  static List<String> settings(String pictures, String steps, String recipe) {
    return List.of(PICTURES, pictures, STEPS, steps, RECIPE, recipe);
  }

  /** The recipe of the residual networks of 2015 on CIFAR-10, or the usual one. */
  static String recipe(boolean full) {
    return full ? PAPERS : ShortTraining.USUAL;
  }

  /**
   * What the settings allow.
   *
   * @throws io.resnet4j.InvalidInputException if a number of them is none, or there is no such
   *     recipe
   */
  static Budget of(Settings settings) {
    requireRecipe(settings);
    return new Budget(
        settings.experiment(),
        settings.integer(PICTURES, 1),
        settings.text(RECIPE),
        settings.integer(STEPS, 1));
  }

  /** Refuses the name of a recipe that is none. */
  static void requireRecipe(Settings settings) {
    if (!settings.text(RECIPE).equals(ShortTraining.USUAL)) {
      Recipe.named(settings.text(RECIPE));
    }
  }

  /**
   * A way to train on all pictures, by the settings {@code steps} and {@code recipe}.
   *
   * @throws io.resnet4j.InvalidInputException if there is no such recipe
   */
  static ShortTraining onAll(Settings settings, Bench bench) {
    return new ShortTraining(bench, settings.text(RECIPE), settings.integer(STEPS, 1));
  }

  /** What is trained on. */
  Bench bench(Bench whole) {
    return whole.limited(experiment, pictures);
  }

  /**
   * How it is trained.
   *
   * @param limited what {@link #bench} gives
   * @throws io.resnet4j.InvalidInputException if there is no such recipe
   */
  ShortTraining training(Bench limited) {
    return new ShortTraining(limited, recipe, steps);
  }
}
