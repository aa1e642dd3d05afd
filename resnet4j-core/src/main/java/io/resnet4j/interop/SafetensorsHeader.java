package io.resnet4j.interop;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.resnet4j.InvalidInputException;
import io.resnet4j.tensor.Shape;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The JSON header of a safetensors file, parsed and checked before any data is read. */
record SafetensorsHeader(List<Entry> entries, Map<String, String> metadata) {
  static final String METADATA = "__metadata__";

  /** One tensor of the file; offsets count from the end of the header. */
  record Entry(String name, StoredType stored, Shape shape, long begin, long end) {}

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Parses one file's header. */
  static final class Parser {
    private final String where;
    private final long dataBytes;

    /**
     * @param where what messages begin with
     * @param dataBytes bytes that follow the header
     */
    Parser(String where, long dataBytes) {
      this.where = where;
      this.dataBytes = dataBytes;
    }

    SafetensorsHeader parse(byte[] header) {
      JsonNode root = json(header);
      if (!root.isObject()) {
        throw error("the header is not a JSON object");
      }
      List<Entry> entries = new ArrayList<>();
      Map<String, String> metadata = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> field : root.properties()) {
        if (field.getKey().equals(METADATA)) {
          readMetadata(field.getValue(), metadata);
        } else {
          entries.add(entry(field.getKey(), field.getValue()));
        }
      }
      requireSeamless(entries);
      return new SafetensorsHeader(List.copyOf(entries), metadata);
    }

    private JsonNode json(byte[] header) {
      try {
        // Decoded here because a decoder of ours reports bad UTF-8; Jackson's may guess UTF-16.
        String text =
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(header)).toString();
        if (!text.startsWith("{")) {
          throw error("the header does not begin with '{'");
        }
        return JSON.readTree(text);
      } catch (CharacterCodingException e) {
        throw new InvalidInputException(message("the header is not UTF-8"), e);
      } catch (JsonProcessingException e) {
        String cause = Excerpt.of(e.getOriginalMessage().replaceAll("\\s+", " "));
        throw new InvalidInputException(message("the header is not JSON (" + cause + ")"), e);
      }
    }

    private void readMetadata(JsonNode node, Map<String, String> metadata) {
      if (!node.isObject()) {
        throw error(METADATA + " is not an object");
      }
      for (Map.Entry<String, JsonNode> field : node.properties()) {
        if (!field.getValue().isTextual()) {
          throw error(METADATA + " '" + Excerpt.of(field.getKey()) + "' is not a text");
        }
        metadata.put(field.getKey(), field.getValue().textValue());
      }
    }

    private Entry entry(String name, JsonNode node) {
      String tensor = "tensor '" + Excerpt.of(name) + "'";
      if (!node.isObject()) {
        throw error(tensor + " is not an object of dtype, shape and data_offsets");
      }
      StoredType stored = stored(tensor, node.get("dtype"));
      Shape shape = shape(tensor, node.get("shape"));
      long[] offsets = numbers(tensor, "data_offsets", node.get("data_offsets"));
      if (offsets.length != 2 || offsets[0] > offsets[1] || offsets[1] > dataBytes) {
        throw error(
            tensor
                + " has data_offsets "
                + Arrays.toString(offsets)
                + "; expected two within the "
                + dataBytes
                + " bytes of data, which may be cut short");
      }
      long expected = bytes(shape, stored);
      if (offsets[1] - offsets[0] != expected) {
        throw error(
            tensor
                + " takes "
                + (offsets[1] - offsets[0])
                + " bytes; expected "
                + expected
                + " for "
                + stored
                + " "
                + shape);
      }
      return new Entry(name, stored, shape, offsets[0], offsets[1]);
    }

    private StoredType stored(String tensor, @Nullable JsonNode node) {
      String dtype = node == null || !node.isTextual() ? "" : node.textValue();
      for (StoredType stored : StoredType.values()) {
        if (stored.name().equals(dtype)) {
          return stored;
        }
      }
      throw error(
          tensor
              + " has dtype '"
              + Excerpt.of(dtype)
              + "'; expected one of "
              + List.of(StoredType.values()));
    }

    private Shape shape(String tensor, @Nullable JsonNode node) {
      long[] dims = numbers(tensor, "shape", node);
      int[] narrow = new int[dims.length];
      double elements = 1;
      for (int i = 0; i < dims.length; i++) {
        narrow[i] = (int) Math.min(dims[i], Integer.MAX_VALUE);
        elements *= dims[i];
      }
      // The product bounds every extent too, since none is zero.
      if (elements < 1 || elements > Integer.MAX_VALUE || dims.length > 16) {
        throw error(
            tensor
                + " has shape "
                + Arrays.toString(dims)
                + "; expected at most 16 extents, all positive, of at most 2^31 - 1 elements");
      }
      return Shape.of(narrow);
    }

    /** Both factors are bounded, so the product fits a long. */
    private long bytes(Shape shape, StoredType stored) {
      long inMemory = shape.elements() * stored.type.bytes();
      if (inMemory > Integer.MAX_VALUE) {
        throw error("a tensor of " + shape + " passes 2 GiB; expected smaller tensors");
      }
      return shape.elements() * stored.bytes;
    }

    private long[] numbers(String tensor, String field, @Nullable JsonNode node) {
      if (node == null || !node.isArray()) {
        throw error(tensor + " has no list " + field);
      }
      long[] numbers = new long[node.size()];
      for (int i = 0; i < numbers.length; i++) {
        JsonNode number = node.get(i);
        if (!number.isIntegralNumber() || !number.canConvertToLong() || number.longValue() < 0) {
          throw error(
              tensor
                  + " has "
                  + field
                  + " "
                  + Excerpt.of(node.toString())
                  + "; expected whole numbers of at least 0");
        }
        numbers[i] = number.longValue();
      }
      return numbers;
    }

    /** The format allows neither overlaps nor holes, so that nothing can hide in a file. */
    private void requireSeamless(List<Entry> entries) {
      List<Entry> sorted = new ArrayList<>(entries);
      sorted.sort(Comparator.comparingLong(Entry::begin));
      long at = 0;
      for (Entry entry : sorted) {
        if (entry.begin() != at) {
          throw error(
              "tensor '"
                  + Excerpt.of(entry.name())
                  + "' begins at byte "
                  + entry.begin()
                  + " of the data; expected "
                  + at
                  + ", without overlap or hole");
        }
        at = entry.end();
      }
      if (at != dataBytes) {
        throw error("tensors end at byte " + at + " of " + dataBytes + " bytes of data");
      }
    }

    private InvalidInputException error(String what) {
      return new InvalidInputException(message(what));
    }

    private String message(String what) {
      return where + ": not a valid safetensors file: " + what;
    }
  }
}
