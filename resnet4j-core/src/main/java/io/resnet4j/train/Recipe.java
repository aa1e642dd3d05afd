package io.resnet4j.train;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Normalisation;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.UpdateRule;

/**
 * How a network is trained: everything but the network, the data and the seed. Written to {@code
 * config.json} as it was resolved, so that a run can be made again.
 *
 * @param name what it is called by
 * @param source where it comes from: a paper, or how it was found
 * @param length of the run, in steps or epochs
 * @param batch pictures in a step
 * @param precision what a run computes with unless told otherwise
 * @param optimiser momentum and its kind
 * @param learningRate what the schedule multiplies
 * @param schedule how the learning rate moves
 * @param weightDecay L2 coefficient added to the gradient, as PyTorch's SGD
 * @param decayNormAndBias whether one-dimensional parameters (batch norm, biases) decay too
 * @param labelSmoothing share of each target spread over all classes, in [0, 1)
 * @param augment what becomes of pictures before they are learned from
 * @param normalisation what is subtracted from and divided by
 * @param evalBatch pictures at a time in evaluation
 */
public record Recipe(
    String name,
    String source,
    Extent length,
    int batch,
    Precision precision,
    UpdateRule.Sgd optimiser,
    double learningRate,
    Schedule schedule,
    double weightDecay,
    boolean decayNormAndBias,
    double labelSmoothing,
    Augmentations augment,
    Normalise normalisation,
    int evalBatch) {

  /** How pictures become numbers around zero; statistics are the training set's. */
  public enum Normalise {
    /** Each channel to mean 0 and standard deviation 1. */
    PER_CHANNEL,
    /** The mean picture subtracted (He et al. 2015, section 4.2), pixels in [0, 1]. */
    PER_PIXEL_MEAN,
    /** ImageNet's mean and standard deviation, whatever the data: what its weights expect. */
    IMAGENET
  }

  /** Checks every range. */
  public Recipe {
    require(
        length.unit() != Extent.Unit.SHARE && length.amount() > 0,
        "length",
        length,
        "a number of steps or epochs above 0");
    require(
        length.unit() != Extent.Unit.EPOCHS || length.amount() == Math.rint(length.amount()),
        "length",
        length,
        "whole epochs, or steps");
    require(batch >= 1, "batch", batch, "a whole number of at least 1");
    require(evalBatch >= 1, "evalBatch", evalBatch, "a whole number of at least 1");
    require(
        learningRate > 0 && !Double.isInfinite(learningRate),
        "learningRate",
        learningRate,
        "a number above 0");
    require(
        weightDecay >= 0 && !Double.isInfinite(weightDecay),
        "weightDecay",
        weightDecay,
        "a number of at least 0");
    require(
        labelSmoothing >= 0 && labelSmoothing < 1,
        "labelSmoothing",
        labelSmoothing,
        "a share in [0, 1)");
  }

  private static void require(boolean holds, String key, Object value, String expected) {
    if (!holds) {
      throw new InvalidInputException("recipe: " + key + " " + value + ": give " + expected);
    }
  }

  /**
   * The recipe called {@code name}.
   *
   * @throws InvalidInputException if there is none; the message names the nearest
   */
  public static Recipe named(String name) {
    return Recipes.named(name);
  }

  /**
   * The same with one setting changed; {@link Recipes#settings} lists the keys.
   *
   * @throws InvalidInputException if the key is unknown (the message names the nearest) or the
   *     value is not of its type or range
   */
  public Recipe with(String key, String value) {
    return RecipeSettings.apply(this, key, value);
  }

  /**
   * The same with one setting changed, written {@code key=value}.
   *
   * @throws InvalidInputException as {@link #with}, or without an equals sign
   */
  public Recipe set(String keyAndValue) {
    int at = keyAndValue.indexOf('=');
    if (at < 1) {
      throw new InvalidInputException(
          "setting '" + keyAndValue + "': give key=value, such as learningRate=0.1");
    }
    return with(keyAndValue.substring(0, at).trim(), keyAndValue.substring(at + 1).trim());
  }

  /** The same for another length; milestones in shares of the run and cosines follow it. */
  public Recipe withLength(Extent newLength) {
    return new Recipe(
        name,
        source,
        newLength,
        batch,
        precision,
        optimiser,
        learningRate,
        schedule,
        weightDecay,
        decayNormAndBias,
        labelSmoothing,
        augment,
        normalisation,
        evalBatch);
  }

  /**
   * How pictures become numbers in a run that learns from {@code training}.
   *
   * @throws InvalidInputException if the pictures have other channels than the recipe's numbers
   */
  public Normalisation normalisation(Dataset training) {
    return switch (normalisation) {
      case PER_CHANNEL -> Normalisation.perChannel(training);
      case PER_PIXEL_MEAN -> Normalisation.perPixel(training);
      case IMAGENET -> Normalisation.imageNet();
    };
  }

  /** The learning rate of a step, counted from 0. */
  public double learningRate(long step, Schedule.Run run) {
    return learningRate * schedule.factor(step, run);
  }
}
