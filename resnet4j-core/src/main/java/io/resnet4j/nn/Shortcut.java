package io.resnet4j.nn;

/** What runs beside a block's branch; stated, never inferred from shapes. */
public enum Shortcut {
  /** Nothing: the plain twin of a residual network. */
  NONE,
  /** The input itself everywhere; a block that changes the shape is refused. */
  IDENTITY,
  /** Option A: identity; zeros for new channels, every second pixel where the block strides. */
  ZERO_PAD,
  /** Option B: identity; a strided 1x1 convolution with norm where the shape changes. */
  PROJECTION,
  /** Option C: a 1x1 convolution with norm beside every block. */
  PROJECTION_ALWAYS,
  /**
   * As option B, but the stride is a 2x2 average pool before the convolution (ResNet-D: He et al.,
   * arXiv:1812.01187).
   */
  POOLED_PROJECTION
}
