package io.resnet4j.backend;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * How a backend chooses between implementations of an operation that give the same result up to
 * rounding. Choices are part of what a run's bits depend on.
 *
 * @param measure whether an operation without a known choice is measured; otherwise it gets the
 *     backend's own default
 * @param known names of implementations by a key that only the backend understands; one that does
 *     not exist here is passed over
 */
public record Choices(boolean measure, Map<String, String> known) {
  /** The backend's defaults. */
  public static final Choices DEFAULTS = new Choices(false, Map.of());

  /** Copies the map. */
  public Choices {
    known = Collections.unmodifiableMap(new TreeMap<>(known));
  }

  /** Just these: how a run is repeated. */
  public static Choices fixed(Map<String, String> known) {
    return new Choices(false, known);
  }

  /** These, and what is not among them is measured. */
  public static Choices measuring(Map<String, String> known) {
    return new Choices(true, known);
  }
}
