package io.resnet4j.infer;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import io.resnet4j.plan.Precision;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Feature maps, filters and neighbours. */
class InspectionTest {
  private static final ModelSpec SPEC =
      Models.resnet("resnet20")
          .withBlocks(List.of(1, 1, 1))
          .withWidths(List.of(4, 8, 12))
          .withInput(3, 16, 16)
          .withClasses(5);

  private static FloatBuffer image() {
    KeyedRandom random = KeyedRandom.of(6, "inspection");
    FloatBuffer image = FloatBuffer.allocate(3 * 16 * 16);
    while (image.hasRemaining()) {
      image.put((float) random.nextNormal());
    }
    return image.flip();
  }

  @Test
  void featureMapsAreWhatTheLayerMakes() {
    Model model = SPEC.initialise(9);
    FloatBuffer image = image();
    float[] weight = model.state().get("conv1.weight").toFloats();
    try (Predictor fast = Predictor.open(model, Precision.F32);
        Predictor exact = Predictor.open(model, Precision.F64, Backends.named("reference"))) {
      assertEquals("conv1", FeatureMaps.firstLayer(SPEC));
      FeatureMaps first = FeatureMaps.of(fast, "conv1", image);
      assertEquals(List.of(4, 16, 16), List.of(first.channels(), first.height(), first.width()));
      // The convolution by hand, at an inner place and in a corner.
      for (int[] at : new int[][] {{5, 7}, {0, 0}}) {
        double sum = 0;
        for (int i = 0; i < 27; i++) {
          int y = at[0] + i % 9 / 3 - 1;
          int x = at[1] + i % 3 - 1;
          if (y >= 0 && x >= 0) {
            sum += weight[2 * 27 + i] * image.get(i / 9 * 256 + y * 16 + x);
          }
        }
        assertEquals(sum, first.at(2, at[0], at[1]), 1e-4);
      }
      for (String layer : List.of("conv1", "bn1", "layer1", "layer2.0.conv2", "layer3.0")) {
        FeatureMaps maps = FeatureMaps.of(fast, layer, image);
        FeatureMaps same = FeatureMaps.of(exact, layer, image);
        assertTrue(maps.layer().startsWith(layer), maps.layer());
        assertEquals(same.layer(), maps.layer());
        for (int c = 0; c < maps.channels(); c++) {
          for (int i = 0; i < maps.height() * maps.width(); i++) {
            int y = i / maps.width();
            int x = i % maps.width();
            assertEquals(same.at(c, y, x), maps.at(c, y, x), 1e-3, layer);
          }
        }
        List<Integer> order = maps.byActivity();
        List<Integer> sorted = new ArrayList<>(order);
        sorted.sort(Comparator.comparingDouble(c -> -maps.activity(c)));
        assertEquals(sorted, order);
        assertEquals(maps.channels(), order.stream().distinct().count());
      }
      assertTrue(
          assertThrows(
                  InvalidInputException.class, () -> FeatureMaps.of(fast, "layer1.0.conv3", image))
              .getMessage()
              .contains("did you mean 'layer1.0.conv1'"));
      assertThrows(
          InvalidInputException.class,
          () -> FeatureMaps.of(fast, "conv1", FloatBuffer.allocate(3)));
    }
  }

  @Test
  void filtersAreTheWeights() {
    Model model = SPEC.initialise(9);
    Filters first = Filters.first(model);
    assertEquals("conv1", first.layer());
    assertEquals(List.of(4, 3, 3, 3), List.of(first.count(), first.planes(), first.height(), 3));
    float[] weight = model.state().get("conv1.weight").toFloats();
    assertEquals(weight[2 * 27 + 9 + 3 + 2], first.at(2, 1, 1, 2));
    Filters later = Filters.of(model, "layer2.0");
    assertEquals("layer2.0.conv1", later.layer());
    assertEquals(4, later.planes());
    List<Integer> order = later.byNorm();
    for (int i = 1; i < order.size(); i++) {
      assertTrue(later.norm(order.get(i - 1)) >= later.norm(order.get(i)));
    }
    String message =
        assertThrows(InvalidInputException.class, () -> Filters.of(model, "layer2.0.bn1"))
            .getMessage();
    assertTrue(message.contains("layer2.0.conv1"), message);
  }

  @Test
  void aNetworkWithoutConvolutionsSaysSo() {
    GraphBuilder g = new GraphBuilder();
    Value images = g.input(ModelSpec.IMAGES, Shape.of(1, 1, 4, 4));
    g.output(ModelSpec.LOGITS, g.linear("fc", g.flatten("flat", images), 3));
    Model model = GraphSpec.of("flat", g.build()).initialise(1);
    assertTrue(
        assertThrows(InvalidInputException.class, () -> Filters.first(model))
            .getMessage()
            .contains("no convolution"));
    assertThrows(InvalidInputException.class, () -> FeatureMaps.firstLayer(model.spec()));
  }

  @Test
  void theClosestAreFound() {
    KeyedRandom random = KeyedRandom.of(2, "neighbours");
    float[] query = new float[8];
    List<float[]> rows = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      float[] row = i == 0 ? query : new float[8];
      for (int d = 0; d < 8; d++) {
        row[d] = (float) random.nextNormal();
      }
      rows.add(row);
    }
    rows.add(new float[8]);
    Neighbours search = new Neighbours(query, 7);
    rows.forEach(search::offer);
    List<Neighbours.Found> found = search.found();
    assertEquals(201, search.offered());
    assertEquals(7, found.size());
    assertEquals(new Neighbours.Found(0, 1), found.get(0));
    List<Double> cosines = new ArrayList<>();
    for (float[] row : rows) {
      double both = 0;
      double a = 0;
      double b = 0;
      for (int d = 0; d < 8; d++) {
        both += (double) query[d] * row[d];
        a += (double) query[d] * query[d];
        b += (double) row[d] * row[d];
      }
      cosines.add(b == 0 ? 0 : both / Math.sqrt(a * b));
    }
    for (Neighbours.Found each : found) {
      assertEquals(cosines.get(each.index()), each.similarity(), 1e-12);
    }
    cosines.sort(Comparator.reverseOrder());
    assertEquals(cosines.get(6), found.get(6).similarity(), 1e-12);
  }

  @Test
  void equallyCloseOnesKeepTheirOrder() {
    Neighbours search = new Neighbours(new float[] {1, 0}, 3);
    float[] far = {0, 1};
    search.offer(far);
    search.offer(new float[] {2, 0});
    search.offer(new float[] {-1, 0});
    search.offer(far);
    search.offer(new float[2]);
    assertEquals(List.of(1, 0, 3), search.found().stream().map(Neighbours.Found::index).toList());
    assertThrows(InvalidInputException.class, () -> search.offer(new float[3]));
    assertThrows(InvalidInputException.class, () -> new Neighbours(far, 0));
  }
}
