package io.resnet4j.interop;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.WireFormat;
import io.resnet4j.InvalidInputException;
import io.resnet4j.interop.onnx.ModelProto;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Bytes of an ONNX file as protobuf messages. The tensors' data stay views of the bytes that were
 * read. Before anything is built the fields are counted: an empty message takes two bytes in a file
 * and a hundred in memory, and a number of one byte takes eight.
 */
final class OnnxParser {
  private static final int MOST_FIELDS = 1_000_000;
  private static final int MOST_NESTING = 50;
  private static final int MOST_PACKED_BYTES = 1 << 24;

  private final String where;
  private int fields;

  private OnnxParser(String where) {
    this.where = where;
  }

  static ModelProto parse(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(file + ": no such file; expected an ONNX file");
    }
    try {
      if (Files.size(file) > Integer.MAX_VALUE - 8) {
        throw new InvalidInputException(file + ": larger than an ONNX file can be, which is 2 GiB");
      }
      return parse(file.toString(), Files.readAllBytes(file));
    } catch (AccessDeniedException e) {
      throw new InvalidInputException(file + ": may not be read; check its permissions", e);
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  static ModelProto parse(String where, byte[] bytes) {
    ByteString content = UnsafeByteOperations.unsafeWrap(bytes);
    OnnxParser parser = new OnnxParser(where);
    try {
      parser.count(content.newCodedInput(), ModelProto.getDescriptor(), 0);
      CodedInputStream in = content.newCodedInput();
      in.enableAliasing(true);
      ModelProto model = ModelProto.parseFrom(in);
      if (!model.hasGraph()) {
        throw parser.error("it holds no graph");
      }
      return model;
    } catch (InvalidProtocolBufferException e) {
      throw parser.error("damaged or cut short (" + e.getMessage().replaceAll("\\s+", " ") + ")");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private InvalidInputException error(String what) {
    return new InvalidInputException(where + ": not a valid ONNX file: " + what);
  }

  private void count(CodedInputStream in, Descriptor message, int depth) throws IOException {
    if (depth > MOST_NESTING) {
      throw error("messages nested more than " + MOST_NESTING + " deep");
    }
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (++fields > MOST_FIELDS) {
        throw error("more than " + MOST_FIELDS + " fields");
      }
      FieldDescriptor field = message.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
      boolean sized = WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED;
      if (field == null || !sized) {
        in.skipField(tag);
      } else if (field.getJavaType() == JavaType.MESSAGE) {
        int outer = in.pushLimit(in.readRawVarint32());
        count(in, field.getMessageType(), depth + 1);
        in.checkLastTagWas(0);
        in.popLimit(outer);
      } else {
        int length = in.readRawVarint32();
        boolean varints =
            field.getJavaType() == JavaType.INT || field.getJavaType() == JavaType.LONG;
        if (varints && length > MOST_PACKED_BYTES) {
          throw error(field.getName() + " of " + length + " bytes; use raw_data");
        }
        in.skipRawBytes(length);
      }
    }
  }
}
