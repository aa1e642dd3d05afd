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
}
