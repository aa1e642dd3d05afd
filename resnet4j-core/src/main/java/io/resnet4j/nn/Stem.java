package io.resnet4j.nn;

/** What stands before the first stage. */
public enum Stem {
  /** A 3x3 convolution at full resolution, for pictures of about 32x32. */
  CIFAR,
  /** A 7x7 convolution with stride 2 and a 3x3 max pool with stride 2. */
  IMAGENET
}
