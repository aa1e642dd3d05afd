package io.resnet4j.nn;

/** What the end of each residual branch is multiplied by at the start of training. */
public enum BranchScale {
  /** One: the branch as its weights are drawn. */
  ONE,
  /**
   * Zero, in what the branch has: the scale of its last norm (Goyal et al., arXiv:1706.02677) or,
   * where none follows its last convolution, the gain or weight of that.
   */
  ZERO,
  /**
   * Zero, in a learned scalar of its own, {@code scale}: ReZero (Bachlechner et al.,
   * arXiv:2003.04887) beside a norm, SkipInit (De and Smith, arXiv:2002.10444) without one.
   */
  LEARNED
}
