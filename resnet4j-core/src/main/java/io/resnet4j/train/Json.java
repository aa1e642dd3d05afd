package io.resnet4j.train;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.EnumFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.resnet4j.plan.UpdateRule;

/** How this package writes and reads JSON. */
final class Json {
  static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .enable(EnumFeature.WRITE_ENUMS_TO_LOWERCASE)
          // Normalisation.isPerPixel and its like are no components of their records.
          .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
          .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
          .addMixIn(UpdateRule.class, Rule.class)
          .build();

  /** Rules by their kind; before there were several, all were SGD. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind", defaultImpl = UpdateRule.Sgd.class)
  @JsonSubTypes({
    @JsonSubTypes.Type(value = UpdateRule.Sgd.class, name = "sgd"),
    @JsonSubTypes.Type(value = UpdateRule.Adam.class, name = "adam"),
    @JsonSubTypes.Type(value = UpdateRule.RmsProp.class, name = "rmsprop"),
    @JsonSubTypes.Type(value = UpdateRule.Lars.class, name = "lars"),
    @JsonSubTypes.Type(value = UpdateRule.Lamb.class, name = "lamb"),
    @JsonSubTypes.Type(value = UpdateRule.Muon.class, name = "muon")
  })
  private interface Rule {}

  private Json() {}

  static JsonNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  /** Reads what this library wrote itself. */
  static JsonNode parse(String json) {
    try {
      return MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot read as JSON: " + json, e);
    }
  }

  static String pretty(Object value) {
    return write(value, true);
  }

  static String line(Object value) {
    return write(value, false);
  }

  private static String write(Object value, boolean indented) {
    try {
      return indented
          ? MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value)
          : MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot write " + value.getClass() + " as JSON", e);
    }
  }
}
