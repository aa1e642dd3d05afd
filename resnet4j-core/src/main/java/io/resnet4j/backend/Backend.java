package io.resnet4j.backend;

import io.resnet4j.plan.Precision;
import java.util.Set;

/** A way to run plans; found by {@link java.util.ServiceLoader}, chosen by name. */
public interface Backend {
  /** The name it is chosen by, such as {@code onednn}. */
  String name();

  /** The precisions it computes in on this machine. */
  Set<Precision> precisions();

  /**
   * A new session with no state.
   *
   * @throws IllegalStateException if the backend cannot run here; the message names what is missing
   *     and the remedy
   */
  Session open();
}
