package io.resnet4j.infer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backends;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Value;
import io.resnet4j.model.GraphSpec;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.model.ResNetSpec;
import io.resnet4j.nn.HeadKind;
import io.resnet4j.plan.Precision;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What no golden shows: randomised networks, other networks, bad input. */
class ExplanationsTest {
  private static ResNetSpec spec() {
    return Models.resnet20(5)
        .withBlocks(List.of(1, 1, 1))
        .withWidths(List.of(4, 8, 8))
        .withInput(3, 28, 20);
  }

  private static FloatBuffer image(ModelSpec spec) {
    KeyedRandom random = KeyedRandom.of(5, "image");
    FloatBuffer image = FloatBuffer.allocate(spec.channels() * spec.height() * spec.width());
    while (image.hasRemaining()) {
      image.put((float) random.nextNormal());
    }
    return image.flip();
  }

  private static HeatMap map(Model model, Explanation how) {
    try (Predictor predictor = Predictor.open(model, Precision.F32, Backends.named("reference"))) {
      return Explanations.of(predictor).explain(how, image(model.spec()), 2).normalised();
    }
  }

  /** Adebayo et al. 2018: a map that does not change with the weights explains nothing. */
  @ParameterizedTest
  @EnumSource(Explanation.class)
  void aRandomisedNetworkGivesAnotherPicture(Explanation how) {
    for (HeadKind kind : HeadKind.values()) {
      ModelSpec spec = spec().with(d -> d.headKind(kind));
      HeatMap one = map(spec.initialise(1), how);
      HeatMap same = map(spec.initialise(1), how);
      HeatMap other = map(spec.initialise(2), how);
      double moved = 0;
      for (int i = 0; i < one.toFloats().length; i++) {
        assertEquals(one.toFloats()[i], same.toFloats()[i], 0);
        moved += Math.abs(one.toFloats()[i] - other.toFloats()[i]);
      }
      assertTrue(moved / one.toFloats().length > 0.05, how + ", " + kind + " moved by " + moved);
    }
  }

  /** A network that looks only at the left half is explained by the left half. */
  @Test
  void whatIsNotLookedAtStaysDark() {
    GraphBuilder g = new GraphBuilder();
    Value images = g.input(ModelSpec.IMAGES, Shape.of(1, 1, 8, 8));
    Value flat = g.flatten("flat", images);
    g.output(ModelSpec.LOGITS, g.linear("fc", flat, 2));
    ModelSpec spec = GraphSpec.of("half", g.build());
    Model model = spec.initialise(3);
    float[] weight = model.state().get("fc.weight").toFloats();
    for (int i = 0; i < weight.length; i++) {
      weight[i] = i % 8 < 4 ? weight[i] : 0;
    }
    Map<String, Tensor> state = new LinkedHashMap<>(model.state());
    state.put("fc.weight", Tensor.ofFloats(Shape.of(2, 64), weight));
    try (Predictor predictor =
        Predictor.open(model.withState(state), Precision.F32, Backends.named("reference"))) {
      Explanations explanations = Explanations.of(predictor);
      for (Explanation how : List.of(Explanation.SMOOTH_GRAD, Explanation.OCCLUSION)) {
        HeatMap map = explanations.explain(how, image(spec), 1);
        float left = 0;
        for (int y = 0; y < 8; y++) {
          for (int x = 0; x < 8; x++) {
            left += x < 4 ? map.at(y, x) : 0;
            // A hidden patch is two columns wide.
            assertTrue(x < 5 || map.at(y, x) < 1e-6f, how + " at " + y + "," + x);
          }
        }
        assertTrue(left > 0, how.toString());
      }
      InvalidInputException refused =
          assertThrows(
              InvalidInputException.class,
              () -> explanations.explain(Explanation.GRAD_CAM, image(spec), 1));
      assertTrue(refused.getMessage().contains("smoothgrad"), refused.getMessage());
    }
  }

  /** Between its steps an explanation leaves the engine to others, and can be ended. */
  @ParameterizedTest
  @EnumSource(Explanation.class)
  void stepsAreTakenInTurns(Explanation how) {
    ReentrantLock lock = new ReentrantLock();
    AtomicInteger steps = new AtomicInteger();
    Runnable before =
        () -> {
          assertEquals(1, lock.getHoldCount(), "taken for this step");
          steps.incrementAndGet();
        };
    ResNetSpec spec = spec().withInput(3, 14, 10);
    FloatBuffer image = image(spec);
    try (Predictor predictor =
        Predictor.open(spec.initialise(1), Precision.F32, Backends.named("reference"))) {
      Explanations explanations = Explanations.of(predictor);
      float[] whole = explanations.explain(how, image, 2).toFloats();
      float[] inSteps =
          explanations.explain(how, image, 2, new Explanations.Turns(lock, 8, before)).toFloats();
      assertArrayEquals(whole, inSteps, 1e-6f);
      // The whole picture, then a patch for each of its pixels, in eights.
      int expected =
          switch (how) {
            case GRAD_CAM, GRAD_CAM_PLUS_PLUS -> 1;
            case SMOOTH_GRAD -> 25;
            case OCCLUSION -> 1 + (14 * 10 + 7) / 8;
          };
      assertEquals(expected, steps.get());
      Runnable end =
          () -> {
            throw new IllegalStateException("enough");
          };
      assertThrows(
          IllegalStateException.class,
          () -> explanations.explain(how, image, 2, new Explanations.Turns(lock, 8, end)));
      assertFalse(lock.isLocked());
    }
  }

  @Test
  void badInputIsRefused() {
    FloatBuffer image = image(spec());
    Explanations explanations;
    try (Predictor predictor =
        Predictor.open(spec().initialise(1), Precision.F32, Backends.named("reference"))) {
      explanations = Explanations.of(predictor);
      assertThrows(
          InvalidInputException.class, () -> explanations.explain(Explanation.GRAD_CAM, image, 5));
      assertThrows(
          InvalidInputException.class,
          () -> explanations.explain(Explanation.GRAD_CAM, FloatBuffer.allocate(7), 0));
      InvalidInputException layer =
          assertThrows(
              InvalidInputException.class, () -> Explanations.of(predictor, "layer9.0.conv1"));
      assertTrue(layer.getMessage().contains("did you mean"), layer.getMessage());
      assertThrows(InvalidInputException.class, () -> Explanation.named("gradcam"));
    }
    assertThrows(
        IllegalStateException.class, () -> explanations.explain(Explanation.SMOOTH_GRAD, image, 0));
  }

  @Test
  void mapsAreResizedBetweenTheMiddlesOfTheirCells() {
    HeatMap map = new HeatMap(1, 2, new float[] {0, 2});
    HeatMap wide = map.resize(1, 4);
    assertEquals(0, wide.at(0, 0));
    assertEquals(0.5f, wide.at(0, 1));
    assertEquals(1.5f, wide.at(0, 2));
    assertEquals(2, wide.at(0, 3));
    assertEquals(1, map.normalised().at(0, 1));
    assertEquals(0, new HeatMap(1, 1, new float[] {0}).normalised().at(0, 0));
  }
}
