package io.resnet4j.lab;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** JSON as this package writes and reads it; a number that is not finite is a text, "NaN". */
final class Json {
  static final ObjectMapper MAPPER =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  private Json() {}

  static String line(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot write " + value.getClass() + " as JSON", e);
    }
  }

  static JsonNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  /** Appends a line and flushes it to the disk. */
  static void append(Path file, Object value) {
    byte[] line = (line(value) + "\n").getBytes(StandardCharsets.UTF_8);
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      ByteBuffer bytes = ByteBuffer.wrap(line);
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      out.force(true);
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": cannot be written: " + e.getMessage(), e);
    }
  }

  /**
   * The lines of a file; none where there is no file. A last line that was cut short is left out.
   *
   * @throws InvalidInputException if another line is not JSON
   */
  static List<JsonNode> lines(Path file) {
    List<JsonNode> lines = new ArrayList<>();
    if (!Files.isRegularFile(file)) {
      return lines;
    }
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": cannot be read: " + e.getMessage(), e);
    }
    String[] parts = text.split("\n", -1);
    for (int i = 0; i < parts.length - 1; i++) {
      try {
        lines.add(MAPPER.readTree(parts[i]));
      } catch (JsonProcessingException e) {
        throw new InvalidInputException(
            file + ": damaged: line " + (i + 1) + " is not JSON; remove it", e);
      }
    }
    return lines;
  }

  /** A number, or NaN where there is none; texts such as "NaN" and "Infinity" are numbers. */
  static double number(JsonNode node) {
    if (node.isTextual()) {
      try {
        return Double.parseDouble(node.textValue());
      } catch (NumberFormatException e) {
        return Double.NaN;
      }
    }
    return node.isNumber() ? node.doubleValue() : Double.NaN;
  }
}
