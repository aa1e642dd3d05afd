package io.resnet4j.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Host memory with a shape and an element type: little-endian, row-major, canonical layout (NCHW
 * activations, OIHW weights).
 */
public final class Tensor {
  private final Shape shape;
  private final DType type;
  private final ByteBuffer data;

  private Tensor(Shape shape, DType type, ByteBuffer data) {
    this.shape = shape;
    this.type = type;
    this.data = data;
  }

  /**
   * A view of {@code data}, whose remaining bytes are the elements.
   *
   * @throws IllegalArgumentException if the byte count does not fit shape and type
   */
  public static Tensor of(Shape shape, DType type, ByteBuffer data) {
    long expected = shape.elements() * type.bytes();
    if (data.remaining() != expected) {
      throw new IllegalArgumentException(
          type + " " + shape + " takes " + expected + " bytes, given " + data.remaining());
    }
    return new Tensor(shape, type, data.slice().order(ByteOrder.LITTLE_ENDIAN));
  }

  /**
   * Zeros.
   *
   * @throws IllegalArgumentException if the tensor would pass 2 GiB
   */
  public static Tensor zeros(Shape shape, DType type) {
    long bytes = shape.elements() * type.bytes();
    if (bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          type + " " + shape + " takes " + bytes + " bytes; a tensor holds at most 2 GiB");
    }
    return of(shape, type, ByteBuffer.allocate((int) bytes));
  }

  /** An F32 tensor with a copy of {@code values}. */
  public static Tensor ofFloats(Shape shape, float... values) {
    Tensor tensor = sized(shape, DType.F32, values.length);
    tensor.data.asFloatBuffer().put(values);
    return tensor;
  }

  /** An F64 tensor with a copy of {@code values}. */
  public static Tensor ofDoubles(Shape shape, double... values) {
    Tensor tensor = sized(shape, DType.F64, values.length);
    tensor.data.asDoubleBuffer().put(values);
    return tensor;
  }

  private static Tensor sized(Shape shape, DType type, int count) {
    if (count != shape.elements()) {
      throw new IllegalArgumentException(
          shape + " has " + shape.elements() + " elements, given " + count);
    }
    return zeros(shape, type);
  }

  /** The extents. */
  public Shape shape() {
    return shape;
  }

  /** The element type. */
  public DType type() {
    return type;
  }

  /** A read-only little-endian view of the bytes. */
  public ByteBuffer bytes() {
    return data.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Element {@code index} in row-major order, widened; an I64 is exact up to 2^53. */
  public double get(int index) {
    return switch (type) {
      case F64 -> data.getDouble(8 * index);
      case F32 -> data.getFloat(4 * index);
      case BF16 -> Float.intBitsToFloat(data.getShort(2 * index) << 16);
      case I64 -> data.getLong(8 * index);
      case U8 -> data.get(index) & 0xff;
      case S8 -> data.get(index);
    };
  }

  /** Every element in row-major order, narrowed where the type is F64. */
  public float[] toFloats() {
    float[] values = new float[(int) shape.elements()];
    if (type == DType.F32) {
      data.asFloatBuffer().get(values);
    } else {
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) get(i);
      }
    }
    return values;
  }

  /** Every element in row-major order, widened. */
  public double[] toDoubles() {
    double[] values = new double[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = get(i);
    }
    return values;
  }

  /** Such as {@code F32 [64,3,7,7]}. */
  @Override
  public String toString() {
    return type + " " + shape;
  }
}
