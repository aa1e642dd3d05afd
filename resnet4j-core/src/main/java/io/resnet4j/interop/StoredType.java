package io.resnet4j.interop;

import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Element types of files: what they become in memory, and bytes an element in the file. What memory
 * has no type for is widened, so every value is kept. Safetensors has them under these names.
 */
enum StoredType {
  F64(DType.F64, 8),
  F32(DType.F32, 4),
  F16(DType.F32, 2),
  BF16(DType.BF16, 2),
  I64(DType.I64, 8),
  I32(DType.I64, 4),
  I16(DType.I64, 2),
  I8(DType.S8, 1),
  U8(DType.U8, 1),
  BOOL(DType.U8, 1);

  final DType type;
  final int bytes;

  StoredType(DType type, int bytes) {
    this.type = type;
    this.bytes = bytes;
  }

  /** Whether an element's bytes, in little-endian order, are those of its type in memory. */
  boolean asInMemory() {
    return bytes == type.bytes() && this != BOOL;
  }

  /** Appends to {@code to} what the element at byte {@code at} of {@code from} becomes. */
  void append(ByteBuffer from, int at, ByteBuffer to) {
    switch (this) {
      case F64, I64 -> to.putLong(from.getLong(at));
      case F32 -> to.putInt(from.getInt(at));
      case F16 -> to.putFloat(halfToFloat(from.getShort(at)));
      case BF16 -> to.putShort(from.getShort(at));
      case I32 -> to.putLong(from.getInt(at));
      case I16 -> to.putLong(from.getShort(at));
      case I8, U8 -> to.put(from.get(at));
      case BOOL -> to.put((byte) (from.get(at) == 0 ? 0 : 1));
    }
  }

  /** A tensor of {@code data}, which holds its elements row-major and little-endian. */
  Tensor tensor(Shape shape, ByteBuffer data) {
    if (asInMemory()) {
      return Tensor.of(shape, type, data);
    }
    ByteBuffer wide = buffer(shape);
    for (int at = 0; at < data.limit(); at += bytes) {
      append(data, at, wide);
    }
    return Tensor.of(shape, type, wide.flip());
  }

  /** Room for a tensor in memory. */
  ByteBuffer buffer(Shape shape) {
    return ByteBuffer.allocate((int) (shape.elements() * type.bytes()))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** IEEE 754 half precision; {@code Float.float16ToFloat} came with Java 20. */
  static float halfToFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = half >>> 10 & 0x1f;
    int fraction = half & 0x3ff;
    if (exponent == 0) {
      float magnitude = fraction * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    int wide = exponent == 31 ? 255 : exponent - 15 + 127;
    return Float.intBitsToFloat(sign | wide << 23 | fraction << 13);
  }
}
