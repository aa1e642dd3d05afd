package io.resnet4j.nn;

import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * What a weight starts as. Element i of the tensor at a path is a function of (seed, path, i), so
 * threads do not change it.
 */
@FunctionalInterface
public interface Initialiser {
  /** An F32 tensor of {@code shape}: OIHW of a convolution or [O,I] of an affine map. */
  Tensor make(Shape shape, KeyedRandom random);

  /**
   * Normal with variance 2 / fan-out, fan-out being output channels times kernel pixels: what
   * torchvision's ResNets use (He et al., arXiv:1502.01852, backward form).
   */
  static Initialiser heNormalFanOut() {
    return (shape, random) ->
        normal(shape, random, Math.sqrt(2.0 / (shape.elements() / shape.dim(1))));
  }

  /** Normal with variance 2 / fan-in (the forward form of the same paper). */
  static Initialiser heNormalFanIn() {
    return (shape, random) -> normal(shape, random, Math.sqrt(2.0 / fanIn(shape)));
  }

  /** Uniform in +-1 / sqrt(fan-in): PyTorch's default of convolutions and affine maps. */
  static Initialiser uniformFanIn() {
    return (shape, random) -> uniform(shape, random, 1 / Math.sqrt(fanIn(shape)));
  }

  /** Every element {@code value}. */
  static Initialiser constant(float value) {
    return (shape, random) -> {
      float[] values = new float[Math.toIntExact(shape.elements())];
      Arrays.fill(values, value);
      return Tensor.ofFloats(shape, values);
    };
  }

  /** Inputs that each output sums over. */
  private static double fanIn(Shape shape) {
    return (double) shape.elements() / shape.dim(0);
  }

  private static Tensor normal(Shape shape, KeyedRandom random, double deviation) {
    return fill(shape, i -> deviation * random.normalAt(i));
  }

  /** Uniform in +-{@code bound}. */
  static Tensor uniform(Shape shape, KeyedRandom random, double bound) {
    return fill(shape, i -> bound * (2 * random.uniformAt(i) - 1));
  }

  private static Tensor fill(Shape shape, IntToDoubleFunction element) {
    float[] values = new float[Math.toIntExact(shape.elements())];
    IntStream range = IntStream.range(0, values.length);
    (values.length > 1 << 14 ? range.parallel() : range)
        .forEach(i -> values[i] = (float) element.applyAsDouble(i));
    return Tensor.ofFloats(shape, values);
  }
}
