package io.resnet4j.backend;

import io.resnet4j.plan.Precision;
import java.util.Map;
import java.util.Set;

/** A way to run plans; found by {@link java.util.ServiceLoader}, chosen by name. */
public interface Backend {
  /** The name it is chosen by, such as {@code onednn}. */
  String name();

  /** The precisions it computes in on this machine. */
  Set<Precision> precisions();

  /**
   * Those of {@link #precisions()} that this machine has no instructions for: results are right,
   * and come slower than in f32.
   */
  default Set<Precision> emulated() {
    return Set.of();
  }

  /**
   * What a person or a report should know of it, such as versions and instruction set: names and
   * values in the order in which to show them.
   *
   * @throws LinkageError if its native library does not load
   */
  default Map<String, String> describe() {
    return Map.of();
  }

  /**
   * A new session with no state.
   *
   * @throws IllegalStateException if the backend cannot run here; the message names what is missing
   *     and the remedy
   */
  default Session open() {
    return open(Choices.DEFAULTS);
  }

  /**
   * A new session with no state.
   *
   * @param choices how it chooses between implementations; a backend with one of each ignores them
   * @throws IllegalStateException as {@link #open()}
   */
  Session open(Choices choices);
}
