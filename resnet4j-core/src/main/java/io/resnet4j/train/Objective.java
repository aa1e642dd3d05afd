package io.resnet4j.train;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.Dataset;
import io.resnet4j.graph.Criterion;
import java.util.Arrays;
import java.util.List;

/**
 * The loss of a recipe, besides its label smoothing; {@link Criterion} has the formulas.
 *
 * @param loss its kind
 * @param focus exponent of the focal loss: 0, or at least 1
 * @param threshold of binary targets; 1 for none
 * @param balanced whether classes are weighted by the inverse of how often they come in the
 *     training set; over its pictures the weights average 1
 * @param temperature of a distillation, above 0; used only with a teacher
 * @param teacherShare of the loss, in [0, 1]; used only with a teacher
 */
public record Objective(
    Loss loss,
    double focus,
    double threshold,
    boolean balanced,
    double temperature,
    double teacherShare) {
  /** Cross-entropy; with a teacher, nine tenths of distillation at temperature 4. */
  public static final Objective DEFAULT = new Objective(Loss.CROSS_ENTROPY, 0, 1, false, 4, 0.9);

  /** Kinds of loss. */
  public enum Loss {
    /** Of the softmax. */
    CROSS_ENTROPY,
    /** A yes or no for each class. */
    BINARY_CROSS_ENTROPY
  }

  /** Checks the ranges. */
  public Objective {
    if (loss == null) {
      throw new InvalidInputException(
          "objective: no loss; give cross_entropy or binary_cross_entropy");
    }
    // Whatever is wrong shows as it is made.
    new Criterion.Distillation(
        new Criterion.BinaryCrossEntropy(0, focus, threshold, List.of()),
        temperature,
        teacherShare);
  }

  /**
   * The criterion.
   *
   * @param smoothing of the recipe
   * @param training what classes are counted in
   * @param taught whether there is a teacher
   */
  Criterion criterion(double smoothing, Dataset training, boolean taught) {
    List<Double> weights = balanced ? weights(counts(training)) : List.of();
    Criterion hard =
        loss == Loss.CROSS_ENTROPY
            ? new Criterion.CrossEntropy(smoothing, focus, weights)
            : new Criterion.BinaryCrossEntropy(smoothing, focus, threshold, weights);
    return taught ? new Criterion.Distillation(hard, temperature, teacherShare) : hard;
  }

  private static long[] counts(Dataset training) {
    long[] counts = new long[training.classes().size()];
    for (int i = 0; i < training.size(); i++) {
      counts[training.label(i)]++;
    }
    return counts;
  }

  static List<Double> weights(long[] counts) {
    long total = Arrays.stream(counts).sum();
    double present = Arrays.stream(counts).filter(count -> count > 0).count();
    return Arrays.stream(counts)
        .mapToObj(count -> count == 0 ? 0 : total / (present * count))
        .toList();
  }
}
