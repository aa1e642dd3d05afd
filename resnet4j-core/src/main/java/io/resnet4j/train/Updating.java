package io.resnet4j.train;

import io.resnet4j.InvalidInputException;
import io.resnet4j.plan.UpdateRule;
import org.jspecify.annotations.Nullable;

/**
 * What stands around a recipe's optimiser.
 *
 * @param l1 coefficient of the L1 penalty of whatever decays, at least 0
 * @param clip the norm that all gradients together are clipped to, as PyTorch's {@code
 *     clip_grad_norm_}; 0 for none
 * @param microBatch pictures at a time in a step, whose gradients are added up; 0 for all of them.
 *     Batch norms see a micro-batch
 * @param normBiasRate what the learning rate of batch norms' biases is multiplied by, above 0
 * @param companion the rule of what is no convolution's weight; null for the optimiser itself,
 *     which Muon cannot be
 * @param companionRate what its learning rate is multiplied by, above 0
 */
public record Updating(
    double l1,
    double clip,
    int microBatch,
    double normBiasRate,
    @Nullable UpdateRule companion,
    double companionRate) {
  /** Nothing besides the optimiser. */
  public static final Updating PLAIN = new Updating(0, 0, 0, 1, null, 1);

  /** Checks the ranges. */
  public Updating {
    require(l1 >= 0 && !Double.isInfinite(l1), "l1", l1, "a number of at least 0");
    require(clip >= 0 && !Double.isInfinite(clip), "clip", clip, "a norm, 0 for none");
    require(microBatch >= 0, "microBatch", microBatch, "a number of pictures, 0 for all");
    requireRate("normBiasRate", normBiasRate);
    requireRate("companionRate", companionRate);
    require(
        !(companion instanceof UpdateRule.Muon),
        "companion",
        "muon",
        "a rule for any parameter, such as adamw or sgd");
  }

  private static void requireRate(String key, double rate) {
    require(rate > 0 && !Double.isInfinite(rate), key, rate, "a number above 0");
  }

  private static void require(boolean holds, String key, Object value, String expected) {
    if (!holds) {
      throw new InvalidInputException("updating: " + key + " " + value + ": give " + expected);
    }
  }

  /** The same with another L1 penalty, norm to clip to and size of micro-batches. */
  Updating with(double newL1, double newClip, int newMicroBatch) {
    return new Updating(newL1, newClip, newMicroBatch, normBiasRate, companion, companionRate);
  }
}
