package io.resnet4j.lab;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What can be read from a network while it trains. */
public enum Probe {
  /** Norms of the gradients by every layer's weights, and by every block's input in two parts. */
  GRADIENTS,
  /** What branches add, how far layers respond, dead ReLUs, effective rank. */
  SIGNALS,
  /** Statistics of batches against the running ones, scales near zero. */
  BATCHNORM,
  /** How far a step moves every layer's weights. */
  UPDATES;

  /** The name on the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Probes from names between commas, or {@code all}.
   *
   * @throws InvalidInputException if a name is unknown
   */
  public static Set<Probe> parse(String text) {
    List<String> known = Arrays.stream(values()).map(Probe::toString).toList();
    Set<Probe> probes = EnumSet.noneOf(Probe.class);
    for (String part : text.split(",", -1)) {
      String name = part.strip().toLowerCase(Locale.ROOT);
      if (name.equals("all")) {
        return EnumSet.allOf(Probe.class);
      }
      int index = known.indexOf(name);
      if (index < 0) {
        throw new InvalidInputException(
            "probe '"
                + name
                + "' is unknown"
                + Nearest.suggestion(name, known)
                + "; use all or "
                + String.join(", ", known));
      }
      probes.add(values()[index]);
    }
    return probes;
  }
}
