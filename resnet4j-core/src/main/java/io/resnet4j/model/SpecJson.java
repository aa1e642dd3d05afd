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
  private static final String GRAPH = "graph";
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
    if (spec instanceof GraphSpec graph) {
      return GraphJson.write(graph).put(TYPE, GRAPH).toString();
    }
    ObjectNode node = JSON.createObjectNode().put(TYPE, RESNET);
    node.setAll((ObjectNode) JSON.valueToTree(spec));
    return node.toString();
  }

  static ModelSpec read(String json, String where) {
    try {
      JsonNode node = JSON.readTree(json);
      if (node.path(TYPE).asText().equals(GRAPH)) {
        return GraphJson.read(node);
      }
      if (!(node instanceof ObjectNode object) || !object.path(TYPE).asText().equals(RESNET)) {
        throw new InvalidInputException(
            where
                + ": the network is of type '"
                + node.path(TYPE).asText()
                + "'; this version reads '"
                + RESNET
                + "' and '"
                + GRAPH
                + "'");
      }
      object.remove(TYPE);
      return JSON.treeToValue(object, ResNetSpec.class);
    } catch (InvalidInputException e) {
      throw e.getMessage().startsWith(where) ? e : unreadable(where, e.getMessage(), e);
    } catch (JsonProcessingException e) {
      Throwable cause = e.getCause() instanceof InvalidInputException bad ? bad : e;
      String what =
          cause instanceof JsonProcessingException bad
              ? bad.getOriginalMessage()
              : cause.getMessage();
      throw unreadable(where, what, e);
    }
  }

  private static InvalidInputException unreadable(String where, String what, Exception cause) {
    return new InvalidInputException(
        where + ": the network cannot be read: " + what.replaceAll("\\s+", " "), cause);
  }
}
