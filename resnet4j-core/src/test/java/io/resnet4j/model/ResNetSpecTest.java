package io.resnet4j.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.interop.StateDict;
import io.resnet4j.nn.BranchScale;
import io.resnet4j.nn.HeadKind;
import io.resnet4j.nn.StridePosition;
import io.resnet4j.tensor.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ResNetSpecTest {
  private static JsonNode torchvision() {
    try (InputStream in =
        new GZIPInputStream(
            ResNetSpecTest.class.getResourceAsStream("/golden/torchvision.json.gz"))) {
      return new ObjectMapper().readTree(in).get("networks");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Stream<Map.Entry<String, JsonNode>> torchvisionsNetworks() {
    return torchvision().properties().stream();
  }

  @ParameterizedTest
  @MethodSource("torchvisionsNetworks")
  void stateIsTorchvisionsInNamesShapesAndOrder(Map.Entry<String, JsonNode> network) {
    List<String> expected = new ArrayList<>();
    network
        .getValue()
        .get("state")
        .properties()
        .forEach(entry -> expected.add(entry.getKey() + " " + entry.getValue()));
    ModelSpec spec = Models.named(network.getKey());
    assertEquals(expected, state(spec));
    assertEquals(network.getValue().get("parameters").asLong(), spec.counts().parameters());
  }

  private static List<String> state(ModelSpec spec) {
    return spec.stateShapes().entrySet().stream()
        .map(entry -> entry.getKey() + " " + entry.getValue())
        .toList();
  }

  /** Block l of L with (l - 1) / (L - 1) of the probability, each picture by itself, as timm. */
  @Test
  void pathsAreDroppedInProportion() {
    ResNetSpec plain = Models.resnet("resnet20");
    ResNetSpec dropping = plain.withDropPath(0.4);
    List<Op> drops = new ArrayList<>();
    for (Node node : dropping.graph(2).nodes()) {
      if (node.op() instanceof Op.Dropout) {
        drops.add(node.op());
      }
    }
    List<Op> expected = new ArrayList<>();
    for (int block = 2; block <= 9; block++) {
      expected.add(new Op.Dropout(0.4 * (block - 1) / 8, Op.Unit.SAMPLE));
    }
    assertEquals(expected, drops);
    assertEquals(plain.stateShapes(), dropping.stateShapes());
    assertEquals(plain, dropping.withDropPath(0));
    assertEquals(dropping, ModelSpec.fromJson(dropping.toJson(), "test"));
    String message =
        assertThrows(InvalidInputException.class, () -> Models.resnet("plain20").withDropPath(0.1))
            .getMessage();
    assertTrue(message.contains("without shortcuts"), message);
  }

  @Test
  void cifarStateIsNamedAlike() {
    List<String> expected = new ArrayList<>();
    expected.add("conv1.weight [16,3,3,3]");
    norm(expected, "bn1", 16);
    int in = 16;
    for (int stage = 1; stage <= 3; stage++) {
      int width = 8 << stage;
      for (int block = 0; block < 3; block++) {
        String path = "layer" + stage + "." + block + ".";
        expected.add(path + "conv1.weight [" + width + "," + in + ",3,3]");
        norm(expected, path + "bn1", width);
        expected.add(path + "conv2.weight [" + width + "," + width + ",3,3]");
        norm(expected, path + "bn2", width);
        if (in != width) {
          expected.add(path + "downsample.0.weight [" + width + "," + in + ",1,1]");
          norm(expected, path + "downsample.1", width);
        }
        in = width;
      }
    }
    expected.add("fc.weight [10,64]");
    expected.add("fc.bias [10]");
    assertEquals(expected, state(Models.named("resnet20-b")));
    expected.removeIf(line -> line.contains("downsample"));
    assertEquals(expected, state(Models.named("resnet20")));
    assertEquals(expected, state(Models.named("plain20")));
  }

  private static void norm(List<String> lines, String path, int channels) {
    for (String part : List.of("weight", "bias", "running_mean", "running_var")) {
      lines.add(path + "." + part + " [" + channels + "]");
    }
  }

  @Test
  void graphsHaveTheAgreedInputsAndOutputs() {
    ResNetSpec spec = Models.resnet20(7);
    Graph graph = spec.graph(5);
    assertEquals("[images [5,3,32,32]]", graph.inputs().toString());
    assertEquals(Shape.of(5, 7), graph.output("logits").shape());
    Graph training = spec.trainingGraph(5, 0.1);
    assertEquals("[images [5,3,32,32], targets [5,7]]", training.inputs().toString());
    assertEquals(Shape.of(1), training.output("loss").shape());
    assertEquals(Shape.of(5, 7), training.output("logits").shape());
    assertEquals(graph.parameters().toString(), training.parameters().toString());
  }

  @Test
  void stagesOfResNet50HaveTheShapesOfTable1() {
    ResNetSpec spec = Models.resnet50(1000);
    Graph graph = spec.graph(1);
    List<Shape> shapes =
        List.of("layer1", "layer2", "layer3", "layer4").stream()
            .map(s -> graph.find(spec.stageOutput(s)).orElseThrow().output().shape())
            .toList();
    assertEquals(
        List.of(
            Shape.of(1, 256, 56, 56),
            Shape.of(1, 512, 28, 28),
            Shape.of(1, 1024, 14, 14),
            Shape.of(1, 2048, 7, 7)),
        shapes);
    assertThrows(InvalidInputException.class, () -> spec.stageOutput("layer5"));
  }

  @Test
  void aSingleSmallPictureCanBeClassifiedButNotTrainedOn() {
    ResNetSpec spec = Models.resnet18(10).withInput(3, 32, 32);
    assertEquals(Shape.of(1, 10), spec.graph(1).output("logits").shape());
    Exception e = assertThrows(InvalidInputException.class, () -> spec.trainingGraph(1, 0));
    assertTrue(e.getMessage().startsWith("layer4.0.bn1: batch norm has one value"), e.getMessage());
    assertEquals(Shape.of(1), spec.trainingGraph(2, 0).output("loss").shape());
  }

  @Test
  void oddPicturesKeepBothSidesOfABlockAlike() {
    for (String name : List.of("resnet20", "resnet20-b", "resnet34-c", "resnet50")) {
      assertEquals(
          Shape.of(2, 5),
          Models.named(name).withInput(1, 37, 51).withClasses(5).graph(2).output("logits").shape());
    }
  }

  @Test
  void choicesReachTheGraph() {
    ResNetSpec spec =
        Models.resnet50(10)
            .withActivation(Activation.SILU)
            .withBlock(b -> b.stridePosition(StridePosition.ON_FIRST_1X1).scale(BranchScale.ZERO));
    String text = spec.graph(1).toString();
    assertFalse(text.contains("RELU"), "RELU remains");
    assertTrue(
        spec.counts().macs() < Models.resnet50(10).counts().macs(), "early stride is cheaper");
    assertEquals(0, spec.initialise(1).state().get("layer1.0.bn3.weight").get(0));
  }

  private static ResNetSpec flattening(ResNetSpec spec) {
    return spec.with(d -> d.headKind(HeadKind.FLATTEN));
  }

  @Test
  void aHeadThatFlattensReadsEveryPosition() {
    ResNetSpec spec = flattening(Models.resnet20(10));
    List<String> expected = new ArrayList<>(state(Models.resnet20(10)));
    expected.set(expected.indexOf("fc.weight [10,64]"), "fc.weight [10,4096]");
    assertEquals(expected, state(spec));
    // The 269,722 of the pooled one, and 63 of 64 positions more for each channel and class.
    assertEquals(269_722 + 10 * 63 * 64, spec.counts().parameters());
    Graph graph = spec.graph(3);
    assertTrue(graph.find("avgpool").isEmpty());
    assertEquals(Shape.of(3, 4096), graph.find("flatten").orElseThrow().output().shape());
    assertEquals(Shape.of(3, 10), graph.output("logits").shape());
    assertEquals(
        Shape.of(10, 64 * 5 * 7), spec.withInput(1, 17, 25).stateShapes().get("fc.weight"));
    assertEquals("fc", spec.head());
    // The counts of a deep one are those of its graph.
    ResNetSpec deep = flattening(Models.resnet("preresnet110")).withInput(3, 20, 17);
    assertEquals(
        deep.stateShapes().entrySet().stream()
            .filter(e -> !e.getKey().contains("running_"))
            .mapToLong(e -> e.getValue().elements())
            .sum(),
        deep.counts().parameters());
  }

  @Test
  void aHeadThatFlattensTakesOneSizeOfPicture() {
    ResNetSpec spec = flattening(Models.resnet20(10));
    GraphBuilder g = new GraphBuilder();
    Value images = g.input("images", Shape.of(2, 3, 40, 40));
    message(
        "model resnet20: picture 40x40; expected 32x32, since a head that flattens takes one size;"
            + " resize the pictures, or train the network for theirs (withInput) or with headKind"
            + " POOL",
        () -> spec.write(g, images, false));
    message(
        "model resnet20: headKind FLATTEN of [1,64,1024,1024]; expected at most 16777216 numbers a"
            + " picture; give a smaller one, or headKind POOL",
        () -> spec.withInput(3, 4096, 4096).graph(1));
    Model trained = spec.initialise(1);
    message(
        "model resnet20: the weights do not fit: 96 matched; 1 of another shape (fc.weight is"
            + " [10,4096], expected [10,6400]); the head flattens, so it fits pictures of one size:"
            + " give the one that it was trained on in place of 40x40",
        () -> Model.of(spec.withInput(3, 40, 40), trained.state(), Map.of()));
    // Other classes are no other picture.
    assertFalse(
        StateMatch.of(spec.withClasses(7), trained.state()).toString().contains("flattens"));
  }

  @Test
  void impossibleSpecsSayWhatIsExpected() {
    ResNetSpec spec = Models.resnet20(10);
    message("model resnet20: classes 0; expected at least 1", () -> spec.withClasses(0));
    message("model resnet20: batch 0; expected at least 1", () -> spec.graph(0));
    message(
        "model resnet20: picture 0x32; expected 1 to 65536 pixels a side",
        () -> spec.withInput(3, 0, 32));
    message(
        "model resnet20: widths [16]; expected one per stage", () -> spec.withWidths(List.of(16)));
    message(
        "model resnet20: blocks [3, 0, 3]; expected 1 to 10000 blocks per stage",
        () -> spec.withBlocks(List.of(3, 0, 3)));
  }

  private static void message(String expected, org.junit.jupiter.api.function.Executable action) {
    assertEquals(expected, assertThrows(InvalidInputException.class, action).getMessage());
  }

  @Test
  void overlayTakesWhatFits() {
    Model pretrained = Models.resnet20(100).initialise(1);
    Model fresh = Models.resnet20(10).initialise(2);
    StateMatch match = StateMatch.of(fresh.spec(), pretrained.state());
    assertEquals(
        "[fc.weight is [100,64], expected [10,64], fc.bias is [100], expected [10]]",
        match.mismatched().toString());
    StateDict weights =
        new StateDict("test", StateDict.Format.SAFETENSORS, pretrained.state(), Map.of(), "", "");
    Model merged = fresh.overlay(weights, Set.of(Tolerance.NEW_HEAD));
    assertEquals(pretrained.state().get("conv1.weight"), merged.state().get("conv1.weight"));
    assertEquals(fresh.state().get("fc.bias"), merged.state().get("fc.bias"));
    Exception e =
        assertThrows(
            InvalidInputException.class,
            () -> Model.of(fresh.spec(), pretrained.state(), Map.of()));
    assertEquals(
        "model resnet20: the weights do not fit: 95 matched; 2 of another shape (fc.weight is"
            + " [100,64], expected [10,64], fc.bias is [100], expected [10])",
        e.getMessage());
  }
}
