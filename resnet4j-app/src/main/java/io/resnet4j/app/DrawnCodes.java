package io.resnet4j.app;

import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Scaling;
import io.resnet4j.plan.Quantisation;
import io.resnet4j.plan.Quantiser;
import io.resnet4j.tensor.DType;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Graphs of 8-bit codes to measure and check with, of no network in particular. */
final class DrawnCodes {
  /** Usual size of a weight's codes; drawn numbers are multiplied by it. */
  static final float WEIGHTS = 30;

  private DrawnCodes() {}

  /** All layers of a graph quantised, every activation's codes standing for up to {@code limit}. */
  static Graph quantised(Graph graph, DType type, double limit) {
    Graph fused = Quantiser.fused(graph);
    Set<String> layers = new LinkedHashSet<>();
    Quantiser.layers(fused).forEach(layer -> layers.add(layer.path()));
    Map<String, Scaling> scalings = new HashMap<>();
    Quantiser.candidates(fused)
        .forEach(value -> scalings.put(value.name(), Scaling.upTo(type, limit)));
    return Quantiser.quantise(graph, new Quantisation(layers, scalings));
  }
}
