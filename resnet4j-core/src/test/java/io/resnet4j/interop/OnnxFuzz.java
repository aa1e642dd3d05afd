package io.resnet4j.interop;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import io.resnet4j.InvalidInputException;
import io.resnet4j.interop.onnx.ModelProto;
import io.resnet4j.random.KeyedRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Mutated ONNX files: each must be refused with one line or read, and nothing may grow beyond what
 * the file makes plausible. Half of them are damaged bytes; half are whole messages with wrong
 * fields, which come further.
 */
public final class OnnxFuzz {
  private static final long[] NUMBERS = {
    0,
    1,
    -1,
    2,
    3,
    7,
    255,
    65536,
    65537,
    1 << 24,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    1L << 40,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private final byte[] whole;
  private final ModelProto model;
  private final String seed;
  int read;
  int refused;

  /**
   * Mutations of {@code file}.
   *
   * @param seed of every choice
   */
  public OnnxFuzz(Path file, String seed) throws IOException {
    this.whole = Files.readAllBytes(file);
    this.model = ModelProto.parseFrom(whole);
    this.seed = seed;
  }

  /**
   * Reads mutations.
   *
   * @param from the first round
   * @param to the end of the rounds
   */
  public void run(int from, int to) {
    for (int round = from; round < to; round++) {
      KeyedRandom random = KeyedRandom.of(round, seed);
      byte[] bytes = round % 2 == 0 ? damaged(random) : altered(random);
      try {
        attempt(bytes);
      } catch (RuntimeException | Error e) {
        throw new AssertionError(seed + ", round " + round, e);
      }
    }
  }

  private void attempt(byte[] bytes) {
    try {
      Onnx found = OnnxReader.read("file", OnnxParser.parse("file", bytes), "images", "logits");
      long size = found.tensors().values().stream().mapToLong(t -> t.bytes().remaining()).sum();
      // A weight may be kept in several forms, each at most four bytes for one.
      if (size > 16L * bytes.length) {
        throw new AssertionError(size + " bytes of tensors from " + bytes.length);
      }
      read++;
    } catch (InvalidInputException e) {
      if (!e.getMessage().startsWith("file: ") || e.getMessage().matches("(?s).*\\p{Cntrl}.*")) {
        throw new AssertionError("'" + e.getMessage() + "'", e);
      }
      refused++;
    }
  }

  private byte[] damaged(KeyedRandom random) {
    byte[] bytes = whole.clone();
    int changes = 1 + random.nextInt(4);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] = (byte) random.nextInt(256);
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> {
          int from = random.nextInt(bytes.length);
          int length = Math.min(random.nextInt(64), bytes.length - Math.max(at, from));
          System.arraycopy(whole, from, bytes, at, length);
        }
        default -> bytes = random.nextInt(8) == 0 ? java.util.Arrays.copyOf(bytes, at + 1) : bytes;
      }
    }
    return bytes;
  }

  private byte[] altered(KeyedRandom random) {
    ModelProto.Builder builder = model.toBuilder();
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      alter(builder, random, 0);
    }
    return builder.build().toByteArray();
  }

  /** Walks down to a random field and changes, repeats, moves or removes it. */
  private void alter(Message.Builder builder, KeyedRandom random, int depth) {
    List<FieldDescriptor> fields = new ArrayList<>(builder.getAllFields().keySet());
    if (random.nextInt(20) == 0 || fields.isEmpty()) {
      fields = builder.getDescriptorForType().getFields();
    }
    FieldDescriptor field = fields.get(random.nextInt(fields.size()));
    if (depth == 0 && random.nextInt(8) != 0) {
      field = model.getDescriptorForType().findFieldByName("graph");
    }
    if (!field.isRepeated()) {
      change(builder, field, random, depth);
      return;
    }
    int count = builder.getRepeatedFieldCount(field);
    int choice = random.nextInt(8);
    if (count == 0 || choice == 0) {
      builder.addRepeatedField(field, scalar(builder, field, random));
      return;
    }
    int at = random.nextInt(count);
    int other = random.nextInt(count);
    Object element = builder.getRepeatedField(field, at);
    if (choice == 1) {
      builder.addRepeatedField(field, element);
    } else if (choice == 2) {
      builder.setRepeatedField(field, at, builder.getRepeatedField(field, other));
      builder.setRepeatedField(field, other, element);
    } else if (choice == 3) {
      List<Object> kept = new ArrayList<>((List<?>) builder.getField(field));
      kept.remove(at);
      builder.setField(field, kept);
    } else if (element instanceof Message message) {
      Message.Builder inner = message.toBuilder();
      alter(inner, random, depth + 1);
      builder.setRepeatedField(field, at, inner.build());
    } else {
      builder.setRepeatedField(field, at, scalar(builder, field, random));
    }
  }

  private void change(
      Message.Builder builder, FieldDescriptor field, KeyedRandom random, int depth) {
    if (field.getJavaType() == JavaType.MESSAGE) {
      Message.Builder inner = ((Message) builder.getField(field)).toBuilder();
      if (depth < 12) {
        alter(inner, random, depth + 1);
      }
      builder.setField(field, inner.build());
    } else if (random.nextInt(6) == 0) {
      builder.clearField(field);
    } else {
      builder.setField(field, scalar(builder, field, random));
    }
  }

  private Object scalar(Message.Builder builder, FieldDescriptor field, KeyedRandom random) {
    long number = NUMBERS[random.nextInt(NUMBERS.length)];
    return switch (field.getJavaType()) {
      case INT -> (int) number;
      case LONG -> random.nextInt(2) == 0 ? number : random.nextInt(10);
      case FLOAT -> random.nextInt(3) == 0 ? Float.NaN : (float) number;
      case DOUBLE -> (double) number;
      case BOOLEAN -> number % 2 == 0;
      case STRING -> name(random);
      case BYTE_STRING -> com.google.protobuf.ByteString.copyFromUtf8(name(random));
      case ENUM ->
          field
              .getEnumType()
              .getValues()
              .get(random.nextInt(field.getEnumType().getValues().size()));
      case MESSAGE -> builder.newBuilderForField(field).build();
    };
  }

  /** The name of something in the file, an operator, or nonsense. */
  private String name(KeyedRandom random) {
    List<String> operators = List.copyOf(OnnxOperators.TABLE.keySet());
    var graph = model.getGraph();
    return switch (random.nextInt(5)) {
      case 0 -> graph.getNode(random.nextInt(graph.getNodeCount())).getOutput(0);
      case 1 -> graph.getInitializer(random.nextInt(graph.getInitializerCount())).getName();
      case 2 -> operators.get(random.nextInt(operators.size()));
      case 3 -> "";
      default -> "x\n\u0000" + random.nextInt(3);
    };
  }

  @Override
  public String toString() {
    return refused + " refused, " + read + " read";
  }
}
