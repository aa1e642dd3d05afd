package io.resnet4j.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;

/** The extents of a tensor, outermost first; activations are NCHW, convolution weights OIHW. */
public final class Shape {
  private final int[] dims;

  private Shape(int[] dims) {
    this.dims = dims;
  }

  /**
   * A shape of these extents.
   *
   * @throws IllegalArgumentException if an extent is not positive
   */
  public static Shape of(int... dims) {
    for (int dim : dims) {
      if (dim <= 0) {
        throw new IllegalArgumentException(
            "shape " + Arrays.toString(dims) + ": every extent must be positive");
      }
    }
    return new Shape(dims.clone());
  }

  /** How many extents there are. */
  public int rank() {
    return dims.length;
  }

  /** Extent {@code axis}, counted from 0. */
  public int dim(int axis) {
    return dims[axis];
  }

  /** The product of all extents. */
  public long elements() {
    long product = 1;
    for (int dim : dims) {
      product = Math.multiplyExact(product, (long) dim);
    }
    return product;
  }

  /** A copy of the extents. */
  public int[] toArray() {
    return dims.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /** Such as {@code [128,16,32,32]}. */
  @Override
  public String toString() {
    return Arrays.stream(dims)
        .mapToObj(Integer::toString)
        .collect(Collectors.joining(",", "[", "]"));
  }
}
