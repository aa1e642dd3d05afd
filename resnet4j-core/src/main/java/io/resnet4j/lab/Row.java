package io.resnet4j.lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Numbers and texts by name: what was varied and what was measured.
 *
 * @param values in order
 */
public record Row(Map<String, JsonNode> values) {
  /** Copies the map. */
  public Row {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  static Row of(JsonNode... objects) {
    Map<String, JsonNode> values = new LinkedHashMap<>();
    for (JsonNode object : objects) {
      object.properties().forEach(entry -> values.put(entry.getKey(), entry.getValue()));
    }
    return new Row(values);
  }

  private JsonNode value(String name) {
    JsonNode value = values.get(name);
    return value == null ? Json.MAPPER.missingNode() : value;
  }

  /** A number; NaN where there is none. */
  double number(String name) {
    return Json.number(value(name));
  }

  /** A whole number. */
  int integer(String name) {
    return (int) number(name);
  }

  /** A text; a number as text. */
  String text(String name) {
    return value(name).asText();
  }

  /** Whether names have these values: name, value, name, value. */
  boolean is(Object... namesAndValues) {
    for (int i = 0; i < namesAndValues.length; i += 2) {
      if (!text((String) namesAndValues[i]).equals(String.valueOf(namesAndValues[i + 1]))) {
        return false;
      }
    }
    return true;
  }

  /** Those of {@code rows} that have these values. */
  static List<Row> where(List<Row> rows, Object... namesAndValues) {
    return rows.stream().filter(row -> row.is(namesAndValues)).toList();
  }

  /** The different values of a name, in order of appearance. */
  static List<String> distinct(List<Row> rows, String name) {
    List<String> found = new ArrayList<>();
    for (Row row : rows) {
      if (row.values.containsKey(name) && !found.contains(row.text(name))) {
        found.add(row.text(name));
      }
    }
    return found;
  }

  /** A column. */
  static double[] column(List<Row> rows, String name) {
    return rows.stream().mapToDouble(row -> row.number(name)).toArray();
  }
}
