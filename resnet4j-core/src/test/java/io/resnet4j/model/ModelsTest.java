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

  @ParameterizedTest
  @CsvSource({
    "18,  11689512, 1.814",
    "34,  21797672, 3.664",
    "50,  25557032, 4.089",
    "101, 44549160, 7.801",
    "152, 60192808, 11.514"
  })
  void imagenetCounts(int depth, long parameters, String gigaMacs) {
    Counts counts = Models.named("resnet" + depth).counts();
    assertEquals(parameters, counts.parameters());
    assertEquals(gigaMacs, String.format(java.util.Locale.ROOT, "%.3f", counts.macs() / 1e9));
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
