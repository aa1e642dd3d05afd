package io.resnet4j.nn;

import io.resnet4j.graph.Start;
import io.resnet4j.graph.Window;

/**
 * A square convolution padded to half its kernel.
 *
 * @param channels that it makes
 * @param kernel its side in pixels
 * @param stride step between pixels of output
 * @param dilation distance of neighbouring kernel pixels
 * @param groups channel groups convolved apart
 * @param start of its weight
 */
record Conv(int channels, int kernel, int stride, int dilation, int groups, Start start) {
  static Conv of(int channels, int kernel, int stride) {
    return new Conv(channels, kernel, stride, 1, 1, Start.BY_READER);
  }

  Conv dilated(int newDilation) {
    return new Conv(channels, kernel, stride, newDilation, groups, start);
  }

  Conv grouped(int newGroups) {
    return new Conv(channels, kernel, stride, dilation, newGroups, start);
  }

  Conv strided(int newStride) {
    return new Conv(channels, kernel, newStride, dilation, groups, start);
  }

  Conv starting(Start newStart) {
    return new Conv(channels, kernel, stride, dilation, groups, newStart);
  }

  Window window() {
    return Window.dilated(kernel, stride, kernel / 2 * dilation, dilation);
  }
}
