package io.resnet4j.interop;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.resnet4j.InvalidInputException;
import io.resnet4j.interop.onnx.TensorProto;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.LongStream;

/** Tensors between ONNX's messages and memory. */
final class OnnxTensors {
  private OnnxTensors() {}

  /** A float32 tensor; the data are not copied where they are already so. */
  static TensorProto floats(String name, Tensor tensor) {
    Tensor f32 =
        tensor.type() == DType.F32 ? tensor : Tensor.ofFloats(tensor.shape(), tensor.toFloats());
    TensorProto.Builder proto =
        TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.FLOAT_VALUE);
    for (int dim : tensor.shape().toArray()) {
      proto.addDims(dim);
    }
    return proto.setRawData(UnsafeByteOperations.unsafeWrap(f32.bytes())).build();
  }

  /** Signed or unsigned bytes. */
  static TensorProto bytes(String name, Tensor tensor) {
    TensorProto.Builder proto = TensorProto.newBuilder().setName(name);
    proto.setDataType(
        tensor.type() == DType.U8
            ? TensorProto.DataType.UINT8_VALUE
            : TensorProto.DataType.INT8_VALUE);
    for (int dim : tensor.shape().toArray()) {
      proto.addDims(dim);
    }
    return proto.setRawData(UnsafeByteOperations.unsafeWrap(tensor.bytes())).build();
  }

  /** A list of int32. */
  static TensorProto ints(String name, int... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(values);
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(TensorProto.DataType.INT32_VALUE)
        .addDims(values.length)
        .setRawData(ByteString.copyFrom(bytes))
        .build();
  }

  /** A list of int64. */
  static TensorProto longs(String name, long... values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(values);
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(TensorProto.DataType.INT64_VALUE)
        .addDims(values.length)
        .setRawData(ByteString.copyFrom(bytes))
        .build();
  }

  /** The numbers of a floating-point tensor; F16 becomes F32. */
  static Tensor tensor(TensorProto proto) {
    int count = count(proto);
    Shape shape = shape(proto);
    TensorProto.DataType type = type(proto);
    switch (type) {
      case FLOAT:
        if (proto.hasRawData()) {
          return Tensor.of(shape, DType.F32, raw(proto, count, 4));
        }
        float[] floats = new float[require(proto, count, proto.getFloatDataCount())];
        for (int i = 0; i < count; i++) {
          floats[i] = proto.getFloatData(i);
        }
        return Tensor.ofFloats(shape, floats);
      case DOUBLE:
        if (proto.hasRawData()) {
          return Tensor.of(shape, DType.F64, raw(proto, count, 8));
        }
        double[] doubles = new double[require(proto, count, proto.getDoubleDataCount())];
        for (int i = 0; i < count; i++) {
          doubles[i] = proto.getDoubleData(i);
        }
        return Tensor.ofDoubles(shape, doubles);
      case FLOAT16:
        ByteBuffer halves = halves(proto, count);
        float[] wide = new float[count];
        for (int i = 0; i < count; i++) {
          wide[i] = StoredType.halfToFloat(halves.getShort(2 * i));
        }
        return Tensor.ofFloats(shape, wide);
      case BFLOAT16:
        return Tensor.of(shape, DType.BF16, halves(proto, count));
      default:
        throw error(proto, "is of type " + type + "; expected floating-point numbers");
    }
  }

  private static ByteBuffer halves(TensorProto proto, int count) {
    if (proto.hasRawData()) {
      return raw(proto, count, 2);
    }
    require(proto, count, proto.getInt32DataCount());
    ByteBuffer bytes = ByteBuffer.allocate(2 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      bytes.putShort((short) proto.getInt32Data(i));
    }
    return bytes.flip();
  }

  /** The numbers of an int64 or int32 tensor of rank 0 or 1. */
  static long[] longs(TensorProto proto) {
    TensorProto.DataType type = type(proto);
    boolean wide = type == TensorProto.DataType.INT64;
    if (!wide && type != TensorProto.DataType.INT32) {
      throw error(proto, "is of type " + type + "; expected whole numbers");
    }
    if (proto.getDimsCount() > 1) {
      throw error(proto, "has " + proto.getDimsCount() + " dimensions; expected a list");
    }
    int count = count(proto);
    if (proto.hasRawData()) {
      ByteBuffer raw = raw(proto, count, wide ? 8 : 4);
      return LongStream.range(0, count)
          .map(i -> wide ? raw.getLong((int) (8 * i)) : raw.getInt((int) (4 * i)))
          .toArray();
    }
    require(proto, count, wide ? proto.getInt64DataCount() : proto.getInt32DataCount());
    return LongStream.range(0, count)
        .map(i -> wide ? proto.getInt64Data((int) i) : proto.getInt32Data((int) i))
        .toArray();
  }

  private static TensorProto.DataType type(TensorProto proto) {
    if (proto.getDataLocation() == TensorProto.DataLocation.EXTERNAL
        || proto.getExternalDataCount() > 0) {
      throw error(proto, "lies in another file; write the model with its data in one file");
    }
    TensorProto.DataType type = TensorProto.DataType.forNumber(proto.getDataType());
    if (type == null || proto.hasSegment()) {
      throw error(proto, "has a data type or segments that are not known here");
    }
    return type;
  }

  /** Elements, which are at most those that the file can hold. */
  private static int count(TensorProto proto) {
    long most = proto.getSerializedSize();
    long count = 1;
    for (long dim : proto.getDimsList()) {
      if (dim < 0 || dim > most || count * dim > most) {
        throw error(proto, "has dimensions " + proto.getDimsList() + ", more than its data");
      }
      count *= dim;
    }
    return (int) count;
  }

  private static Shape shape(TensorProto proto) {
    int[] dims = proto.getDimsList().stream().mapToInt(Math::toIntExact).toArray();
    for (int dim : dims) {
      if (dim == 0) {
        throw error(proto, "is empty");
      }
    }
    return Shape.of(dims);
  }

  private static int require(TensorProto proto, int count, int found) {
    if (count != found) {
      throw error(proto, "holds " + found + " numbers, its dimensions ask for " + count);
    }
    return count;
  }

  private static ByteBuffer raw(TensorProto proto, int count, int size) {
    ByteString raw = proto.getRawData();
    if (raw.size() != (long) count * size) {
      throw error(
          proto, "holds " + raw.size() + " bytes, its dimensions ask for " + (long) count * size);
    }
    // Sliced: the view begins in the middle of the whole file.
    return raw.asReadOnlyByteBuffer().slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  private static InvalidInputException error(TensorProto proto, String what) {
    return new InvalidInputException("tensor '" + OnnxNode.shown(proto.getName()) + "' " + what);
  }
}
