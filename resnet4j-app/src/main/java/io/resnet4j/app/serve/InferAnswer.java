package io.resnet4j.app.serve;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.infer.Prediction;
import io.resnet4j.infer.Predictor;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The answer to an {@link InferRequest}, as JSON or with binary tensors behind it. */
final class InferAnswer {
  static final String HEADER = "Inference-Header-Content-Length";

  private final InferRequest request;
  private final Predictor predictor;
  private final float[] logits;
  private final int classes;
  private final List<byte[]> binary = new ArrayList<>();

  private InferAnswer(InferRequest request, Predictor predictor, float[] logits) {
    this.request = request;
    this.predictor = predictor;
    this.logits = logits;
    this.classes = predictor.spec().classes();
  }

  static Answer of(InferRequest request, ServedModel model, float[] logits) {
    return new InferAnswer(request, model.predictor(), logits).write(model);
  }

  private Answer write(ServedModel model) {
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.put("model_name", model.name());
    json.put("model_version", model.version());
    request.id().ifPresent(id -> json.put("id", id));
    ArrayNode outputs = json.putArray("outputs");
    for (InferRequest.Output output : request.outputs()) {
      add(output, outputs.addObject());
    }
    byte[] head = Json.bytes(json);
    if (binary.isEmpty()) {
      return Answer.of(Answer.JSON, head);
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(head);
    binary.forEach(all::writeBytes);
    return new Answer(
        200,
        "application/octet-stream",
        Map.of(HEADER, Integer.toString(head.length)),
        all.toByteArray(),
        Map.of());
  }

  private void add(InferRequest.Output output, ObjectNode to) {
    to.put("name", output.name());
    boolean asText = output.classes() > 0;
    to.put("datatype", asText ? "BYTES" : InferRequest.TYPE);
    to.putArray("shape").add(request.count()).add(asText ? output.classes() : classes);
    boolean shares = output.name().equals(InferRequest.PROBABILITIES);
    ArrayNode data = Json.MAPPER.createArrayNode();
    ByteBuffer bytes =
        ByteBuffer.allocate(output.binary() && !asText ? 4 * logits.length : 0)
            .order(ByteOrder.LITTLE_ENDIAN);
    ByteArrayOutputStream texts = new ByteArrayOutputStream();
    for (int row = 0; row < request.count(); row++) {
      float[] own = Arrays.copyOfRange(logits, row * classes, (row + 1) * classes);
      // Refuses what is not finite, too.
      List<Prediction> best = predictor.best(own, classes);
      if (asText) {
        for (Prediction each : best.subList(0, output.classes())) {
          double score = shares ? each.probability() : own[each.index()];
          String text = score + ":" + each.index() + ":" + each.label();
          data.add(text);
          write(text, texts);
        }
        continue;
      }
      if (shares) {
        best.forEach(each -> own[each.index()] = (float) each.probability());
      }
      for (float value : own) {
        if (output.binary()) {
          bytes.putFloat(value);
        } else {
          data.add(value);
        }
      }
    }
    if (output.binary()) {
      byte[] raw = asText ? texts.toByteArray() : bytes.array();
      binary.add(raw);
      to.putObject("parameters").put("binary_data_size", raw.length);
    } else {
      to.set("data", data);
    }
  }

  /** The protocol's form of text: four bytes of length in front. */
  private static void write(String text, ByteArrayOutputStream to) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    to.writeBytes(
        ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(bytes.length).array());
    to.writeBytes(bytes);
  }
}
