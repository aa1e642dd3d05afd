package io.resnet4j.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.graph.Graph;
import io.resnet4j.model.Models;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InitialisationTest {
  private static final Shape CONV = Shape.of(64, 32, 3, 3);

  private static double deviation(Initialiser initialiser) {
    double[] values = initialiser.make(CONV, KeyedRandom.of(1, "w")).toDoubles();
    double mean = Arrays.stream(values).average().orElseThrow();
    assertEquals(0, mean, 0.002);
    return Math.sqrt(Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum() / values.length);
  }

  @Test
  void deviationsFollowTheFans() {
    assertEquals(Math.sqrt(2.0 / (64 * 9)), deviation(Initialiser.HE_FAN_OUT), 0.0015);
    assertEquals(Math.sqrt(2.0 / (32 * 9)), deviation(Initialiser.HE_FAN_IN), 0.0015);
    double bound = 1 / Math.sqrt(32 * 9);
    assertEquals(bound / Math.sqrt(3), deviation(Initialiser.UNIFORM_FAN_IN), 0.001);
    double[] uniform = Initialiser.UNIFORM_FAN_IN.make(CONV, KeyedRandom.of(1, "w")).toDoubles();
    double largest = Arrays.stream(uniform).map(Math::abs).max().orElseThrow();
    assertTrue(largest <= bound && largest > 0.99 * bound, "largest " + largest);
  }

  @Test
  void elementsAreDrawsOfSeedPathAndIndex() {
    Graph graph = Models.resnet20(10).graph(1);
    Tensor conv = Initialisation.TORCHVISION.state(graph, 7).get("layer2.1.conv1.weight");
    KeyedRandom random = KeyedRandom.of(7, "layer2.1.conv1.weight");
    double deviation = Math.sqrt(2.0 / (32 * 9));
    for (int i : new int[] {0, 1, 100, 9215}) {
      assertEquals((float) (deviation * random.normalAt(i)), (float) conv.get(i));
    }
  }

  @Test
  void sameSeedSameWeightsAndOtherSeedOthers() {
    Graph graph = Models.resnet20(10).graph(1);
    Initialisation how = Initialisation.HE_2015;
    Map<String, Tensor> first = how.state(graph, 1);
    Map<String, Tensor> again = how.state(graph, 1);
    Map<String, Tensor> other = how.state(graph, 2);
    first.forEach(
        (path, tensor) -> assertArrayEquals(tensor.toFloats(), again.get(path).toFloats(), path));
    assertFalse(
        Arrays.equals(first.get("fc.weight").toFloats(), other.get("fc.weight").toFloats()));
  }

  @Test
  void normsStartAsIdentityAndBiasIsUniformByFanIn() {
    Map<String, Tensor> state = Initialisation.TORCHVISION.state(Models.resnet20(100).graph(1), 3);
    float[] ones = new float[16];
    Arrays.fill(ones, 1);
    assertArrayEquals(ones, state.get("bn1.weight").toFloats());
    assertArrayEquals(ones, state.get("bn1.running_var").toFloats());
    assertArrayEquals(new float[16], state.get("bn1.bias").toFloats());
    assertArrayEquals(new float[16], state.get("bn1.running_mean").toFloats());
    double[] bias = state.get("fc.bias").toDoubles();
    double largest = Arrays.stream(bias).map(Math::abs).max().orElseThrow();
    assertTrue(largest <= 0.125 && largest > 0.1, "largest " + largest);
  }

  @Test
  void zeroLastScaleTouchesOnlyTheLastNormOfEachBranch() {
    Map<String, Tensor> basic = zeroed("resnet20-b");
    Map<String, Tensor> bottleneck = zeroed("resnet50");
    Map<String, Tensor> plain = Models.named("plain20").initialise(1).state();
    basic.forEach((path, tensor) -> check(path, tensor, path.endsWith(".bn2.weight")));
    bottleneck.forEach((path, tensor) -> check(path, tensor, path.endsWith(".bn3.weight")));
    plain.forEach((path, tensor) -> check(path, tensor, false));
  }

  private static Map<String, Tensor> zeroed(String name) {
    return Models.resnet(name)
        .withBlocks(Models.resnet(name).blocks().stream().map(n -> 1).toList())
        .withBlock(b -> b.scale(BranchScale.ZERO))
        .initialise(1)
        .state();
  }

  private static void check(String path, Tensor tensor, boolean zero) {
    if (path.matches(".*(bn\\d|downsample\\.1)\\.weight")) {
      assertEquals(zero ? 0 : 1, tensor.get(0), path);
    }
  }

  @Test
  void otherDeviationsAndPatterns() {
    assertEquals(Math.sqrt(2.0 / (96 * 9)), deviation(Initialiser.XAVIER), 0.0015);
    assertEquals(Math.sqrt(1.0 / (32 * 9)), deviation(Initialiser.LECUN), 0.0015);
    assertEquals(0, deviation(Initialiser.ZERO));
    double[] dirac =
        Initialiser.DIRAC.make(Shape.of(3, 2, 3, 3), KeyedRandom.of(1, "w")).toDoubles();
    double[] expected = new double[54];
    expected[4] = 1;
    expected[18 + 9 + 4] = 1;
    assertArrayEquals(expected, dirac);
  }

  @Test
  void orthogonalRowsOrColumnsAreOrthonormal() {
    for (Shape shape : List.of(Shape.of(6, 3, 2, 2), Shape.of(20, 7))) {
      double[] w = Initialiser.ORTHOGONAL.make(shape, KeyedRandom.of(1, "w")).toDoubles();
      int rows = shape.dim(0);
      int columns = w.length / rows;
      boolean wide = rows <= columns;
      int count = Math.min(rows, columns);
      for (int a = 0; a < count; a++) {
        for (int b = 0; b < count; b++) {
          double dot = 0;
          for (int i = 0; i < Math.max(rows, columns); i++) {
            dot +=
                wide
                    ? w[a * columns + i] * w[b * columns + i]
                    : w[i * columns + a] * w[i * columns + b];
          }
          assertEquals(a == b ? 1 : 0, dot, 1e-6);
        }
      }
    }
  }

  @Test
  void designsStartAsTheirPapersSay() {
    Map<String, Tensor> fixup = Models.named("resnet20-fixup").initialise(1).state();
    Map<String, Tensor> plain = Models.named("plain20").initialise(1).state();
    // Nine blocks of two convolutions: 9 to the power of -1/2.
    assertEquals(
        plain.get("layer1.0.conv1.weight").get(3) / 3,
        fixup.get("layer1.0.conv1.weight").get(3),
        1e-7);
    assertEquals(0, fixup.get("layer1.0.conv2.weight").get(3));
    assertEquals(1, fixup.get("layer1.0.scale").get(0));
    assertEquals(0, fixup.get("fc.weight").get(3));
    assertEquals(
        -6,
        Models.named("resnet20-shortcut-gate")
            .initialise(1)
            .state()
            .get("layer1.0.gate.bias")
            .get(0));
    assertEquals(
        0, Models.named("resnet20-rezero").initialise(1).state().get("layer1.0.scale").get(0));
    Map<String, Tensor> skip = Models.named("resnet20-skipinit").initialise(1).state();
    assertEquals(0, skip.get("layer1.0.scale").get(0));
    assertEquals(0, skip.get("layer1.0.conv1.bias").get(0));
    Map<String, Tensor> free = Models.named("resnet20-nf").initialise(1).state();
    assertEquals(1, free.get("layer1.0.conv1.gain").get(0));
    double[] blur =
        Models.named("resnet20-blur")
            .initialise(1)
            .state()
            .get("layer2.0.conv2.0.filt")
            .toDoubles();
    assertArrayEquals(
        new double[] {1, 2, 1, 2, 4, 2, 1, 2, 1},
        Arrays.stream(blur).limit(9).map(v -> 16 * v).toArray());
  }

  @Test
  void everyNamedNetworksStateHasAStart() {
    for (String name : List.of("nf_resnet26", "revnet38", "densenet-bc-40-12", "vgg11_bn-cifar")) {
      Models.named(name)
          .initialise(1)
          .state()
          .forEach(
              (path, tensor) ->
                  assertTrue(
                      Arrays.stream(tensor.toDoubles()).allMatch(Double::isFinite),
                      name + " " + path));
    }
  }
}
