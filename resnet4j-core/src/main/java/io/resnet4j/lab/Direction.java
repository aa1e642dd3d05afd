package io.resnet4j.lab;

import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A direction in the space of a network's weights, normalised by filters: each filter of it is as
 * long as the network's own, {@code d <- d / |d| |w|}; norms, biases and running statistics stay
 * (Li et al. 2018, arXiv:1712.09913, section 4). So a step along it means the same for networks
 * whose weights differ in scale.
 *
 * @param parts by the path of the weight, elements in its canonical layout
 */
record Direction(Map<String, float[]> parts) {
  /** A Gaussian one. */
  static Direction drawn(Map<String, Tensor> state, KeyedRandom random) {
    Map<String, float[]> parts = new LinkedHashMap<>();
    state.forEach(
        (path, weight) -> {
          if (hasFilters(weight.shape())) {
            parts.put(path, drawn(weight, random.child(parts.size())));
          }
        });
    return new Direction(parts);
  }

  /** Convolutions [O,I,H,W] and affine maps [O,I]; what is of one dimension is norm or bias. */
  static boolean hasFilters(Shape shape) {
    return shape.rank() > 1;
  }

  private static float[] drawn(Tensor weight, KeyedRandom random) {
    float[] own = weight.toFloats();
    float[] drawn = new float[own.length];
    int filter = own.length / weight.shape().dim(0);
    for (int start = 0; start < own.length; start += filter) {
      double length = 0;
      double wanted = 0;
      for (int i = start; i < start + filter; i++) {
        drawn[i] = (float) random.nextNormal();
        length += (double) drawn[i] * drawn[i];
        wanted += (double) own[i] * own[i];
      }
      double scale = Math.sqrt(wanted / length);
      for (int i = start; i < start + filter; i++) {
        drawn[i] *= (float) scale;
      }
    }
    return drawn;
  }

  /** Those of {@code centre} that move: w + alpha a + beta b. */
  static Map<String, Tensor> moved(
      Map<String, Tensor> centre, Direction a, double alpha, Direction b, double beta) {
    Map<String, Tensor> moved = new LinkedHashMap<>();
    a.parts.forEach(
        (path, part) -> {
          float[] values = centre.get(path).toFloats();
          float[] other = b.parts.get(path);
          for (int i = 0; i < values.length; i++) {
            values[i] += (float) (alpha * part[i] + beta * other[i]);
          }
          moved.put(path, Tensor.ofFloats(centre.get(path).shape(), values));
        });
    return moved;
  }
}
