package io.resnet4j.nn;

/** What the affine map at a network's end reads of the last stage's output [N,C,H,W]. */
public enum HeadKind {
  /**
   * The mean of every channel, C numbers a picture of any size (Lin, Chen and Yan 2013,
   * arXiv:1312.4400, section 3.2).
   */
  POOL,
  /** Every number, C * H * W of them: a weight for each position, so pictures of one size only. */
  FLATTEN
}
