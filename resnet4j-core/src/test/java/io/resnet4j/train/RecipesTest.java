package io.resnet4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every field of the published recipes, and their rates. */
class RecipesTest {
  private static final String HE_2015 =
      """
      length 64000 steps
      batch 128
      precision bf16
      optimiser.kind sgd
      optimiser.momentum 0.9
      optimiser.nesterov false
      learningRate 0.1
      schedule.kind multistep
      schedule.milestones 32000 steps,48000 steps
      schedule.factor 0.1
      weightDecay 1.0E-4
      decayNormAndBias true
      labelSmoothing 0.0
      augment.size 0
      augment.evalSize 0
      augment.resize 0
      augment.list crop(4),flip(0.5)
      augment.mixing.mixup 0.0
      augment.mixing.cutMix 0.0
      augment.repeats 1
      normalisation per_pixel_mean
      evalBatch 500
      objective.loss cross_entropy
      objective.focus 0.0
      objective.threshold 1.0
      objective.balanced false
      objective.temperature 4.0
      objective.teacherShare 0.9
      averaging.ema 0.0
      averaging.emaEvery 1
      averaging.emaWarmUp false
      averaging.swa 1.0
      averaging.lookahead 0
      averaging.lookaheadShare 0.5
      updating.l1 0.0
      updating.clip 0.0
      updating.microBatch 0
      updating.normBiasRate 1.0
      updating.companion null
      updating.companionRate 1.0
      transfer.trained all
      transfer.layerDecay 1.0
      transfer.frozenNorms false
      dropPath 0.0
      testViews centre
      """;

  private static final String HE_2015_110 =
      """
      schedule.kind warmup
      schedule.length 400 steps
      schedule.start 0.1
      schedule.held true
      schedule.then.kind multistep
      schedule.then.milestones 32000 steps,48000 steps
      schedule.then.factor 0.1
      """;

  private static final String WIDE =
      """
      augment.list reflectedCrop(4),flip(0.5)
      length 200 epochs
      optimiser.nesterov true
      schedule.milestones 60 epochs,120 epochs,160 epochs
      schedule.factor 0.2
      weightDecay 5.0E-4
      normalisation per_channel
      """;

  private static final String IMAGENET_HE_2015 =
      """
      length 600000 steps
      batch 256
      schedule.kind plateau
      schedule.factor 0.1
      schedule.patience 5
      schedule.threshold 0.0
      schedule.floor 0.0
      augment.size 224
      augment.resize 256
      augment.list scaledCrop(256,480),flip(0.5)
      normalisation imagenet
      evalBatch 100
      testViews crops
      """;

  private static final String TORCHVISION_V2 =
      """
      length 600 epochs
      batch 1024
      learningRate 0.5
      schedule.kind warmup
      schedule.length 5 epochs
      schedule.start 0.01
      schedule.held false
      schedule.then.kind cosine
      schedule.then.floor 0.0
      weightDecay 2.0E-5
      decayNormAndBias false
      labelSmoothing 0.1
      augment.size 176
      augment.evalSize 224
      augment.resize 232
      augment.list randomResizedCrop(0.08,1,0.75,1.3333333333333333),flip(0.5),trivialAugment,randomErasing(0.1,0.02,0.33,0.3,3.3)
      augment.mixing.mixup 0.2
      augment.mixing.cutMix 1.0
      augment.repeats 4
      normalisation imagenet
      evalBatch 100
      averaging.ema 0.99890773
      averaging.emaEvery 32
      averaging.emaWarmUp true
      """;

  private static final String RSB_A1 =
      """
      length 600 epochs
      batch 2048
      optimiser.kind lamb
      optimiser.beta1 0.9
      optimiser.beta2 0.999
      optimiser.epsilon 1.0E-6
      learningRate 0.005
      schedule.kind warmup
      schedule.length 5 epochs
      schedule.start 0.0
      schedule.held false
      schedule.then.kind cosine
      schedule.then.floor 0.0
      weightDecay 0.01
      decayNormAndBias false
      labelSmoothing 0.1
      augment.size 224
      augment.resize 236
      augment.list randomResizedCrop(0.08,1,0.75,1.3333333333333333),flip(0.5),randAugment(2,21,1.5,0.5)
      augment.mixing.mixup 0.2
      augment.mixing.cutMix 1.0
      augment.repeats 3
      normalisation imagenet
      evalBatch 100
      objective.loss binary_cross_entropy
      objective.threshold 0.2
      updating.clip 1.0
      dropPath 0.05
      """;

  private static final String RSB_A2 =
      """
      length 300 epochs
      weightDecay 0.02
      labelSmoothing 0.0
      augment.mixing.mixup 0.1
      """;

  private static final String RSB_A3 =
      """
      length 100 epochs
      learningRate 0.008
      augment.size 160
      augment.evalSize 224
      augment.list randomResizedCrop(0.08,1,0.75,1.3333333333333333),flip(0.5),randAugment(2,18,1.5,0.5)
      augment.repeats 1
      dropPath 0.0
      """;

  private static final String FAST =
      """
      length 10 epochs
      batch 512
      optimiser.nesterov true
      learningRate 0.4
      schedule.kind onecycle
      schedule.rise 0.2
      schedule.start 0.05
      schedule.end 0.0
      schedule.cosine false
      weightDecay 5.0E-4
      labelSmoothing 0.2
      augment.list reflectedCrop(2),alternatingFlip,cutout(8)
      normalisation per_channel
      averaging.ema 0.95
      averaging.emaEvery 5
      testViews flip
      """;

  /** What each says, beside what the one before it does. */
  private static List<String> said(String recipe) {
    return switch (recipe) {
      case "cifar10-he2015" -> List.of(HE_2015);
      case "cifar10-he2015-110", "cifar10-he2016" -> List.of(HE_2015, HE_2015_110);
      case "cifar10-fast" -> List.of(HE_2015, FAST);
      case "cifar-wide" -> List.of(HE_2015, WIDE);
      case "imagenet-he2015" -> List.of(HE_2015, IMAGENET_HE_2015);
      case "imagenet-torchvision-v2" -> List.of(HE_2015, TORCHVISION_V2);
      case "imagenet-rsb-a1" -> List.of(HE_2015, RSB_A1);
      case "imagenet-rsb-a2" -> List.of(HE_2015, RSB_A1, RSB_A2);
      default -> List.of(HE_2015, RSB_A1, RSB_A2, RSB_A3);
    };
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cifar10-he2015",
        "cifar10-he2015-110",
        "cifar10-he2016",
        "cifar-wide",
        "cifar10-fast",
        "imagenet-he2015",
        "imagenet-torchvision-v2",
        "imagenet-rsb-a1",
        "imagenet-rsb-a2",
        "imagenet-rsb-a3"
      })
  void everyFieldIsThePublishedOne(String name) {
    Map<String, String> expected = new TreeMap<>();
    for (String part : said(name)) {
      for (String line : part.strip().lines().toList()) {
        String key = line.substring(0, line.indexOf(' '));
        if (key.endsWith("optimiser.kind") || key.equals("schedule.kind")) {
          // Another kind has other fields.
          String of = key.substring(0, key.length() - "kind".length());
          expected.keySet().removeIf(each -> each.startsWith(of));
        }
        expected.put(key, line.substring(key.length() + 1));
      }
    }
    Map<String, String> actual = new TreeMap<>();
    flatten("", Json.tree(Recipe.named(name)), actual);
    assertEquals(name, actual.remove("name"));
    actual.remove("source");
    assertEquals(lines(expected), lines(actual));
  }

  private static void flatten(String path, JsonNode node, Map<String, String> into) {
    if (node.isObject()) {
      node.properties()
          .forEach(
              each ->
                  flatten(
                      path.isEmpty() ? each.getKey() : path + "." + each.getKey(),
                      each.getValue(),
                      into));
    } else if (node.isArray()) {
      List<String> parts = new ArrayList<>();
      node.forEach(each -> parts.add(each.asText()));
      into.put(path, String.join(",", parts));
    } else {
      into.put(path, node.asText());
    }
  }

  private static String lines(Map<String, String> fields) {
    List<String> lines = new ArrayList<>();
    fields.forEach((key, value) -> lines.add(key + " " + value));
    return String.join("\n", lines);
  }

  /** As torchvision's script scales the decay of its average by batch, stretch and epochs. */
  @Test
  void torchvisionsAverageForgetsAsItsScriptHasIt() {
    double decay = Recipe.named("imagenet-torchvision-v2").averaging().ema();
    assertEquals(1 - (1 - 0.99998) * 1024 * 32 / 600, decay, 1e-8);
  }

  /**
   * Rates by their formulas, on 50,000 and on 1,281,167 pictures. A cosine that begins behind five
   * epochs has half of its rate half-way from there, and (1 + cos(pi / 4)) / 2 after a quarter.
   */
  @ParameterizedTest
  @CsvSource({
    "cifar10-he2015, 0, 0, 0.1",
    "cifar10-he2015, 31999, 0, 0.1",
    "cifar10-he2015, 32000, 0, 0.01",
    "cifar10-he2015, 48000, 0, 0.001",
    "cifar10-he2015, 63999, 0, 0.001",
    "cifar10-he2015-110, 0, 0, 0.01",
    "cifar10-he2015-110, 399, 0, 0.01",
    "cifar10-he2015-110, 400, 0, 0.1",
    "cifar10-he2015-110, 32000, 0, 0.01",
    "cifar10-he2015-110, 48000, 0, 0.001",
    "cifar10-he2016, 399, 0, 0.01",
    "cifar10-he2016, 400, 0, 0.1",
    "cifar10-fast, 0, 0, 0.02",
    "cifar10-fast, 193, 0, 0.4",
    "cifar10-fast, 581, 0, 0.2",
    "cifar10-fast, 969, 0, 0",
    "cifar-wide, 23399, 0, 0.1",
    "cifar-wide, 23400, 0, 0.02",
    "cifar-wide, 46800, 0, 0.004",
    "cifar-wide, 62400, 0, 0.0008",
    "imagenet-he2015, 599999, 0, 0.1",
    "imagenet-he2015, 300000, 1, 0.01",
    "imagenet-he2015, 500000, 2, 0.001",
    "imagenet-torchvision-v2, 0, 0, 0.005",
    "imagenet-torchvision-v2, 6255, 0, 0.5",
    "imagenet-torchvision-v2, 378427.5, 0, 0.25",
    "imagenet-torchvision-v2, 750600, 0, 0",
    "imagenet-rsb-a1, 0, 0, 0",
    "imagenet-rsb-a1, 1250, 0, 0.002",
    "imagenet-rsb-a1, 3125, 0, 0.005",
    "imagenet-rsb-a1, 189062.5, 0, 0.0025",
    "imagenet-rsb-a1, 375000, 0, 0",
    "imagenet-rsb-a2, 3125, 0, 0.005",
    "imagenet-rsb-a2, 95312.5, 0, 0.0025",
    "imagenet-rsb-a3, 3125, 0, 0.008",
    "imagenet-rsb-a3, 17968.75, 0, 0.006828427124746191",
    "imagenet-rsb-a3, 32812.5, 0, 0.004"
  })
  void ratesAreThePublishedOnes(String name, double step, int plateaus, double expected) {
    Recipe recipe = Recipe.named(name);
    long perEpoch = (name.startsWith("imagenet") ? 1_281_167 : 50_000) / recipe.batch();
    Schedule.Run run = Schedule.Run.of(recipe.length().inSteps(0, perEpoch), perEpoch);
    // Between two steps the cosine is as good as straight.
    double below = recipe.learningRate((long) Math.floor(step), run.after(plateaus));
    double above = recipe.learningRate((long) Math.ceil(step), run.after(plateaus));
    double between = below + (step - Math.floor(step)) * (above - below);
    assertEquals(expected, between, 1e-8 * recipe.learningRate());
  }
}
