package io.resnet4j.lab;

import com.fasterxml.jackson.core.type.TypeReference;
import java.util.Map;

/** Records as the rows of an experiment. */
final class Rows {
  private Rows() {}

  /** The components of a record that are not null, by name. */
  static Map<String, Object> of(Object record) {
    return Json.MAPPER.convertValue(record, new TypeReference<Map<String, Object>>() {});
  }
}
