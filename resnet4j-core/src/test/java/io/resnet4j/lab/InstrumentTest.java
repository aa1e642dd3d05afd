package io.resnet4j.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backends;
import io.resnet4j.backend.Session;
import io.resnet4j.golden.ReferenceWeights;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the probes read, against PyTorch's autograd and against itself. */
class InstrumentTest {
  private static final Set<Probe> ALL = EnumSet.allOf(Probe.class);

  private static Reading read(
      String backend, Precision precision, ModelSpec spec, int pictures, List<String> only) {
    try (Session session = Backends.named(backend).open()) {
      Instrument instrument =
          new Instrument(session, spec, pictures, precision, Program.MODEL, ALL, only, true);
      Map<String, Shape> shapes = session.state(Program.MODEL);
      ReferenceWeights.state(ReferenceWeights.SEED, shapes)
          .forEach(
              (path, values) ->
                  session.write(Program.MODEL, path, Tensor.ofDoubles(shapes.get(path), values)));
      Shape images = Shape.of(pictures, spec.channels(), spec.height(), spec.width());
      long seed = ReferenceWeights.SEED;
      return instrument.read(
          Tensor.ofDoubles(images, ReferenceWeights.tensor(seed, "input", images)),
          Tensor.ofDoubles(
              Shape.of(pictures, spec.classes()),
              ReferenceWeights.targets(seed, pictures, spec.classes())),
          0,
          0);
    }
  }

  /** The golden is of the same weights and pictures in PyTorch, float64. */
  @ParameterizedTest
  @CsvSource({"reference,F64,1e-9", "onednn,F32,1e-3"})
  void readsWhatAutogradComputes(String backend, Precision precision, double bound)
      throws IOException {
    JsonNode golden;
    try (InputStream in = InstrumentTest.class.getResourceAsStream("/golden/lab.json")) {
      golden = Json.MAPPER.readTree(in);
    }
    Reading reading =
        read(backend, precision, Models.named("resnet20"), golden.path("batch").asInt(), List.of());
    near(golden.path("loss"), reading.loss(), bound, "loss");
    assertEquals(golden.path("blocks").size(), reading.blocks().size());
    for (Reading.BlockReading block : reading.blocks()) {
      JsonNode expected = golden.path("blocks").path(block.path());
      near(expected.path("gradient"), block.entering(), bound, block.path() + " entering");
      near(expected.path("gradient"), block.gradient(), bound, block.path() + " g");
      near(expected.path("shortcut"), block.shortcutGradient(), bound, block.path() + " g_s");
      near(expected.path("branch"), block.branchGradient(), bound, block.path() + " g_b");
      near(expected.path("shortcut_share"), block.shortcutShare(), bound, block.path() + " share");
      near(expected.path("branch_share"), block.branchShare(), bound, block.path() + " share");
      assertEquals(expected.path("cosine").asDouble(), block.cosine(), bound, block.path());
      near(expected.path("ratio"), block.ratio(), bound, block.path() + " ratio");
      assertEquals(1, block.shortcutShare() + block.branchShare(), 1e-5);
      assertTrue(block.gap() < (precision == Precision.F64 ? 1e-9 : 1e-5), block.path());
    }
    for (Reading.Layer layer : reading.layers()) {
      JsonNode expected = golden.path("layers").path(layer.path());
      near(expected.path("gradient"), layer.gradient(), bound, layer.path());
      if (expected.has("response")) {
        near(expected.path("response"), layer.response(), bound, layer.path() + " response");
      }
    }
  }

  private static void near(JsonNode expected, double actual, double bound, String what) {
    double wanted = expected.asDouble(Double.NaN);
    assertEquals(wanted, actual, bound * Math.max(1e-3, Math.abs(wanted)), what);
  }

  /** Designs whose shortcuts and branches part in different places. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "preresnet20", "resnet20-b", "resnet20-shortcut-gate", "resnet20-exclusive-gate",
        "resnet20-fixup", "resnet20-nf", "seresnet20", "resnet20-rezero"
      })
  void partsOfTheGradientAddUpInEveryDesign(String name) {
    ModelSpec spec = Models.named(name).withInput(3, 16, 16);
    Reading reading = read("reference", Precision.F64, spec, 2, List.of());
    assertEquals(9, reading.blocks().size());
    for (Reading.BlockReading block : reading.blocks()) {
      assertTrue(block.gap() < 1e-9, name + " " + block.path() + " " + block.gap());
      assertEquals(1, block.shortcutShare() + block.branchShare(), 1e-9);
    }
  }

  @Test
  void aPlainNetworkHasBlocksWithoutAFork() {
    Reading reading =
        read("reference", Precision.F64, Models.named("plain20").withInput(3, 8, 8), 2, List.of());
    assertEquals(9, reading.blocks().size());
    assertTrue(reading.blocks().stream().allMatch(b -> b.entering() > 0 && b.gap() == null));
  }

  @Test
  void layersCanBeChosen() {
    ModelSpec spec = Models.named("resnet20").withInput(3, 8, 8);
    Reading reading = read("onednn", Precision.F32, spec, 2, List.of("layer2.1", "fc"));
    assertEquals(
        List.of("layer2.1.conv1", "layer2.1.conv2", "fc"),
        reading.layers().stream().map(Reading.Layer::path).toList());
    assertEquals(
        List.of("layer2.1"), reading.blocks().stream().map(Reading.BlockReading::path).toList());
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class,
            () -> read("onednn", Precision.F32, spec, 2, List.of("layer4.0.conv1")));
    assertTrue(e.getMessage().contains("layer4.0.conv1"), e.getMessage());
    assertTrue(e.getMessage().contains("layer3.0.conv1"), e.getMessage());
  }

  @Test
  void networksWithoutBlocksSaySo() {
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class,
            () -> Block.required(Models.named("vgg16_bn").graph(1), "vgg16_bn"));
    assertTrue(e.getMessage().contains("no blocks") && e.getMessage().contains("resnet56"));
  }

  @Test
  void whatIsNotFiniteIsShown() {
    assertTrue(Double.isNaN(Stats.norm(new double[] {1, Double.NaN, 2})));
    assertEquals(Double.POSITIVE_INFINITY, Stats.norm(new double[] {1, Double.NEGATIVE_INFINITY}));
    assertEquals(5e-200, Stats.norm(new double[] {3e-200, 4e-200}), 1e-212);
    Reading.Relu relu = new Reading.Relu("x", Double.NaN, 0);
    assertEquals("{\"path\":\"x\",\"dead\":\"NaN\",\"zeros\":0.0}", Json.line(relu));
    assertTrue(Double.isNaN(Json.number(Json.MAPPER.valueToTree("NaN"))));
  }

  @Test
  void effectiveRankCountsDirections() {
    assertEquals(1, Stats.effectiveRank(new double[][] {{1, 2}, {2, 4}, {5, 10}}), 1e-9);
    double[][] square = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};
    assertEquals(2, Stats.effectiveRank(square), 1e-9);
    assertEquals(1, Stats.similarity(new double[] {1, 2, 2, 4, 3, 6}, 3), 1e-12);
    assertEquals(-1, Stats.similarity(new double[] {1, 0, -1, 0}, 2), 1e-12);
  }
}
