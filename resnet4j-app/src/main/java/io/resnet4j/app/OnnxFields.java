package io.resnet4j.app;

import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.TrainedModel;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What is said of a model that went into or came from an ONNX file. */
final class OnnxFields {
  private OnnxFields() {}

  /** What was written. */
  static Map<String, Object> of(TrainedModel model, Path out) {
    ModelSpec spec = model.spec();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("model", spec.name());
    fields.put("input", spec.channels() + "x" + spec.height() + "x" + spec.width());
    fields.put("classes", spec.classes());
    fields.put("parameters", spec.counts().parameters());
    fields.put("out", out.toString());
    return fields;
  }

  static String words(Map<String, Object> fields) {
    TextTable table = new TextTable("ll");
    fields.forEach(
        (name, value) ->
            table.row(
                name, value instanceof Number n ? Text.count(n.longValue()) : value.toString()));
    return table.toString();
  }
}
