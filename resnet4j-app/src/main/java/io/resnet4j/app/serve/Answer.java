package io.resnet4j.app.serve;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is sent back.
 *
 * @param status of HTTP
 * @param type media type
 * @param headers beside type and length
 * @param body all of it
 * @param notes further fields of the access log's line
 */
record Answer(
    int status, String type, Map<String, String> headers, byte[] body, Map<String, Object> notes) {
  static final String JSON = "application/json";

  static Answer json(int status, Object value) {
    return new Answer(status, JSON, Map.of(), Json.bytes(value), Map.of());
  }

  static Answer of(String type, byte[] body) {
    return new Answer(200, type, Map.of(), body, Map.of());
  }

  static Answer error(HttpError error) {
    Answer answer = json(error.status(), Map.of("error", error.getMessage()));
    return error.retryAfterSeconds() == 0
        ? answer
        : answer.with("Retry-After", Long.toString(error.retryAfterSeconds()));
  }

  Answer with(String header, String value) {
    Map<String, String> merged = new LinkedHashMap<>(headers);
    merged.put(header, value);
    return new Answer(status, type, merged, body, notes);
  }

  Answer noting(Map<String, Object> more) {
    Map<String, Object> merged = new LinkedHashMap<>(notes);
    merged.putAll(more);
    return new Answer(status, type, headers, body, merged);
  }
}
