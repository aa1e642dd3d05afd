package io.resnet4j.infer;

import io.resnet4j.InvalidInputException;
import java.time.Duration;

/**
 * How a {@link Batcher} gathers pictures.
 *
 * @param largest the most pictures that run at once: a power of two, as the plans of a {@link
 *     Predictor} are
 * @param budget how long a picture that had to queue may be held back for company
 * @param queue the most pictures that may wait
 */
public record BatchLimits(int largest, Duration budget, int queue) {
  private static final Duration LONGEST = Duration.ofMinutes(1);

  /**
   * @throws InvalidInputException if a number is out of its range
   */
  public BatchLimits {
    if (largest < 1 || largest > Predictor.LARGEST_BATCH || Integer.bitCount(largest) != 1) {
      throw new InvalidInputException(
          "largest batch "
              + largest
              + ": expected a power of two from 1 to "
              + Predictor.LARGEST_BATCH);
    }
    if (budget.isNegative() || budget.compareTo(LONGEST) > 0) {
      throw new InvalidInputException(
          "latency budget of " + budget.toMillis() + " ms: expected 0 to " + LONGEST.toMillis());
    }
    if (queue < largest) {
      throw new InvalidInputException(
          "queue for "
              + queue
              + " pictures: expected at least the largest batch, which is "
              + largest);
    }
  }
}
