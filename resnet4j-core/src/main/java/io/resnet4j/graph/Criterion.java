package io.resnet4j.graph;

import io.resnet4j.InvalidInputException;
import java.util.List;

/**
 * What a network is trained to make small, from its logits z [N,K] and targets t [N,K]; a closed
 * family. Targets are dense, so that they may be mixed. Smoothing s makes them q = (1 - s) t + s /
 * K. Class weights c, where given, multiply each class's term; they are not divided out, so that
 * the mean is the same however a batch is split.
 */
public sealed interface Criterion {
  /** Calls the visitor's method for this criterion. */
  <R> R accept(Visitor<R> visitor);

  /** Whether it reads the logits of a teacher as well. */
  default boolean taught() {
    return false;
  }

  /** Class weights; empty for none. */
  List<Double> classWeights();

  /** One method per criterion. */
  interface Visitor<R> {
    /** Cross-entropy. */
    R visit(CrossEntropy criterion);

    /** Binary cross-entropy. */
    R visit(BinaryCrossEntropy criterion);

    /** Distillation. */
    R visit(Distillation criterion);
  }

  private static void requireShare(String name, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new InvalidInputException("loss: " + name + " " + value + ": give a share in [0, 1)");
    }
  }

  private static void requireFocus(double focus) {
    // Between 0 and 1 the gradient is without bounds where a prediction is right.
    if (focus != 0 && !(focus >= 1 && !Double.isInfinite(focus))) {
      throw new InvalidInputException(
          "loss: focus " + focus + ": give 0, or a number of at least 1 such as 2");
    }
  }

  private static List<Double> requireWeights(List<Double> weights) {
    for (double weight : weights) {
      if (!(weight >= 0) || Double.isInfinite(weight)) {
        throw new InvalidInputException(
            "loss: class weight " + weight + ": give numbers of at least 0");
      }
    }
    return List.copyOf(weights);
  }

  /**
   * Mean over N of the sum over K of -c q (1 - p)^focus log p, p = softmax(z); PyTorch's {@code
   * cross_entropy} where focus is 0, else the focal loss of Lin et al. (arXiv:1708.02002) over the
   * softmax.
   *
   * @param smoothing s, in [0, 1)
   * @param focus the exponent gamma: 0, or at least 1
   * @param classWeights c, one a class; empty for none
   */
  record CrossEntropy(double smoothing, double focus, List<Double> classWeights)
      implements Criterion {
    /** Checks the ranges. */
    public CrossEntropy {
      requireShare("smoothing", smoothing);
      requireFocus(focus);
      classWeights = requireWeights(classWeights);
    }

    /** With smoothing alone. */
    public CrossEntropy(double smoothing) {
      this(smoothing, 0, List.of());
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /**
   * Mean over N and K of -c (1 - r)^focus (q log p + (1 - q) log(1 - p)), p = sigmoid(z) and r = q
   * p + (1 - q)(1 - p); PyTorch's {@code binary_cross_entropy_with_logits} where focus is 0, else
   * torchvision's {@code sigmoid_focal_loss} without its alpha.
   *
   * @param smoothing s, in [0, 1)
   * @param focus the exponent gamma: 0, or at least 1
   * @param threshold targets above it become 1, all others 0, before they are smoothed; 1 leaves
   *     them as they are
   * @param classWeights c, one a class; empty for none
   */
  record BinaryCrossEntropy(
      double smoothing, double focus, double threshold, List<Double> classWeights)
      implements Criterion {
    /** Checks the ranges. */
    public BinaryCrossEntropy {
      requireShare("smoothing", smoothing);
      requireFocus(focus);
      if (!(threshold >= 0 && threshold <= 1)) {
        throw new InvalidInputException(
            "loss: threshold " + threshold + ": give a share in [0, 1], 1 for none");
      }
      classWeights = requireWeights(classWeights);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /**
   * (1 - share) of another criterion and share T^2 KL(softmax(u / T) || softmax(z / T)), a mean
   * over N, u being a teacher's logits (Hinton et al., arXiv:1503.02531).
   *
   * @param hard the other criterion
   * @param temperature T, above 0
   * @param share in [0, 1]
   */
  record Distillation(Criterion hard, double temperature, double share) implements Criterion {
    /** Checks the ranges. */
    public Distillation {
      if (hard.taught()) {
        throw new InvalidInputException("loss: one teacher is enough");
      }
      if (!(temperature > 0) || Double.isInfinite(temperature)) {
        throw new InvalidInputException(
            "loss: temperature " + temperature + ": give a number above 0, such as 4");
      }
      if (!(share >= 0 && share <= 1)) {
        throw new InvalidInputException(
            "loss: share of the teacher " + share + ": give a share in [0, 1]");
      }
    }

    @Override
    public boolean taught() {
      return true;
    }

    @Override
    public List<Double> classWeights() {
      return hard.classWeights();
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }
}
