package io.resnet4j.app.serve;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.model.ModelSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A request for inference of the Open Inference Protocol, version 2, with or without the extension
 * for binary tensors, read and checked against a model.
 *
 * @param id to be given back
 * @param images [count,C,H,W]
 * @param count pictures
 * @param outputs wanted, in their order
 * @param timeoutMicros what the parameter {@code timeout} says
 */
record InferRequest(
    Optional<String> id,
    FloatBuffer images,
    int count,
    List<Output> outputs,
    Optional<Long> timeoutMicros) {
  static final String INPUT = ModelSpec.IMAGES;
  static final String LOGITS = ModelSpec.LOGITS;
  static final String PROBABILITIES = "probabilities";
  static final List<String> OUTPUTS = List.of(LOGITS, PROBABILITIES);
  static final String TYPE = "FP32";

  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
  private static final int DEEPEST = 8;

  static {
    JSON.setCodec(Json.MAPPER);
  }

  /**
   * An output that is wanted.
   *
   * @param classes 0 for all numbers, else how many of the best classes as text
   */
  record Output(String name, boolean binary, int classes) {}

  /**
   * Reads a body.
   *
   * @param header bytes of JSON in front of the binary part; -1 where all is JSON
   * @throws HttpError if it is not a request for {@code spec}
   */
  static InferRequest read(byte[] body, int header, ModelSpec spec) {
    if (header > body.length || header < -1) {
      throw HttpError.badRequest(
          "Inference-Header-Content-Length says "
              + header
              + " bytes of JSON, the body has "
              + body.length);
    }
    int json = header < 0 ? body.length : header;
    Parts parts = new Parts();
    try (JsonParser parser = JSON.createParser(body, 0, json)) {
      parts.read(parser);
    } catch (JsonProcessingException e) {
      throw HttpError.badRequest(
          "the body is not JSON that can be read: "
              + Repository.shorten(e.getOriginalMessage())
              + where(e)
              + (header < 0
                  ? "; where binary tensors follow the JSON, say its length in"
                      + " Inference-Header-Content-Length"
                  : ""));
    } catch (IOException e) {
      throw HttpError.badRequest("the body cannot be read: " + Repository.shorten("" + e));
    }
    return parts.checked(spec, ByteBuffer.wrap(body, json, body.length - json));
  }

  private static String where(JsonProcessingException e) {
    return e.getLocation() == null
        ? ""
        : " (line "
            + e.getLocation().getLineNr()
            + ", column "
            + e.getLocation().getColumnNr()
            + ")";
  }

  /** What the JSON says, before it is known whether that makes sense. */
  private static final class Parts {
    private Optional<String> id = Optional.empty();
    private Optional<Long> timeout = Optional.empty();
    private boolean binaryOutput;
    private final List<Input> inputs = new ArrayList<>();
    private final List<JsonNode> outputs = new ArrayList<>();

    void read(JsonParser parser) throws IOException {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw HttpError.badRequest("the body is not a JSON object; expected {\"inputs\": [...]}");
      }
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String field = parser.currentName();
        parser.nextToken();
        switch (field) {
          case "id" -> id = Optional.of(text("id", parser.readValueAsTree()));
          case "parameters" -> parameters(parser.readValueAsTree());
          case "inputs" -> {
            requireArray(field, parser);
            while (parser.nextToken() != JsonToken.END_ARRAY) {
              inputs.add(Input.read(parser));
            }
          }
          case "outputs" -> {
            requireArray(field, parser);
            while (parser.nextToken() != JsonToken.END_ARRAY) {
              outputs.add(parser.readValueAsTree());
            }
          }
          default -> parser.skipChildren();
        }
      }
      if (parser.nextToken() != null) {
        throw HttpError.badRequest("something follows the JSON object of the request");
      }
    }

    private static void requireArray(String field, JsonParser parser) {
      if (parser.currentToken() != JsonToken.START_ARRAY) {
        throw HttpError.badRequest("'" + field + "' is not a list");
      }
    }

    private static String text(String field, JsonNode node) {
      if (!node.isTextual()) {
        throw HttpError.badRequest("'" + field + "' is not text");
      }
      return node.textValue();
    }

    private void parameters(JsonNode node) {
      JsonNode micros = node.path("timeout");
      if (!micros.isMissingNode()) {
        if (!micros.canConvertToLong() || micros.longValue() < 1) {
          throw HttpError.badRequest(
              "parameter 'timeout' is not a number of microseconds of at least 1");
        }
        timeout = Optional.of(micros.longValue());
      }
      binaryOutput = node.path("binary_data_output").asBoolean(false);
    }

    InferRequest checked(ModelSpec spec, ByteBuffer binary) {
      if (inputs.size() != 1 || !inputs.get(0).name.equals(INPUT)) {
        throw HttpError.badRequest(
            "inputs "
                + inputs.stream().map(input -> Repository.shorten(input.name)).limit(8).toList()
                + ": model "
                + spec.name()
                + " takes one, called '"
                + INPUT
                + "'");
      }
      Input input = inputs.get(0);
      int count = input.requireFits(spec);
      int numbers = count * spec.channels() * spec.height() * spec.width();
      FloatBuffer images = input.numbers(numbers, binary);
      List<Output> wanted = new ArrayList<>();
      outputs.forEach(node -> wanted.add(output(node, spec)));
      if (outputs.isEmpty()) {
        OUTPUTS.forEach(name -> wanted.add(new Output(name, binaryOutput, 0)));
      }
      return new InferRequest(id, images, count, List.copyOf(wanted), timeout);
    }

    private Output output(JsonNode node, ModelSpec spec) {
      String name = node.path("name").asText("");
      if (!OUTPUTS.contains(name)) {
        throw HttpError.badRequest(
            "output '" + Repository.shorten(name) + "' is unknown; there are " + OUTPUTS);
      }
      JsonNode parameters = node.path("parameters");
      JsonNode classes = parameters.path("classification");
      if (!classes.isMissingNode() && (!classes.isInt() || classes.intValue() < 0)) {
        throw HttpError.badRequest("output parameter 'classification' is not a number of classes");
      }
      return new Output(
          name,
          parameters.path("binary_data").asBoolean(binaryOutput),
          Math.min(spec.classes(), classes.asInt(0)));
    }
  }

  /** One tensor of a request. */
  private static final class Input {
    private String name = "";
    private String type = "";
    private List<Long> shape = List.of();
    private long binarySize = -1;
    private float[] data = new float[0];
    private int size = -1;

    static Input read(JsonParser parser) throws IOException {
      if (parser.currentToken() != JsonToken.START_OBJECT) {
        throw HttpError.badRequest("an input is not a JSON object");
      }
      Input input = new Input();
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String field = parser.currentName();
        parser.nextToken();
        switch (field) {
          case "name" -> input.name = Parts.text(field, parser.readValueAsTree());
          case "datatype" -> input.type = Parts.text(field, parser.readValueAsTree());
          case "shape" -> input.shape = whole(parser.readValueAsTree());
          case "parameters" -> {
            JsonNode bytes = parser.<JsonNode>readValueAsTree().path("binary_data_size");
            if (!bytes.isMissingNode()) {
              if (!bytes.canConvertToLong() || !bytes.isIntegralNumber()) {
                throw HttpError.badRequest("'binary_data_size' is not a whole number");
              }
              input.binarySize = bytes.longValue();
            }
          }
          case "data" -> {
            Parts.requireArray(field, parser);
            input.size = 0;
            input.numbers(parser, 1);
          }
          default -> parser.skipChildren();
        }
      }
      return input;
    }

    private static List<Long> whole(JsonNode node) {
      List<Long> numbers = new ArrayList<>();
      for (JsonNode each : node) {
        if (!each.isIntegralNumber() || !each.canConvertToLong() || numbers.size() == DEEPEST) {
          throw HttpError.badRequest("'shape' is not a short list of whole numbers");
        }
        numbers.add(each.longValue());
      }
      return numbers;
    }

    /** Nested lists count as their elements in order. */
    private void numbers(JsonParser parser, int depth) throws IOException {
      if (depth > DEEPEST) {
        throw HttpError.badRequest("'data' is nested more than " + DEEPEST + " deep");
      }
      while (true) {
        JsonToken token = parser.nextToken();
        if (token == JsonToken.END_ARRAY) {
          return;
        } else if (token == JsonToken.START_ARRAY) {
          numbers(parser, depth + 1);
        } else if (token != null && token.isNumeric()) {
          if (size == data.length) {
            data = Arrays.copyOf(data, Math.max(1024, 2 * size));
          }
          data[size++] = parser.getFloatValue();
        } else {
          throw HttpError.badRequest(
              "'data' holds something other than numbers after " + size + " of them");
        }
      }
    }

    /** How many pictures. */
    int requireFits(ModelSpec spec) {
      if (!type.equals(TYPE)) {
        throw HttpError.badRequest(
            "input '" + INPUT + "': datatype '" + Repository.shorten(type) + "', expected " + TYPE);
      }
      List<Long> one = List.of((long) spec.channels(), (long) spec.height(), (long) spec.width());
      boolean fits = shape.size() == 4 && shape.subList(1, 4).equals(one) && shape.get(0) >= 1;
      long samples = one.get(0) * one.get(1) * one.get(2);
      if (!fits || shape.get(0) > Integer.MAX_VALUE / 4 / samples) {
        throw HttpError.badRequest(
            "input '"
                + INPUT
                + "': shape "
                + shape
                + ", model "
                + spec.name()
                + " takes [N, "
                + one.get(0)
                + ", "
                + one.get(1)
                + ", "
                + one.get(2)
                + "]");
      }
      return shape.get(0).intValue();
    }

    FloatBuffer numbers(int expected, ByteBuffer binary) {
      long inBytes = 4L * expected;
      boolean isBinary = binarySize >= 0;
      if (isBinary == (size >= 0)) {
        throw HttpError.badRequest(
            "input '"
                + INPUT
                + "': expected either 'data' or the parameter 'binary_data_size', found "
                + (isBinary ? "both" : "neither"));
      }
      if (isBinary && binarySize != inBytes || !isBinary && size != expected) {
        throw HttpError.badRequest(
            "input '"
                + INPUT
                + "': "
                + (isBinary ? binarySize + " bytes" : size + " numbers")
                + ", its shape "
                + shape
                + " asks for "
                + (isBinary ? inBytes : expected));
      }
      if (binary.remaining() != (isBinary ? inBytes : 0)) {
        throw HttpError.badRequest(
            binary.remaining()
                + " bytes follow the JSON, expected "
                + (isBinary ? inBytes : 0)
                + "; the body is truncated or Inference-Header-Content-Length is wrong");
      }
      FloatBuffer numbers =
          isBinary
              ? binary.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer()
              : FloatBuffer.wrap(data, 0, size);
      for (int i = 0; i < expected; i++) {
        if (!Float.isFinite(numbers.get(i))) {
          throw HttpError.badRequest(
              "input '" + INPUT + "': element " + i + " is " + numbers.get(i));
        }
      }
      return numbers;
    }
  }
}
