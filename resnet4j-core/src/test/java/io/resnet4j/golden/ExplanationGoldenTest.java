package io.resnet4j.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.backend.Backend;
import io.resnet4j.backend.Backends;
import io.resnet4j.infer.Explanation;
import io.resnet4j.infer.Explanations;
import io.resnet4j.infer.HeatMap;
import io.resnet4j.infer.Predictor;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.plan.Precision;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Heat maps against PyTorch's autograd. */
class ExplanationGoldenTest {
  @ParameterizedTest
  @ValueSource(strings = {"reference", "onednn"})
  void mapsArePyTorchs(String name) {
    JsonNode golden = GoldenFiles.read("explanations.json.gz");
    Backend backend = Backends.named(name);
    Precision precision = name.equals("reference") ? Precision.F64 : Precision.F32;
    FloatBuffer image =
        floats(ReferenceWeights.tensor(ReferenceWeights.SEED, "input", Shape.of(1, 3, 32, 32)));
    try (Predictor predictor = Predictor.open(model(), precision, backend)) {
      for (JsonNode each : golden.get("maps")) {
        String layer = each.get("layer").asText();
        Explanations explanations =
            layer.isEmpty() ? Explanations.of(predictor) : Explanations.of(predictor, layer);
        HeatMap map =
            explanations.explain(
                Explanation.named(each.get("method").asText()), image, each.get("class").asInt());
        compare(each, map);
      }
      assertTrue(Explanations.of(predictor).layer().orElseThrow().startsWith("layer3."));
    }
  }

  private static void compare(JsonNode golden, HeatMap map) {
    JsonNode rows = golden.get("map");
    String what = golden.get("method") + " " + golden.get("layer") + " " + golden.get("class");
    assertEquals(rows.size(), map.height(), what);
    assertEquals(rows.get(0).size(), map.width(), what);
    double largest = 0;
    for (JsonNode row : rows) {
      for (JsonNode value : row) {
        largest = Math.max(largest, value.doubleValue());
      }
    }
    assertTrue(largest > 0, what);
    for (int y = 0; y < map.height(); y++) {
      for (int x = 0; x < map.width(); x++) {
        assertEquals(rows.get(y).get(x).doubleValue(), map.at(y, x), 1e-4 * largest, what);
      }
    }
  }

  private static Model model() {
    ModelSpec spec = Models.resnet20(10).withBlocks(List.of(1, 1, 1)).withWidths(List.of(4, 8, 8));
    Map<String, Tensor> state = new LinkedHashMap<>();
    ReferenceWeights.state(ReferenceWeights.SEED, spec.stateShapes())
        .forEach(
            (path, values) ->
                state.put(
                    path, Tensor.ofFloats(spec.stateShapes().get(path), floats(values).array())));
    return Model.of(spec, state, Map.of());
  }

  private static FloatBuffer floats(double[] values) {
    FloatBuffer floats = FloatBuffer.allocate(values.length);
    for (double value : values) {
      floats.put((float) value);
    }
    return floats.flip();
  }
}
