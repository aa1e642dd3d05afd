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
    assertEquals(Math.sqrt(2.0 / (64 * 9)), deviation(Initialiser.heNormalFanOut()), 0.0015);
    assertEquals(Math.sqrt(2.0 / (32 * 9)), deviation(Initialiser.heNormalFanIn()), 0.0015);
    double bound = 1 / Math.sqrt(32 * 9);
    assertEquals(bound / Math.sqrt(3), deviation(Initialiser.uniformFanIn()), 0.001);
    double[] uniform = Initialiser.uniformFanIn().make(CONV, KeyedRandom.of(1, "w")).toDoubles();
    double largest = Arrays.stream(uniform).map(Math::abs).max().orElseThrow();
    assertTrue(largest <= bound && largest > 0.99 * bound, "largest " + largest);
  }

  @Test
  void elementsAreDrawsOfSeedPathAndIndex() {
    Graph graph = Models.resnet20(10).graph(1);
    Tensor conv = Initialisation.torchvision(false).state(graph, 7).get("layer2.1.conv1.weight");
    KeyedRandom random = KeyedRandom.of(7, "layer2.1.conv1.weight");
    double deviation = Math.sqrt(2.0 / (32 * 9));
    for (int i : new int[] {0, 1, 100, 9215}) {
      assertEquals((float) (deviation * random.normalAt(i)), (float) conv.get(i));
    }
  }

  @Test
  void sameSeedSameWeightsAndOtherSeedOthers() {
    Graph graph = Models.resnet20(10).graph(1);
    Initialisation how = Initialisation.he2015(false);
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
    Map<String, Tensor> state =
        Initialisation.torchvision(false).state(Models.resnet20(100).graph(1), 3);
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
    Initialisation how = Initialisation.torchvision(true);
    Map<String, Tensor> basic = how.state(Models.named("resnet20-b").graph(1), 1);
    Map<String, Tensor> bottleneck =
        how.state(Models.resnet50(10).withBlocks(List.of(1, 1, 1, 1)).graph(1), 1);
    Map<String, Tensor> plain = how.state(Models.named("plain20").graph(1), 1);
    basic.forEach((path, tensor) -> check(path, tensor, path.endsWith(".bn2.weight")));
    bottleneck.forEach((path, tensor) -> check(path, tensor, path.endsWith(".bn3.weight")));
    plain.forEach((path, tensor) -> check(path, tensor, false));
  }

  private static void check(String path, Tensor tensor, boolean zero) {
    if (path.matches(".*(bn\\d|downsample\\.1)\\.weight")) {
      assertEquals(zero ? 0 : 1, tensor.get(0), path);
    }
  }
}
