package io.resnet4j.plan;

import io.resnet4j.InvalidInputException;
import io.resnet4j.tensor.DType;
import java.util.Locale;

/** What numbers a plan computes with. */
public enum Precision {
  /** Everything in double precision; the reference backend only. */
  F64(DType.F64, DType.F64),
  /** Everything in single precision. */
  F32(DType.F32, DType.F32),
  /**
   * Activations and compute weights in bfloat16; master weights, batch-norm statistics, gradients
   * of weights, logits and loss in single precision. Needs no loss scaling.
   */
  BF16(DType.BF16, DType.F32),
  /**
   * Inference of a quantised graph ({@link Quantiser}): 8-bit codes where the graph says so, single
   * precision elsewhere.
   */
  INT8(DType.F32, DType.F32);

  private final DType activations;
  private final DType state;

  Precision(DType activations, DType state) {
    this.activations = activations;
    this.state = state;
  }

  /** Type of activations that are no codes, and of their gradients. */
  public DType activations() {
    return activations;
  }

  /** Type of parameters, their gradients, statistics, logits and loss. */
  public DType state() {
    return state;
  }

  /**
   * The precision called {@code name} in any case.
   *
   * @throws InvalidInputException if there is none
   */
  public static Precision named(String name) {
    for (Precision precision : values()) {
      if (precision.name().equalsIgnoreCase(name)) {
        return precision;
      }
    }
    throw new InvalidInputException(
        "precision '"
            + name
            + "' is unknown; use f32, bf16 or int8 (f64 with the reference backend)");
  }

  /**
   * This precision, if there are gradients in it.
   *
   * @throws InvalidInputException if it is for inference only
   */
  public Precision forTraining() {
    if (this == INT8) {
      throw new InvalidInputException(
          "precision int8: is for inference only; train in f32 or bf16, then use 'quantize'");
    }
    return this;
  }

  /** Lower-case name, as on the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
