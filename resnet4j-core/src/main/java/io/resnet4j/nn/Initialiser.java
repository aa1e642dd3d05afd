package io.resnet4j.nn;

import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * How weights are drawn. Element i of the tensor at a path is a function of (seed, path, i), so
 * threads do not change it. Fan-in is what each output sums over, fan-out the outputs times the
 * kernel's pixels.
 */
public enum Initialiser {
  /**
   * Normal with variance 2 / fan-out: what torchvision's ResNets use (He et al., arXiv:1502.01852,
   * backward form).
   */
  HE_FAN_OUT,
  /** Normal with variance 2 / fan-in (the forward form of the same paper). */
  HE_FAN_IN,
  /** Normal with variance 2 / (fan-in + fan-out) (Glorot and Bengio, AISTATS 2010). */
  XAVIER,
  /** Normal with variance 1 / fan-in (LeCun et al., Efficient BackProp, 1998). */
  LECUN,
  /** Uniform in +-1 / sqrt(fan-in): PyTorch's default of convolutions and affine maps. */
  UNIFORM_FAN_IN,
  /** Normal with deviation 0.01, as in the head of a VGG. */
  NORMAL_001,
  /**
   * Rows, or columns if they are fewer, of length one and at right angles to each other: a random
   * orthogonal matrix [outputs, fan-in] (Saxe et al., arXiv:1312.6120).
   */
  ORTHOGONAL,
  /** Zeros. */
  ZERO,
  /**
   * The identity as far as the channels go: output channel i takes the middle of input channel i.
   */
  DIRAC;

  /** An F32 tensor of {@code shape}: OIHW of a convolution or [O,I] of an affine map. */
  public Tensor make(Shape shape, KeyedRandom random) {
    double fanIn = (double) shape.elements() / shape.dim(0);
    double fanOut = (double) shape.elements() / shape.dim(1);
    return switch (this) {
      case HE_FAN_OUT -> normal(shape, random, Math.sqrt(2 / fanOut));
      case HE_FAN_IN -> normal(shape, random, Math.sqrt(2 / fanIn));
      case XAVIER -> normal(shape, random, Math.sqrt(2 / (fanIn + fanOut)));
      case LECUN -> normal(shape, random, Math.sqrt(1 / fanIn));
      case UNIFORM_FAN_IN -> uniform(shape, random, 1 / Math.sqrt(fanIn));
      case NORMAL_001 -> normal(shape, random, 0.01);
      case ORTHOGONAL -> Orthogonal.make(shape, random);
      case ZERO -> fill(shape, i -> 0);
      case DIRAC -> dirac(shape);
    };
  }

  private static Tensor dirac(Shape shape) {
    int pixels = Math.toIntExact(shape.elements() / shape.dim(0) / shape.dim(1));
    int columns = shape.rank() == 4 ? shape.dim(3) : 1;
    int middle = pixels / columns / 2 * columns + columns / 2;
    int each = shape.dim(1) * pixels;
    return fill(
        shape, i -> i % each == i / each * pixels + middle && i / each < shape.dim(1) ? 1 : 0);
  }

  private static Tensor normal(Shape shape, KeyedRandom random, double deviation) {
    return fill(shape, i -> deviation * random.normalAt(i));
  }

  /** Uniform in +-{@code bound}. */
  static Tensor uniform(Shape shape, KeyedRandom random, double bound) {
    return fill(shape, i -> bound * (2 * random.uniformAt(i) - 1));
  }

  static Tensor fill(Shape shape, IntToDoubleFunction element) {
    float[] values = new float[Math.toIntExact(shape.elements())];
    IntStream range = IntStream.range(0, values.length);
    (values.length > 1 << 14 ? range.parallel() : range)
        .forEach(i -> values[i] = (float) element.applyAsDouble(i));
    return Tensor.ofFloats(shape, values);
  }
}
