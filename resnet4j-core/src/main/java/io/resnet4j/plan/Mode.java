package io.resnet4j.plan;

/** How batch norm and dropout behave. */
public enum Mode {
  /** Batch statistics, running ones moved, dropout active. */
  TRAINING,
  /** Running statistics, no dropout. */
  INFERENCE
}
