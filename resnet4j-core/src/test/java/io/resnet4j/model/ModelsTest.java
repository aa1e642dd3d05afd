package io.resnet4j.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Counts against published or independently computed numbers. */
class ModelsTest {
  private static List<String> names() {
    return Models.names();
  }

  @ParameterizedTest
  @CsvSource({
    "20,   269722,   272474,   40.55",
    "32,   464154,   466906,   68.86",
    "44,   658586,   661338,   97.17",
    "56,   853018,   855770,   125.49",
    "110,  1727962,  1730714,  252.89",
    "1202, 19421274, 19424026, 2829"
  })
  void cifarCounts(int depth, long optionA, long optionB, String megaMacs) {
    ResNetSpec a = Models.resnet("resnet" + depth);
    ResNetSpec b = Models.resnet("resnet" + depth + "-b");
    ResNetSpec plain = Models.resnet("plain" + depth);
    assertEquals(optionA, a.counts().parameters());
    assertEquals(optionB, b.counts().parameters());
    assertEquals(optionA, plain.counts().parameters());
    assertEquals(optionA + 5850, a.withClasses(100).counts().parameters());
    assertEquals(optionB + 5850, b.withClasses(100).counts().parameters());
    int decimals = megaMacs.contains(".") ? 2 : 0;
    assertEquals(
        megaMacs,
        String.format(java.util.Locale.ROOT, "%." + decimals + "f", a.counts().macs() / 1e6));
    assertEquals(a.counts().macs(), plain.counts().macs());
    // Two projections of 32x16 and 64x32 weights at 16x16 and 8x8 pixels.
    assertEquals(a.counts().macs() + 512 * 256 + 2048 * 64, b.counts().macs());
  }

  /** Parameters and multiply-adds as the metadata of torchvision's weights have them. */
  @ParameterizedTest
  @CsvSource({
    "resnet18,         11689512,  1.814",
    "resnet34,         21797672,  3.664",
    "resnet50,         25557032,  4.089",
    "resnet101,        44549160,  7.801",
    "resnet152,        60192808,  11.514",
    "resnext50_32x4d,  25028904,  4.230",
    "resnext101_32x8d, 88791336,  16.414",
    "resnext101_64x4d, 83455272,  15.460",
    "wide_resnet50_2,  68883240,  11.398",
    "wide_resnet101_2, 126886696, 22.753"
  })
  void torchvisionsCounts(String name, long parameters, String gigaMacs) {
    Counts counts = Models.named(name).counts();
    assertEquals(parameters, counts.parameters());
    assertEquals(gigaMacs, String.format(java.util.Locale.ROOT, "%.3f", counts.macs() / 1e9));
  }

  /**
   * Exact counts. The pre-activated networks': KaimingHe/resnet-1k-layers; the wide ones': their
   * authors' layout; densenet121: torchvision; of the others the rounded counts are published.
   */
  @ParameterizedTest
  @CsvSource({
    "preresnet164,       1703258",
    "preresnet1001,      10327706",
    "wrn-40-4,           8949210",
    "wrn-16-8,           10961370",
    "wrn-28-10,          36479194",
    "wrn-28-10-dropout,  36479194",
    "resnext29_8x64d,    34426698",
    "resnext29_16x64d,   68155210",
    "densenet121,        7978856",
    "densenet-bc-100-12, 769162",
    "densenet-bc-190-40, 25624430",
    "seresnet50,         28088024",
    "resnet50_gn,        25557032",
    "resnet50-blur,      25557032",
    "resnet50-os8,       25557032"
  })
  void exactCounts(String name, long parameters) {
    assertEquals(parameters, Models.named(name).counts().parameters());
  }

  /** Millions: timm's results-imagenet.csv, for RevNets table 1 of their paper. */
  @ParameterizedTest
  @CsvSource({
    "seresnet50,  28.09",
    "seresnet101, 49.33",
    "seresnet152, 66.82",
    "resnet101c,  44.57",
    "resnet152c,  60.21",
    "resnet34d,   21.82",
    "resnet50d,   25.58",
    "resnet101d,  44.57",
    "resnet152d,  60.21",
    "resnetrs50,  35.69",
    "resnetrs101, 63.62",
    "nf_resnet50, 25.56",
    "resnet50_gn, 25.56",
    "revnet38,    0.46",
    "revnet110,   1.73",
    "revnet164,   1.75"
  })
  void publishedMillions(String name, String millions) {
    long parameters = Models.named(name).counts().parameters();
    assertEquals(millions, String.format(java.util.Locale.ROOT, "%.2f", parameters / 1e6));
  }

  /** Changes of ResNet-110 that keep its size, and what the others add. */
  @ParameterizedTest
  @CsvSource({
    "resnet110-constant-0.5,     0",
    "resnet110-dropout-shortcut, 0",
    "resnet110-bn-after-add,     0",
    "resnet110-relu-before-add,  0",
    "preresnet110,               0",
    "resnet110-1layer,           0",
    "resnet110-sd,               0",
    "resnet110-gn,               0",
    "resnet110-rezero,           54",
    // A C x C convolution and its bias for each of 18 blocks per stage.
    "resnet110-shortcut-gate,    98784",
    "resnet110-exclusive-gate,   98784",
    // C to C/16 and back, with biases.
    "seresnet110,                14238",
    // The norm behind the stem stands before the first block's sum instead; none at the end.
    "resnet110-relu-only-preact, -32"
  })
  void changesOfResNet110(String name, long more) {
    assertEquals(1727962 + more, Models.named(name).counts().parameters());
  }

  @ParameterizedTest
  @CsvSource({
    // The residual count less weights and norms (scale and shift) of its projections.
    "plain18, 18, 64x128 128x256 256x512",
    "plain34, 34, 64x128 128x256 256x512",
    "plain50, 50, 64x256 256x512 512x1024 1024x2048",
    "plain101, 101, 64x256 256x512 512x1024 1024x2048",
    "plain152, 152, 64x256 256x512 512x1024 1024x2048",
    "resnet34-a, 34, 64x128 128x256 256x512"
  })
  void countsWithoutProjections(String name, int twin, String projections) {
    long expected = Models.named("resnet" + twin).counts().parameters();
    for (String projection : projections.split(" ")) {
      String[] sides = projection.split("x");
      long out = Long.parseLong(sides[1]);
      expected -= Long.parseLong(sides[0]) * out + 2 * out;
    }
    assertEquals(expected, Models.named(name).counts().parameters());
  }

  @Test
  void optionCProjectsBesideEveryBlock() {
    long expected = 21797672;
    int[][] more = {{3, 64}, {3, 128}, {5, 256}, {2, 512}};
    for (int[] stage : more) {
      expected += stage[0] * ((long) stage[1] * stage[1] + 2L * stage[1]);
    }
    assertEquals(expected, Models.named("resnet34-c").counts().parameters());
  }

  @Test
  void nineLayersForCifarInMinutes() {
    long expected = 27 * 32 + 64 + 10 * 257;
    int[][] convolutions = {{32, 64}, {64, 256}, {256, 256}, {256, 256}, {256, 256}};
    for (int[] each : convolutions) {
      expected += 9L * each[0] * each[1] + 2L * each[1];
    }
    expected += 2 * (9L * 256 * 256 + 2 * 256);
    ModelSpec spec = Models.named("resnet9");
    assertEquals(expected, spec.counts().parameters());
    // At 32, 32, 16, 8, 8, 8, 4 and 4 pixels a side, and the head.
    long macs = 1024L * 27 * 32 + 1024L * 9 * 32 * 64 + 256L * 9 * 64 * 256 + 2560;
    macs += (3 * 64 + 2 * 16) * 9L * 256 * 256;
    assertEquals(macs, spec.counts().macs());
    assertEquals(
        expected - 3 * 9 * 32 + 9 * 32 + 257 * 90,
        spec.withInput(1, 28, 28).withClasses(100).counts().parameters());
  }

  @Test
  void cifarStemOnResNet18() {
    // 3x3 instead of 7x7 in the stem, 10 classes instead of 1000.
    assertEquals(
        11689512 - 64 * 3 * (49 - 9) - 990 * 513,
        Models.named("resnet18-cifar").counts().parameters());
  }

  @ParameterizedTest
  @MethodSource("names")
  void countsWithoutTheWholeGraphEqualThoseOfTheGraph(String name) {
    ModelSpec spec = Models.named(name);
    assertEquals(Counts.of(spec.graph(2)), spec.counts());
  }

  /** Convolutions and affine maps on the main path; a deep stem counts as the one it replaces. */
  @ParameterizedTest
  @MethodSource("names")
  void depthIsInTheName(String name) {
    if (name.startsWith("wrn") || name.endsWith("_bn-cifar")) {
      return; // Wide ResNets count projections and no head; a small VGG has two maps fewer.
    }
    int depth = Integer.parseInt(name.replaceAll("^\\D+(\\d+).*", "$1"));
    String main =
        "conv1(\\.6)?|fc|layer\\d+\\.\\d+(\\.[fg])?\\.conv\\d(\\.1)?|features\\..*|classifier.*";
    long layers =
        Models.named(name).graph(1).nodes().stream()
            .filter(n -> n.op() instanceof Op.Conv2d || n.op() instanceof Op.Linear)
            .filter(n -> n.path().matches(main))
            .count();
    assertEquals(depth, layers);
  }

  @Test
  void projectionsSitWhereTheShapeChanges() {
    assertEquals("[]", projections("resnet20"));
    assertEquals("[layer2.0, layer3.0]", projections("resnet20-b"));
    assertEquals("[layer2.0, layer3.0, layer4.0]", projections("resnet18"));
    assertEquals("[layer1.0, layer2.0, layer3.0, layer4.0]", projections("resnet50"));
    assertEquals("[]", projections("plain50"));
    assertEquals("[]", projections("resnet34-a"));
    assertEquals(16, projections("resnet34-c").split(",").length);
  }

  private static String projections(String name) {
    return Models.named(name).graph(1).nodes().stream()
        .map(Node::path)
        .filter(p -> p.endsWith(".downsample.0"))
        .map(p -> p.replace(".downsample.0", ""))
        .collect(Collectors.toList())
        .toString();
  }

  @Test
  void unknownNameSuggestsTheNearest() {
    Exception e = assertThrows(InvalidInputException.class, () -> Models.named("resnt20"));
    assertEquals("unknown model 'resnt20'; did you mean 'resnet20'?", e.getMessage());
    e = assertThrows(InvalidInputException.class, () -> Models.named("inception"));
    assertEquals("unknown model 'inception'; 'models' lists the known ones", e.getMessage());
    assertEquals("resnet50", Models.named("ResNet50").name());
  }

  @Test
  void tableRowsAreComplete() {
    Map<String, ModelInfo> rows =
        Models.all().stream().collect(Collectors.toMap(ModelInfo::name, row -> row));
    assertEquals(Models.names().size(), rows.size());
    assertEquals(
        new ModelInfo(
            "resnet20",
            269722,
            40551040,
            "3x32x32",
            10,
            "He et al. 2015, arXiv:1512.03385, section 4.2, option A"),
        rows.get("resnet20"));
    assertEquals(1000, rows.get("plain152").classes());
    assertEquals("3x224x224", rows.get("resnet101").input());
  }
}
