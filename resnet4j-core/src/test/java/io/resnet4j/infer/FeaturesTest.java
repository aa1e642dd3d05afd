package io.resnet4j.infer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backends;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Value;
import io.resnet4j.model.GraphSpec;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.nn.HeadKind;
import io.resnet4j.nn.Regularisation;
import io.resnet4j.plan.Precision;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FeaturesTest {
  private static final int COUNT = 5;

  private static FloatBuffer images(ModelSpec spec) {
    KeyedRandom random = KeyedRandom.of(5, "features");
    FloatBuffer images =
        FloatBuffer.allocate(COUNT * spec.channels() * spec.height() * spec.width());
    while (images.hasRemaining()) {
      images.put((float) random.nextNormal());
    }
    return images.flip();
  }

  /** The head's own arithmetic, done by hand, leads from the features to the logits. */
  @ParameterizedTest
  @CsvSource({
    "resnet20, fc, POOL, 12, reference, 1e-5",
    "resnet20, fc, POOL, 12, onednn, 1e-4",
    "preresnet110, fc, POOL, 12, onednn, 1e-4",
    "resnet20, fc, FLATTEN, 192, onednn, 1e-4"
  })
  void theHeadMakesTheLogitsOfThem(
      String name, String head, HeadKind kind, int size, String backend, double tolerance) {
    ModelSpec spec =
        Models.resnet(name)
            .withBlocks(List.of(1, 1, 1))
            .withWidths(List.of(4, 8, 12))
            .withInput(3, 16, 16)
            .withClasses(7)
            .with(
                d ->
                    // It is there before the head, and nothing when predicting.
                    d.headKind(kind).regularisation(new Regularisation(0, 0.3, 0, 0, 0, 7)));
    Model model = spec.initialise(3);
    try (Predictor predictor = Predictor.open(model, Precision.F32, Backends.named(backend))) {
      Features features = Features.of(predictor);
      FloatBuffer images = images(spec);
      Features.Seen seen = features.see(images, COUNT);
      assertEquals(size, features.size());
      assertEquals(COUNT * size, seen.features().length);
      assertArrayEquals(predictor.logits(images, COUNT), seen.logits(), (float) tolerance);
      float[] weight = floats(model, head + ".weight");
      float[] bias = floats(model, head + ".bias");
      for (int n = 0; n < COUNT; n++) {
        for (int k = 0; k < 7; k++) {
          double logit = bias[k];
          for (int d = 0; d < size; d++) {
            logit += weight[k * size + d] * seen.features()[n * size + d];
          }
          assertEquals(logit, seen.logits()[n * 7 + k], tolerance);
        }
      }
    }
  }

  private static float[] floats(Model model, String path) {
    Tensor tensor = model.state().get(path);
    return tensor.toFloats();
  }

  @Test
  void aNetworkWithoutAnAffineHeadHasNone() {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input(ModelSpec.IMAGES, io.resnet4j.tensor.Shape.of(1, 3, 4, 4));
    g.output(ModelSpec.LOGITS, g.flatten("flat", g.globalAveragePool("pool", x)));
    Model model = GraphSpec.of("headless", g.build()).initialise(1);
    try (Predictor predictor = Predictor.open(model, Precision.F32, Backends.named("reference"))) {
      String message =
          assertThrows(InvalidInputException.class, () -> Features.of(predictor)).getMessage();
      assertEquals(true, message.contains("'flat'"), message);
    }
  }
}
