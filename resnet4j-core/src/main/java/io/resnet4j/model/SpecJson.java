package io.resnet4j.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.InvalidInputException;

/** Specs as JSON: the record's fields and a {@code type} that names the record. */
final class SpecJson {
  private static final String TYPE = "type";
  private static final String RESNET = "resnet";
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          // Records have fields only; questions such as isSquare() are not among them.
          .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private SpecJson() {}

  static String write(ModelSpec spec) {
    ObjectNode node = JSON.createObjectNode().put(TYPE, RESNET);
    node.setAll((ObjectNode) JSON.valueToTree(spec));
    return node.toString();
  }

  static ModelSpec read(String json, String where) {
    try {
      JsonNode node = JSON.readTree(json);
      if (!(node instanceof ObjectNode object) || !object.path(TYPE).asText().equals(RESNET)) {
        throw new InvalidInputException(
            where
                + ": the network is of type '"
                + node.path(TYPE).asText()
                + "'; this version reads '"
                + RESNET
                + "'");
      }
      object.remove(TYPE);
      return JSON.treeToValue(object, ResNetSpec.class);
    } catch (JsonProcessingException e) {
      Throwable cause = e.getCause() instanceof InvalidInputException bad ? bad : e;
      String what =
          cause instanceof JsonProcessingException bad
              ? bad.getOriginalMessage()
              : cause.getMessage();
      throw new InvalidInputException(
          where + ": the network cannot be read: " + what.replaceAll("\\s+", " "), e);
    }
  }
}
