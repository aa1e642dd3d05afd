package io.resnet4j.nn;

/** The two blocks of He et al. 2015 (arXiv:1512.03385, figure 5). */
public enum Block {
  /** Two 3x3 convolutions. */
  BASIC(1),
  /** 1x1, 3x3 and 1x1, the last to four times the width. */
  BOTTLENECK(4);

  private final int expansion;

  Block(int expansion) {
    this.expansion = expansion;
  }

  /** Channels that leave the block, per channel of width. */
  public int expansion() {
    return expansion;
  }
}
