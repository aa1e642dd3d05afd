package io.resnet4j.nn;

/**
 * Where normalisation and activation stand around the convolutions of a block and the addition: the
 * five designs of He et al. 2016 (arXiv:1603.05027, figure 4).
 */
public enum Order {
  /** conv, norm, act, conv, norm, add, act: the block of 2015. */
  ORIGINAL,
  /** conv, norm, act, conv, add, norm, act: "BN after addition". */
  NORM_AFTER_ADD,
  /** conv, norm, act, conv, norm, act, add: "ReLU before addition". */
  ACT_BEFORE_ADD,
  /** act, conv, norm, act, conv, norm, add: "ReLU-only pre-activation". */
  ACT_ONLY_PREACTIVATION,
  /** norm, act, conv, norm, act, conv, add: "full pre-activation". */
  PREACTIVATION;

  /** Whether the convolutions are preceded by their activation, so that the sum stays as it is. */
  public boolean preactivates() {
    return this == ACT_ONLY_PREACTIVATION || this == PREACTIVATION;
  }

  boolean normBeforeConv() {
    return this == PREACTIVATION;
  }

  boolean normAfterConv(boolean last) {
    return this != PREACTIVATION && !(last && this == NORM_AFTER_ADD);
  }

  boolean actAfterConv(boolean last) {
    return !preactivates() && (!last || this == ACT_BEFORE_ADD);
  }

  boolean normAfterAdd() {
    return this == NORM_AFTER_ADD;
  }

  boolean actAfterAdd() {
    return this == ORIGINAL || this == NORM_AFTER_ADD;
  }
}
