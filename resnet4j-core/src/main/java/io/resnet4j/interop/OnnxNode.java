package io.resnet4j.interop;

import io.resnet4j.InvalidInputException;
import io.resnet4j.interop.onnx.AttributeProto;
import io.resnet4j.interop.onnx.AttributeProto.AttributeType;
import io.resnet4j.interop.onnx.NodeProto;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** One node of a file, with its attributes by name; each must be asked for or be refused. */
final class OnnxNode {
  private static final int SHOWN = 60;

  private final NodeProto proto;
  private final Map<String, AttributeProto> attributes = new LinkedHashMap<>();
  private final TreeSet<String> unread;

  OnnxNode(NodeProto proto) {
    this.proto = proto;
    for (AttributeProto attribute : proto.getAttributeList()) {
      if (attributes.put(attribute.getName(), attribute) != null) {
        throw error("attribute '" + shown(attribute.getName()) + "' is given twice");
      }
    }
    this.unread = new TreeSet<>(attributes.keySet());
  }

  /** A name from the file, fit for one line of a message. */
  static String shown(String name) {
    String line = name.replaceAll("\\p{Cntrl}", "?");
    return line.length() > SHOWN ? line.substring(0, SHOWN) + "..." : line;
  }

  /** Such as {@code node 'layer1.0.conv1' (Conv): ...}. */
  InvalidInputException error(String what) {
    String name = proto.getName();
    if (name.isEmpty() && proto.getOutputCount() > 0) {
      name = proto.getOutput(0);
    }
    return new InvalidInputException(
        "node '" + shown(name) + "' (" + shown(proto.getOpType()) + "): " + what);
  }

  NodeProto proto() {
    return proto;
  }

  /** Name of input {@code index}; empty if it is left out. */
  String input(int index) {
    return index < proto.getInputCount() ? proto.getInput(index) : "";
  }

  boolean has(String name) {
    return attributes.containsKey(name);
  }

  private @Nullable AttributeProto attribute(String name, AttributeType type) {
    unread.remove(name);
    AttributeProto attribute = attributes.get(name);
    if (attribute != null && attribute.hasType() && attribute.getType() != type) {
      throw error("attribute '" + name + "' is of type " + attribute.getType() + ", not " + type);
    }
    return attribute;
  }

  long number(String name, long otherwise) {
    AttributeProto attribute = attribute(name, AttributeType.INT);
    return attribute == null ? otherwise : attribute.getI();
  }

  /** A whole number from {@code least} to {@code most}. */
  int number(String name, int otherwise, int least, int most) {
    return (int) within(name, number(name, otherwise), least, most);
  }

  long within(String what, long value, long least, long most) {
    if (value < least || value > most) {
      throw error(what + " is " + value + "; expected " + least + " to " + most);
    }
    return value;
  }

  /** The decimal number that was written as a float, so that 1e-5 comes back as 1e-5. */
  double decimal(String name, double otherwise) {
    AttributeProto attribute = attribute(name, AttributeType.FLOAT);
    if (attribute == null) {
      return otherwise;
    }
    if (!Float.isFinite(attribute.getF())) {
      throw error(name + " is " + attribute.getF());
    }
    return Double.parseDouble(Float.toString(attribute.getF()));
  }

  /** One minus {@link #decimal}, exact in decimals. */
  double complement(String name, double otherwise) {
    return BigDecimal.ONE.subtract(BigDecimal.valueOf(decimal(name, otherwise))).doubleValue();
  }

  String text(String name, String otherwise) {
    AttributeProto attribute = attribute(name, AttributeType.STRING);
    return attribute == null ? otherwise : attribute.getS().toStringUtf8();
  }

  long[] numbers(String name, long... otherwise) {
    AttributeProto attribute = attribute(name, AttributeType.INTS);
    return attribute == null
        ? otherwise
        : attribute.getIntsList().stream().mapToLong(Long::longValue).toArray();
  }

  /** {@code count} whole numbers, each from {@code least} to {@code most}. */
  int[] numbers(String name, int count, int least, int most, long... otherwise) {
    long[] given = numbers(name, otherwise);
    if (given.length != count) {
      throw error(name + " has " + given.length + " numbers; expected " + count);
    }
    int[] numbers = new int[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (int) within(name, given[i], least, most);
    }
    return numbers;
  }

  /** Refuses an attribute with any other value than {@code expected}. */
  void requireNumber(String name, long expected) {
    if (number(name, expected) != expected) {
      throw error(name + " is " + number(name, expected) + "; only " + expected + " is known here");
    }
  }

  /** The tensor of a Constant. */
  @Nullable AttributeProto value() {
    return attribute("value", AttributeType.TENSOR);
  }

  /** Refuses attributes that nobody asked for: they might change what the node does. */
  void requireAllRead() {
    if (!unread.isEmpty()) {
      throw error("attribute '" + shown(unread.first()) + "' is not known here");
    }
  }
}
