package io.resnet4j.app;

import com.fasterxml.jackson.databind.JsonNode;

/** What probes read of layers and blocks, as the diagram of a run colours it. */
enum ProbeQuantity {
  GRADIENT("layers", "gradient", "gradient by the layer's weight, norm", true),
  RESPONSE("layers", "response", "response of the layer, standard deviation", true),
  UPDATE("layers", "update", "size of an update over that of the weight", true),
  ENTERING("blocks", "entering", "gradient by what enters the block, norm", true),
  SHARE("blocks", "shortcut_share", "share of the gradient that comes through the shortcut", false),
  RATIO("blocks", "ratio", "|F(x)| / |x|: what the branch adds", true);

  private final String part;
  private final String key;
  private final String words;
  private final boolean logarithmic;

  ProbeQuantity(String part, String key, String words, boolean logarithmic) {
    this.part = part;
    this.key = key;
    this.words = words;
    this.logarithmic = logarithmic;
  }

  /** What is read: {@code layers} or {@code blocks}. */
  String part() {
    return part;
  }

  String words() {
    return words;
  }

  /** Whether its colours stand for its logarithm. */
  boolean logarithmic() {
    return logarithmic;
  }

  /** Of a layer or block of a reading, be it finite or not; NaN where it was not read. */
  double of(JsonNode place) {
    return Json.number(place.path(key));
  }

  /** Whether a layer or block has it, be it finite or not. */
  boolean in(JsonNode place) {
    return place.has(key);
  }
}
