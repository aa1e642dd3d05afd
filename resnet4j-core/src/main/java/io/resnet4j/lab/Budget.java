package io.resnet4j.lab;

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

  /** Names and values in turn of the settings that {@link #of} reads. */
  static List<String> settings(String pictures, String steps, String recipe) {
    return List.of(PICTURES, pictures, STEPS, steps, RECIPE, recipe);
  }

  /**
   * What the settings allow.
   *
   * @throws io.resnet4j.InvalidInputException if a number of them is none
   */
  static Budget of(Settings settings) {
    return new Budget(
        settings.experiment(),
        settings.integer(PICTURES, 1),
        settings.text(RECIPE),
        settings.integer(STEPS, 1));
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
