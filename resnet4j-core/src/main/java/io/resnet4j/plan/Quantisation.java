package io.resnet4j.plan;

import io.resnet4j.graph.Scaling;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Which layers of a network compute with 8-bit codes, and how codes stand for its activations.
 *
 * @param layers paths of convolutions and affine maps; the others stay as they are
 * @param scalings of values, by their names in {@link Quantiser#fused}; those of values that no
 *     such layer reads are not used
 */
public record Quantisation(Set<String> layers, Map<String, Scaling> scalings) {
  /** Copies the collections. */
  public Quantisation {
    layers = Collections.unmodifiableSet(new LinkedHashSet<>(layers));
    scalings = Collections.unmodifiableMap(new LinkedHashMap<>(scalings));
  }

  /** The same scalings for other layers. */
  public Quantisation of(Set<String> others) {
    return new Quantisation(others, scalings);
  }
}
