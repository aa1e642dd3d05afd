package io.resnet4j.model;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import io.resnet4j.nn.Join;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Specs as JSON: the record's fields and a {@code type} that names the record. A field that is
 * absent has the value of the type's default or, where {@code base} names a network, of that.
 */
final class SpecJson {
  private static final String TYPE = "type";
  private static final String BASE = "base";
  private static final String KIND = "kind";
  private static final String GRAPH = "graph";
  private static final String NAME = "name";
  private static final int LARGEST = 1 << 20;
  private static final Map<String, ModelSpec> DEFAULTS = defaults();
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          // Records have fields only; questions such as isSquare() are not among them.
          .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .addMixIn(Join.class, JoinKinds.class)
          .build();

  /** How a join says which it is. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = KIND)
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Join.Sum.class, name = "SUM"),
    @JsonSubTypes.Type(value = Join.ExclusiveGate.class, name = "EXCLUSIVE_GATE"),
    @JsonSubTypes.Type(value = Join.ShortcutGate.class, name = "SHORTCUT_GATE"),
    @JsonSubTypes.Type(value = Join.ShortcutDropout.class, name = "SHORTCUT_DROPOUT")
  })
  private interface JoinKinds {}

  private SpecJson() {}

  private static Map<String, ModelSpec> defaults() {
    Map<String, ModelSpec> defaults = new LinkedHashMap<>();
    defaults.put("resnet", ResNetSpec.DEFAULT);
    defaults.put("vgg", VggSpec.DEFAULT);
    defaults.put("densenet", DenseNetSpec.DEFAULT);
    return defaults;
  }

  private static String type(ModelSpec spec) {
    return DEFAULTS.entrySet().stream()
        .filter(e -> e.getValue().getClass() == spec.getClass())
        .findFirst()
        .orElseThrow()
        .getKey();
  }

  static String write(ModelSpec spec) {
    return tree(spec).toString();
  }

  private static ObjectNode tree(ModelSpec spec) {
    if (spec instanceof GraphSpec graph) {
      return GraphJson.write(graph).put(TYPE, GRAPH);
    }
    ObjectNode node = JSON.createObjectNode().put(TYPE, type(spec));
    node.setAll((ObjectNode) JSON.valueToTree(spec));
    return node;
  }

  static ModelSpec read(String json, String where) {
    try {
      JsonNode given = JSON.readTree(json);
      return given.path(TYPE).asText().equals(GRAPH) ? graph(given, where) : read(given, where);
    } catch (JsonProcessingException e) {
      Throwable cause = e.getCause() instanceof InvalidInputException bad ? bad : e;
      String what =
          cause instanceof JsonProcessingException bad
              ? bad.getOriginalMessage()
              : cause.getMessage();
      throw unreadable(where, what.replaceAll("\\s+", " "), e);
    }
  }

  private static ModelSpec graph(JsonNode given, String where) throws JsonProcessingException {
    try {
      return GraphJson.read(given);
    } catch (InvalidInputException e) {
      throw unreadable(where, e.getMessage(), e);
    }
  }

  static ModelSpec read(Path file) {
    try {
      if (Files.size(file) > LARGEST) {
        throw new InvalidInputException(
            file + ": larger than " + LARGEST + " bytes; expected the JSON of a network");
      }
      JsonNode given = JSON.readTree(Files.readString(file));
      if (given instanceof ObjectNode object && !object.has(NAME)) {
        object.put(NAME, file.getFileName().toString().replaceFirst("\\.json$", ""));
      }
      return read(given.toString(), file.toString());
    } catch (JsonProcessingException e) {
      throw unreadable(file.toString(), e.getOriginalMessage().replaceAll("\\s+", " "), e);
    } catch (IOException e) {
      throw new InvalidInputException(
          file + ": cannot be read (" + e.getMessage() + "); expected the JSON of a network", e);
    }
  }

  private static ModelSpec read(JsonNode given, String where) throws JsonProcessingException {
    ModelSpec start = start(given, where);
    ObjectNode object = upgraded((ObjectNode) given);
    object.remove(List.of(TYPE, BASE));
    ObjectNode whole = tree(start);
    whole.remove(TYPE);
    merge(whole, object, "", where);
    return JSON.treeToValue(whole, start.getClass());
  }

  /** What absent fields are taken from. */
  private static ModelSpec start(JsonNode given, String where) {
    if (given instanceof ObjectNode && given.path(BASE).isTextual()) {
      ModelSpec base = Models.named(given.get(BASE).asText());
      String type = given.path(TYPE).asText(type(base));
      if (!type.equals(type(base))) {
        throw unreadable(where, "base " + base.name() + " is not of type '" + type + "'", null);
      }
      return base;
    }
    ModelSpec start = DEFAULTS.get(given.path(TYPE).asText());
    if (!(given instanceof ObjectNode) || start == null) {
      throw new InvalidInputException(
          where
              + ": the network is of type '"
              + given.path(TYPE).asText()
              + "'; this version reads "
              + String.join(", ", DEFAULTS.keySet().stream().map(t -> "'" + t + "'").toList())
              + " and '"
              + GRAPH
              + "'");
    }
    return start;
  }

  /**
   * Until version 0.1 a residual network's options were fields of its own: block, stem, shortcut
   * and so on were names.
   */
  private static ObjectNode upgraded(ObjectNode given) {
    ObjectNode object = given.deepCopy();
    if (!object.path("block").isTextual()) {
      return object;
    }
    ObjectNode block = JSON.createObjectNode();
    block.set(KIND, object.remove("block"));
    for (String field : List.of("shortcut", "stridePosition", "activation")) {
      if (object.has(field)) {
        block.set(field, object.remove(field));
      }
    }
    if (object.has("zeroLastScale")) {
      block.put("scale", object.remove("zeroLastScale").asBoolean() ? "ZERO" : "ONE");
    }
    object.set("block", block);
    if (object.path("stem").isTextual()) {
      ObjectNode stem = JSON.createObjectNode();
      stem.set(KIND, object.remove("stem"));
      stem.set("width", object.path("widths").path(0));
      object.set("stem", stem);
    }
    return object;
  }

  /** Puts what {@code given} has over {@code whole}, which has every field. */
  private static void merge(ObjectNode whole, ObjectNode given, String path, String where) {
    for (Map.Entry<String, JsonNode> entry : given.properties()) {
      String field = entry.getKey();
      JsonNode old = whole.get(field);
      if (old == null) {
        List<String> known = new ArrayList<>();
        whole.fieldNames().forEachRemaining(known::add);
        String suggestion = Nearest.suggestion(field, known);
        throw unreadable(
            where,
            "unknown field '"
                + path
                + field
                + "'"
                + (suggestion.isEmpty() ? "; expected one of " + known : suggestion),
            null);
      }
      boolean another = field.equals("join") && !entry.getValue().path(KIND).equals(old.path(KIND));
      if (old instanceof ObjectNode inner
          && entry.getValue() instanceof ObjectNode object
          && !another) {
        merge(inner, object, path + field + ".", where);
      } else {
        whole.set(field, entry.getValue());
      }
    }
  }

  private static InvalidInputException unreadable(
      String where, String what, @Nullable Throwable cause) {
    return new InvalidInputException(where + ": the network cannot be read: " + what, cause);
  }
}
