package io.resnet4j.train;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.Views;
import io.resnet4j.graph.Graph;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.ResNetSpec;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.UpdateRule;
import java.util.List;
import java.util.Objects;

/**
 * How a network is trained: everything but the network, the data and the seed. Written to {@code
 * config.json} as it was resolved, so that a run can be made again.
 *
 * @param name what it is called by
 * @param source where it comes from: a paper, or how it was found
 * @param length of the run, in steps or epochs
 * @param batch pictures in a step
 * @param precision what a run computes in unless told otherwise, on a machine that has instructions
 *     for it
 * @param optimiser the rule by which gradients move parameters
 * @param learningRate what the schedule multiplies
 * @param schedule how the learning rate moves
 * @param weightDecay coefficient of the weight in the rule's penalty, as PyTorch's optimisers
 * @param decayNormAndBias whether one-dimensional parameters (batch norm, biases) decay too
 * @param labelSmoothing share of each target spread over all classes, in [0, 1)
 * @param augment what becomes of pictures before they are learned from
 * @param normalisation what is subtracted from and divided by
 * @param evalBatch pictures at a time in evaluation
 * @param objective the loss
 * @param averaging averages of the weights
 * @param updating what stands around the optimiser
 * @param transfer what of a network that has learned before moves
 * @param dropPath probability of losing the last block's branch while training, for each picture by
 *     itself and in proportion before it ({@link io.resnet4j.nn.Regularisation}); 0 for none
 * @param testViews what is looked at of each picture in the test at the end of a run; validation
 *     sees the middle
 */
public record Recipe(
    String name,
    String source,
    Extent length,
    int batch,
    Precision precision,
    UpdateRule optimiser,
    double learningRate,
    Schedule schedule,
    double weightDecay,
    boolean decayNormAndBias,
    double labelSmoothing,
    Augmentations augment,
    Normalise normalisation,
    int evalBatch,
    Objective objective,
    Averaging averaging,
    Updating updating,
    Transfer transfer,
    Double dropPath,
    Views testViews) {

  /** How pictures become numbers around zero; statistics are the training set's. */
  public enum Normalise {
    /** Each channel to mean 0 and standard deviation 1. */
    PER_CHANNEL,
    /** The mean picture subtracted (He et al. 2015, section 4.2), pixels in [0, 1]. */
    PER_PIXEL_MEAN,
    /** ImageNet's mean and standard deviation, whatever the data: what its weights expect. */
    IMAGENET
  }

  /** Checks every range; what a recipe of an earlier version lacks takes its usual value. */
  public Recipe {
    objective = Objects.requireNonNullElse(objective, Objective.DEFAULT);
    averaging = Objects.requireNonNullElse(averaging, Averaging.NONE);
    updating = Objects.requireNonNullElse(updating, Updating.PLAIN);
    transfer = Objects.requireNonNullElse(transfer, Transfer.NONE);
    dropPath = Objects.requireNonNullElse(dropPath, 0.0);
    testViews = Objects.requireNonNullElse(testViews, Views.CENTRE);
    require(
        !(optimiser instanceof UpdateRule.Muon) || updating.companion() != null,
        "optimiser",
        "muon",
        "a companion for what is no convolution's weight, such as companion=adamw");
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
    require(dropPath >= 0 && dropPath < 1, "dropPath", dropPath, "a share in [0, 1), 0 for none");
  }

  /** With cross-entropy, no averages and nothing around the optimiser. */
  Recipe(
      String name,
      String source,
      Extent length,
      int batch,
      Precision precision,
      UpdateRule optimiser,
      double learningRate,
      Schedule schedule,
      double weightDecay,
      boolean decayNormAndBias,
      double labelSmoothing,
      Augmentations augment,
      Normalise normalisation,
      int evalBatch) {
    this(
        name,
        source,
        length,
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
        evalBatch,
        Objective.DEFAULT,
        Averaging.NONE,
        Updating.PLAIN,
        Transfer.NONE,
        0.0,
        Views.CENTRE);
  }

  private static void require(boolean holds, String key, Object value, String expected) {
    if (!holds) {
      throw new InvalidInputException("recipe: " + key + " " + value + ": give " + expected);
    }
  }

  /** The recipe as {@code config.json} holds it. */
  public String toJson() {
    return Json.line(this);
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
    return RecipeSettings.withLength(this, newLength);
  }

  /**
   * A network's parameters by what this recipe makes of them. The learning rate of a group is what
   * the schedule's is to be multiplied by.
   */
  public List<UpdateRule.Group> groups(Graph graph) {
    return ParameterGroups.of(this, graph);
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

  /**
   * A network as this recipe trains it, of the same parameters.
   *
   * @throws InvalidInputException if branches are to be dropped of a network that is not residual
   */
  ModelSpec trained(ModelSpec spec) {
    if (dropPath == 0) {
      return spec;
    }
    if (spec instanceof ResNetSpec residual) {
      return residual.withDropPath(dropPath);
    }
    throw new InvalidInputException(
        spec.name()
            + ": dropPath "
            + dropPath
            + ": it has no residual blocks whose branch could be dropped; set dropPath=0, or train"
            + " a residual network");
  }

  /** The learning rate of a step, counted from 0. */
  public double learningRate(long step, Schedule.Run run) {
    return learningRate * schedule.factor(step, run);
  }
}
