package io.resnet4j.lab;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What probes read at one moment; a part is null where its probe was off. Numbers that are not
 * finite stay so: JSON has them as {@code "NaN"} and {@code "Infinity"}.
 *
 * @param step updates done before the reading
 * @param loss of the probe's pictures
 * @param layers by the path of the layer, in graph order
 * @param blocks by the path of the block, in graph order
 * @param relus by the path of the activation
 * @param norms by the path of the batch norm
 * @param seconds that the reading took from the training; null before it is over
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Reading(
    long step,
    double loss,
    List<Layer> layers,
    List<BlockReading> blocks,
    List<Relu> relus,
    List<BatchNormReading> norms,
    @Nullable Double seconds) {
  /** Copies the lists. */
  public Reading {
    layers = List.copyOf(layers);
    blocks = List.copyOf(blocks);
    relus = List.copyOf(relus);
    norms = List.copyOf(norms);
  }

  /** The same with what it took. */
  Reading took(double time) {
    return new Reading(step, loss, layers, blocks, relus, norms, time);
  }

  /**
   * A convolution or affine map.
   *
   * @param path of the layer
   * @param gradient norm of the loss's gradient by its weight
   * @param weight norm of its weight
   * @param response standard deviation of what leaves it, after its norm and before the
   *     non-linearity or the addition (He et al. 2015, figure 7)
   * @param update norm of what a step adds to its weight, over the weight's norm
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Layer(
      String path,
      @Nullable Double gradient,
      @Nullable Double weight,
      @Nullable Double response,
      @Nullable Double update) {
    /** The same with the size of an update. */
    Layer moved(@Nullable Double by) {
      return new Layer(path, gradient, weight, response, by);
    }
  }

  /**
   * A block. Where shortcut and branch part, the gradient g is the sum of what comes through the
   * shortcut and what comes through the branch; the share of a part is its inner product with g
   * over |g|^2, so that the two shares sum to one.
   *
   * @param path of the block
   * @param entering norm of the gradient by what enters the block
   * @param gradient norm of g
   * @param shortcutGradient norm of the shortcut's part
   * @param branchGradient norm of the branch's part
   * @param shortcutShare of the shortcut
   * @param branchShare of the branch
   * @param cosine of the angle between the two parts
   * @param gap |sum of the parts - g| / |g|, g being the gradient of the network in which nothing
   *     is parted; which rounding alone makes
   * @param ratio |F(x)| / |x|: what the branch adds over what enters
   * @param deviation standard deviation of what leaves the block
   * @param similarity mean cosine between what leaves the block for one picture and for another:
   *     near one where the network no longer tells them apart
   * @param effectiveRank of the pooled features that leave it: (sum of eigenvalues)^2 / sum of
   *     their squares, of their covariance over the probe's pictures
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record BlockReading(
      String path,
      @Nullable Double entering,
      @Nullable Double gradient,
      @JsonProperty("shortcut_gradient") @Nullable Double shortcutGradient,
      @JsonProperty("branch_gradient") @Nullable Double branchGradient,
      @JsonProperty("shortcut_share") @Nullable Double shortcutShare,
      @JsonProperty("branch_share") @Nullable Double branchShare,
      @Nullable Double cosine,
      @Nullable Double gap,
      @Nullable Double ratio,
      @Nullable Double deviation,
      @Nullable Double similarity,
      @JsonProperty("effective_rank") @Nullable Double effectiveRank) {}

  /**
   * A ReLU.
   *
   * @param path of the activation
   * @param dead share of its channels that are zero in every pixel of every picture
   * @param zeros share of its elements that are zero
   */
  public record Relu(String path, double dead, double zeros) {}

  /**
   * A batch norm.
   *
   * @param path of the norm
   * @param meanGap root mean square over channels of (batch mean - running mean) / running
   *     deviation
   * @param deviationRatio geometric mean over channels of batch deviation / running deviation
   * @param nearZero share of the scales below a hundredth
   */
  public record BatchNormReading(
      String path,
      @JsonProperty("mean_gap") double meanGap,
      @JsonProperty("deviation_ratio") double deviationRatio,
      @JsonProperty("near_zero") double nearZero) {}
}
