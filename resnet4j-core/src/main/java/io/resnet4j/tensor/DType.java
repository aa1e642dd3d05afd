package io.resnet4j.tensor;

/** Element types of stored numbers. */
public enum DType {
  /** IEEE 754 double precision; the reference backend computes in it. */
  F64(8),
  /** IEEE 754 single precision. */
  F32(4),
  /** The upper half of an F32. */
  BF16(2),
  /** Signed 64-bit integer, such as PyTorch's counters; nothing computes in it. */
  I64(8),
  /** Unsigned byte. */
  U8(1),
  /** Signed byte. */
  S8(1);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes an element takes. */
  public int bytes() {
    return bytes;
  }
}
