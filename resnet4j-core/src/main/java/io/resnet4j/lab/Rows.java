package io.resnet4j.lab;

import com.fasterxml.jackson.core.type.TypeReference;
import java.util.LinkedHashMap;
import java.util.Map;

/** Makes the rows of experiments. */
final class Rows {
  private Rows() {}

  /** The components of a record that are not null, by name. */
  static Map<String, Object> of(Object record) {
    return Json.MAPPER.convertValue(record, new TypeReference<Map<String, Object>>() {});
  }

  /** Values by name, which can be added to: name, value, name, value. */
  static Map<String, Object> row(Object... namesAndValues) {
    Map<String, Object> row = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      row.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return row;
  }
}
