package io.resnet4j.plan;

import io.resnet4j.InvalidInputException;
import java.util.Locale;

/** What a training step keeps from its forward pass for its backward pass. */
public enum MemoryMode {
  /** Whatever the gradients read: the fastest. */
  KEEP,
  /** Little: the rest is computed again when the gradients need it, for about a third more work. */
  LEAN;

  /**
   * The mode called {@code name} in any case.
   *
   * @throws InvalidInputException if there is none
   */
  public static MemoryMode named(String name) {
    for (MemoryMode mode : values()) {
      if (mode.name().equalsIgnoreCase(name)) {
        return mode;
      }
    }
    throw new InvalidInputException("memory mode '" + name + "' is unknown; use keep or lean");
  }

  /** Lower-case name, as on the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
