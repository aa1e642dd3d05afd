package io.resnet4j.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.backend.Backends;
import io.resnet4j.infer.Predictor;
import io.resnet4j.model.Model;
import io.resnet4j.model.Models;
import io.resnet4j.model.ResNetSpec;
import io.resnet4j.plan.Precision;
import java.net.URISyntaxException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A network that PyTorch saved gives PyTorch's logits; tools/proofs/3-weights-travel does all. */
class PthGoldenTest {
  @ParameterizedTest
  @CsvSource({
    "network.pth,reference,F64,1e-6",
    "network.pth,onednn,F32,1e-5",
    "checkpoint.pth,onednn,F32,1e-5"
  })
  void importedWeightsGiveTheirLogits(
      String name, String backend, Precision precision, double limit) throws URISyntaxException {
    JsonNode golden = GoldenFiles.read("pth/expected.json").path("network");
    int[] input = GoldenFiles.shape(golden.path("input")).toArray();
    ResNetSpec spec =
        Models.resnet("resnet20-b")
            .withBlocks(List.of(1, 1, 1))
            .withWidths(List.of(2, 3, 4))
            .withClasses(3)
            .withInput(input[0], input[1], input[2]);
    Path file = Path.of(PthGoldenTest.class.getResource("/golden/pth/" + name).toURI());
    double[] images = GoldenFiles.doubles(golden.path("images"));
    FloatBuffer pictures = FloatBuffer.allocate(images.length);
    for (double value : images) {
      pictures.put((float) value);
    }
    double[] expected = GoldenFiles.doubles(golden.path("logits"));
    try (Predictor predictor =
        Predictor.open(Model.load(file, spec), precision, Backends.named(backend))) {
      float[] logits = predictor.logits(pictures.flip(), 2);
      assertEquals(expected.length, logits.length);
      double difference = 0;
      double norm = 0;
      for (int i = 0; i < logits.length; i++) {
        difference += Math.pow(logits[i] - expected[i], 2);
        norm += Math.pow(expected[i], 2);
      }
      double error = Math.sqrt(difference / norm);
      assertTrue(error < limit, name + " on " + backend + ": relative norm " + error);
    }
  }
}
