package io.resnet4j.nn;

import io.resnet4j.InvalidInputException;

/**
 * One block at its place in a network.
 *
 * @param design what all its blocks have in common
 * @param width channels of its 3x3 convolutions
 * @param stride of the whole block
 * @param dilation of its 3x3 convolutions
 * @param entry what becomes of its first pre-activation, where the design has one
 * @param survival probability of not being dropped while training (stochastic depth)
 * @param dropPath probability of losing its branch while training, for each picture by itself
 * @param dropout probability of a zero before the branch's last convolution
 * @param dropBlock share of the elements that DropBlock takes away behind each convolution
 * @param dropBlockSize side of its squares in pixels
 * @param variance of its input that is expected at the start; NF-ResNets divide by its root
 * @param blocks how many blocks the network has; Fixup's start depends on it
 * @param training as in {@link Style}
 */
public record BlockSpec(
    BlockDesign design,
    int width,
    int stride,
    int dilation,
    Entry entry,
    double survival,
    double dropPath,
    double dropout,
    double dropBlock,
    int dropBlockSize,
    double variance,
    int blocks,
    boolean training) {
  /** What becomes of the norm and activation before a block's first convolution. */
  public enum Entry {
    /** They are the branch's own. */
    OWN,
    /** The shortcut starts behind them too: the first block, and those that change the shape. */
    SHARED,
    /** There are none, since the stem ends with them. */
    BARE
  }

  /** Checks the numbers. */
  public BlockSpec {
    if (width < 1 || stride < 1) {
      throw new InvalidInputException(
          "block: width " + width + " and stride " + stride + " must both be at least 1");
    }
  }

  /** A block by itself, without dilation and random zeros. */
  public static BlockSpec of(BlockDesign design, int width, int stride, boolean training) {
    return new BlockSpec(design, width, stride, 1, Entry.OWN, 1, 0, 0, 0, 1, 1, 1, training);
  }

  /** What its layers share. */
  Style style() {
    return new Style(design.norm(), design.activation(), training);
  }

  /** Channels that leave the block. */
  int channels() {
    return design.channels(width);
  }

  /** Whether the norm is one of {@code kind}. */
  boolean has(Norm.Kind kind) {
    return design.norm().kind() == kind;
  }

  /** The branch on one half of the channels of a reversible block. */
  BlockSpec half(int halfStride, Entry halfEntry) {
    return new BlockSpec(
        design,
        width / 2,
        halfStride,
        dilation,
        halfEntry,
        survival,
        dropPath,
        dropout,
        dropBlock,
        dropBlockSize,
        variance,
        blocks,
        training);
  }
}
