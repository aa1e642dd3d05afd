package io.resnet4j.lab;

import io.resnet4j.InvalidInputException;
import io.resnet4j.model.ModelSpec;
import java.util.List;
import java.util.Set;

/**
 * What a run is to be probed for.
 *
 * @param probes which
 * @param every steps between readings, at least 1
 * @param layers paths to keep to, such as {@code layer1} or {@code layer3.8.conv2}; none for all
 * @param pictures of the training set that are looked at, always the same, not augmented
 */
public record ProbeOptions(Set<Probe> probes, int every, List<String> layers, int pictures) {
  /** Steps between readings unless told otherwise. */
  public static final int EVERY = 200;

  /** Pictures unless told otherwise. */
  public static final int PICTURES = 32;

  /** Checks the numbers and copies the collections. */
  public ProbeOptions {
    probes = Set.copyOf(probes);
    layers = List.copyOf(layers);
    if (every < 1) {
      throw new InvalidInputException("probe: every " + every + " steps; give at least 1");
    }
    if (pictures < 2) {
      throw new InvalidInputException("probe: " + pictures + " pictures; give at least 2");
    }
  }

  /**
   * Refuses a network that lacks the layers, before anything is made for it.
   *
   * @throws InvalidInputException naming the layer and the nearest that there are
   */
  public void require(ModelSpec spec) {
    Layers.require(spec.graph(1), layers);
  }

  /** Of all layers, at the usual rate. */
  public static ProbeOptions of(Set<Probe> probes) {
    return new ProbeOptions(probes, EVERY, List.of(), PICTURES);
  }
}
