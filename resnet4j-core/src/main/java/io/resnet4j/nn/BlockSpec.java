package io.resnet4j.nn;

import io.resnet4j.InvalidInputException;

/**
 * One block.
 *
 * @param kind basic or bottleneck
 * @param width channels of the 3x3 convolutions
 * @param stride of the whole block
 * @param shortcut what runs beside the branch
 * @param stridePosition which convolution of a bottleneck strides; a basic block's first one does
 * @param style activation and mode
 */
public record BlockSpec(
    Block kind,
    int width,
    int stride,
    Shortcut shortcut,
    StridePosition stridePosition,
    Style style) {
  /** Checks the numbers. */
  public BlockSpec {
    if (width < 1 || stride < 1) {
      throw new InvalidInputException(
          "block: width " + width + " and stride " + stride + " must both be at least 1");
    }
  }

  /** Channels that leave the block. */
  public int channels() {
    return Math.multiplyExact(width, kind.expansion());
  }
}
