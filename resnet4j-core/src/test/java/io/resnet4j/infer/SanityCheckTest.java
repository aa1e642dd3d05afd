package io.resnet4j.infer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.plan.Precision;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SanityCheckTest {
  private static final int CLASS = 2;

  private static ModelSpec spec() {
    return Models.resnet("resnet20")
        .withBlocks(List.of(1, 1, 1))
        .withWidths(List.of(4, 8, 12))
        .withInput(3, 32, 32)
        .withClasses(5);
  }

  private static FloatBuffer image() {
    KeyedRandom random = KeyedRandom.of(6, "sanity");
    FloatBuffer image = FloatBuffer.allocate(3 * 32 * 32);
    while (image.hasRemaining()) {
      image.put((float) random.nextNormal());
    }
    return image.flip();
  }

  @Test
  void partsGoFromTheHeadToTheStem() {
    assertEquals(
        List.of("fc", "layer3", "layer2", "layer1", "bn1", "conv1"),
        List.copyOf(SanityCheck.parts(spec()).keySet()));
    assertEquals(
        spec().stateShapes().keySet().size(),
        SanityCheck.parts(spec()).values().stream().mapToInt(java.util.Set::size).sum());
    Map<String, java.util.Set<String>> vgg = SanityCheck.parts(Models.named("vgg16_bn"));
    assertEquals("classifier.6", vgg.keySet().iterator().next());
    assertTrue(vgg.get("classifier").contains("classifier.0.weight"), vgg.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"grad-cam", "occlusion"})
  void everyStepIsThatOfANetworkSoRandom(String method) {
    Explanation how = Explanation.named(method);
    Model model = spec().initialise(77);
    FloatBuffer image = image();
    SanityCheck.Outcome outcome;
    float[] before;
    float[] after;
    try (Predictor predictor = Predictor.open(model, Precision.F32)) {
      before = predictor.logits(image, 1);
      Explanations explanations = Explanations.of(predictor);
      outcome = SanityCheck.run(model, predictor, explanations, how, image, CLASS, 1, 2);
      after = predictor.logits(image, 1);
      assertArrayEquals(
          explanations.explain(how, image, CLASS).toFloats(), outcome.trained().toFloats());
    }
    assertArrayEquals(before, after, "the predictor is as it was");
    assertEquals(6, outcome.steps().size());
    for (int step : new int[] {0, 2, 5}) {
      SanityCheck.Step got = outcome.steps().get(step);
      double ranks = 0;
      for (int draw = 0; draw < 2; draw++) {
        Map<String, Tensor> state = new LinkedHashMap<>(model.state());
        Map<String, Tensor> fresh = spec().initialise(1 + draw).state();
        new ArrayList<>(SanityCheck.parts(spec()).values())
            .subList(0, step + 1)
            .forEach(paths -> paths.forEach(path -> state.put(path, fresh.get(path))));
        try (Predictor random = Predictor.open(model.withState(state), Precision.F32)) {
          HeatMap map = Explanations.of(random).explain(how, image, CLASS);
          assertArrayEquals(map.toFloats(), got.maps().get(draw).toFloats(), 1e-5f);
          double each = outcome.trained().rankCorrelation(map);
          ranks += (Double.isNaN(each) ? 0 : each) / 2;
        }
      }
      assertEquals(ranks, got.rankCorrelation(), 0.05);
    }
  }

  private static SanityCheck.Verdict verdict(float[] trained, double left) {
    return new SanityCheck.Outcome(
            new HeatMap(1, trained.length, trained),
            List.of(
                new SanityCheck.Step("fc", List.of(), 0.9, 0),
                new SanityCheck.Step("conv1", List.of(), left, 0)))
        .verdict();
  }

  @Test
  void theVerdictIsOfTheNetworkThatIsAllRandom() {
    float[] map = {0, 1, 2};
    assertEquals(SanityCheck.Verdict.PASSED, verdict(map, 0.1));
    assertEquals(SanityCheck.Verdict.PASSED, verdict(map, -0.8));
    assertEquals(SanityCheck.Verdict.UNDECIDED, verdict(map, 0.4));
    assertEquals(SanityCheck.Verdict.FAILED, verdict(map, 0.7));
    assertEquals(SanityCheck.Verdict.BLANK, verdict(new float[3], 0.7));
  }

  @Test
  void aMethodThatSeesTheSameNetworkFails() {
    // What is "trained" are the very weights that are drawn.
    Model model = spec().initialise(4);
    try (Predictor predictor = Predictor.open(model, Precision.F32)) {
      SanityCheck.Outcome outcome =
          SanityCheck.run(
              model,
              predictor,
              Explanations.of(predictor),
              Explanation.GRAD_CAM,
              image(),
              CLASS,
              4,
              1);
      for (SanityCheck.Step step : outcome.steps()) {
        assertEquals(1, step.rankCorrelation(), 1e-6);
        assertEquals(1, step.structure(), 1e-6);
      }
      assertEquals(SanityCheck.Verdict.FAILED, outcome.verdict());
      assertThrows(
          InvalidInputException.class,
          () ->
              SanityCheck.run(
                  model,
                  predictor,
                  Explanations.of(predictor),
                  Explanation.GRAD_CAM,
                  image(),
                  CLASS,
                  4,
                  0));
    }
  }
}
