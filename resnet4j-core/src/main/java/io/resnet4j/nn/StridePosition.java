package io.resnet4j.nn;

/** Which convolution of a bottleneck strides. */
public enum StridePosition {
  /** The 3x3, as in torchvision and fb.resnet.torch (ResNet-B); sometimes called v1.5. */
  ON_3X3,
  /** The first 1x1, as in He et al. 2015. */
  ON_FIRST_1X1
}
