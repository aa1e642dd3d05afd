package io.resnet4j.backend.reference;

import io.resnet4j.tensor.Shape;

/** Which element of a small tensor stands beside each element of a large one. */
final class Broadcast {
  private final int[] extents;
  private final int[] steps;
  private final int smallElements;

  /** A shape of one element [1], or of the rank of {@code large} with each extent equal or 1. */
  Broadcast(Shape small, Shape large) {
    extents = large.toArray();
    steps = new int[extents.length];
    smallElements = (int) small.elements();
    if (smallElements > 1) {
      int step = 1;
      for (int i = extents.length - 1; i >= 0; i--) {
        steps[i] = small.dim(i) == 1 ? 0 : step;
        step *= small.dim(i);
      }
    }
  }

  /** Index in the small tensor of element {@code index} of the large one. */
  int at(int index) {
    int rest = index;
    int result = 0;
    for (int i = extents.length - 1; i >= 0; i--) {
      result += rest % extents[i] * steps[i];
      rest /= extents[i];
    }
    return result;
  }

  /** The large tensor's elements summed where they share an element of the small one. */
  double[] sum(double[] large) {
    double[] sums = new double[smallElements];
    for (int i = 0; i < large.length; i++) {
      sums[at(i)] += large[i];
    }
    return sums;
  }
}
