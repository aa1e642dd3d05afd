package io.resnet4j.golden;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.backend.Backend;
import io.resnet4j.backend.Backends;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.plan.Precision;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whole networks in f32 and bf16 against PyTorch in float64. In f32 a ReLU whose input is nearly
 * zero turns, so single gradients of ReLU networks differ between any two implementations; those of
 * the same networks with SiLU do not.
 */
class OneDnnParityTest {
  private static final Backend ONEDNN = Backends.named("onednn");

  @BeforeEach
  void requirePrecisions() {
    Assumptions.assumeTrue(
        ONEDNN.precisions().contains(Precision.BF16), "this processor has no bf16 in oneDNN");
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet20-silu", "resnet20-b-silu", "resnet18-silu", "resnet50-silu"})
  void everyGradientOfASmoothNetwork(String name) {
    Golden golden = Golden.load(name);
    Map<String, double[]> actual = NetworkRun.of(golden, ONEDNN, Precision.F32).training();
    for (String tensor : golden.tensors()) {
      double floor = tensor.startsWith("grad.") ? golden.gradientFloor() : 0;
      requireError(name, tensor, golden.compare(tensor, actual.get(tensor), floor).worst(), 2e-4);
    }
  }

  private static void requireError(String name, String tensor, double error, double limit) {
    assertTrue(error <= limit, () -> name + ": " + tensor + " is off by " + error);
  }

  @ParameterizedTest
  @CsvSource({"resnet20, 1e-5", "resnet20-b, 1e-5", "resnet18, 1e-5", "resnet50, 2e-4"})
  void logitsAndGradientsTogether(String name, double limit) {
    Golden golden = Golden.load(name);
    NetworkRun run = NetworkRun.of(golden, ONEDNN, Precision.F32);
    Map<String, double[]> actual = run.training();
    actual.putAll(run.evaluation());
    for (String tensor : golden.tensors()) {
      if (tensor.endsWith("logits") || tensor.startsWith("running.")) {
        requireError(name, tensor, golden.compare(tensor, actual.get(tensor)).worst(), limit);
      }
    }
    requireError(name, "all gradients together", golden.together(actual), 5e-2);
  }

  /** PyTorch's own distance is that of its autocast. */
  @ParameterizedTest
  @ValueSource(strings = {"resnet18", "resnet50"})
  void bfloat16IsNearlyAsCloseAsAutocast(String name) {
    Golden golden = Golden.load(name);
    NetworkRun run = NetworkRun.of(golden, ONEDNN, Precision.BF16);
    Map<String, double[]> actual = run.training();
    actual.putAll(run.evaluation());
    for (String logits : new String[] {"logits", "eval.logits"}) {
      double peer = golden.peer("bf16_" + logits.replace('.', '_'));
      double error = golden.compare(logits, actual.get(logits)).entries();
      requireError(name, logits, error, 1.5 * peer);
    }
  }

  /** Torchvision's own networks in evaluation mode, at an odd size. */
  @ParameterizedTest
  @ValueSource(strings = {"resnet18", "resnext50_32x4d", "densenet121"})
  void torchvisionsLogits(String name) {
    Golden golden = Golden.load(name + "-logits");
    Map<String, double[]> actual = NetworkRun.of(golden, ONEDNN, Precision.F32).evaluation();
    double error = golden.compare("eval.logits", actual.get("eval.logits")).worst();
    requireError(name, "eval.logits", error, 1e-4);
  }

  /** Ten logits of one draw of weights say little about rounding: the mean over eight draws. */
  @ParameterizedTest
  @ValueSource(strings = {"resnet20", "resnet20-b"})
  void bfloat16IsNearlyAsCloseAsAutocastOverSeeds(String name) {
    Golden golden = Golden.load(name);
    ModelSpec spec = Models.named(name);
    double[] peers = golden.peerBySeed("bf16_logits");
    double[] evaluationPeers = golden.peerBySeed("bf16_eval_logits");
    double sum = 0;
    double evaluationSum = 0;
    List<double[]> logits = golden.logitsBySeed("logits");
    List<double[]> evaluationLogits = golden.logitsBySeed("eval_logits");
    for (int i = 0; i < peers.length; i++) {
      NetworkRun rounded = new NetworkRun(ONEDNN, spec, Precision.BF16, 8, golden.seed() + i);
      sum += distance(rounded.training().get("logits"), logits.get(i));
      evaluationSum += distance(rounded.evaluation().get("eval.logits"), evaluationLogits.get(i));
    }
    requireError(name, "logits, mean", sum / peers.length, 1.5 * mean(peers));
    requireError(
        name, "eval.logits, mean", evaluationSum / peers.length, 1.5 * mean(evaluationPeers));
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  private static double distance(double[] actual, double[] expected) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
      norm += expected[i] * expected[i];
    }
    return Math.sqrt(difference / norm);
  }
}
