package io.resnet4j.interop;

import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.List;

/**
 * A convolution into which the batch norm after it, with running statistics, is multiplied: weight
 * w s / sqrt(v + e), bias (b - m) s / sqrt(v + e) + t. Computed in double precision.
 *
 * @param weight F32 [O,I,kH,kW]
 * @param bias F32 [O]
 */
public record Folded(Tensor weight, Tensor bias) {
  /**
   * Folds.
   *
   * @param conv weight and, where there is one, bias b
   * @param norm scale s, shift t, running mean m and running variance v
   * @param epsilon e
   */
  public static Folded of(List<Tensor> conv, List<Tensor> norm, double epsilon) {
    Shape shape = conv.get(0).shape();
    int channels = shape.dim(0);
    float[] weight = new float[(int) shape.elements()];
    float[] bias = new float[channels];
    int size = weight.length / channels;
    for (int o = 0; o < channels; o++) {
      double factor = norm.get(0).get(o) / Math.sqrt(norm.get(3).get(o) + epsilon);
      for (int i = o * size; i < (o + 1) * size; i++) {
        weight[i] = (float) (conv.get(0).get(i) * factor);
      }
      double own = conv.size() > 1 ? conv.get(1).get(o) : 0;
      bias[o] = (float) ((own - norm.get(2).get(o)) * factor + norm.get(1).get(o));
    }
    return new Folded(Tensor.ofFloats(shape, weight), Tensor.ofFloats(Shape.of(channels), bias));
  }
}
