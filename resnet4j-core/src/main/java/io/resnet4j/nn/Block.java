package io.resnet4j.nn;

/** The convolutions of a residual branch. */
public enum Block {
  /** One 3x3 convolution: the single-layer residual of He et al. 2016 (arXiv:1603.05027). */
  SINGLE(1, 1),
  /** Two 3x3 convolutions (He et al. 2015, arXiv:1512.03385, figure 5). */
  BASIC(1, 2),
  /** 1x1, 3x3 and 1x1, the last to four times the width (same figure). */
  BOTTLENECK(4, 3);

  private final int expansion;
  private final int convolutions;

  Block(int expansion, int convolutions) {
    this.expansion = expansion;
    this.convolutions = convolutions;
  }

  /** Channels that leave the block, per channel of width. */
  public int expansion() {
    return expansion;
  }

  /** How many convolutions the branch has. */
  public int convolutions() {
    return convolutions;
  }
}
