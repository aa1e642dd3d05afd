package io.resnet4j.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.interop.Safetensors;
import io.resnet4j.interop.StateDict;
import io.resnet4j.nn.BranchScale;
import io.resnet4j.nn.HeadKind;
import io.resnet4j.nn.Join;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class ModelFileTest {
  @TempDir Path folder;

  private static Model small() {
    return Models.resnet("resnet20-b")
        .withBlocks(List.of(1, 1, 1))
        .withClasses(3)
        .withInput(1, 12, 13)
        .initialise(5);
  }

  @Test
  void savedModelsComeBackWhole() {
    Path file = folder.resolve("m.safetensors");
    Model model =
        small().withClassNames(List.of("cat", "d\"og", "\u00e9")).withMetadata("run", "1");
    model.save(file);
    Model loaded = Model.load(file);
    assertEquals(model.spec(), loaded.spec());
    assertEquals(model.metadata(), loaded.metadata());
    assertEquals(Optional.of(List.of("cat", "d\"og", "\u00e9")), loaded.classNames());
    assertEquals(List.copyOf(model.state().keySet()), List.copyOf(loaded.state().keySet()));
    model
        .state()
        .forEach((path, t) -> assertEquals(t.bytes(), loaded.state().get(path).bytes(), path));
    assertEquals("pt", Safetensors.read(file).metadata().get("format"));
  }

  @Test
  void everyNamedSpecSurvivesJson() {
    for (String name : Models.names()) {
      ModelSpec spec = Models.named(name);
      assertEquals(spec, ModelSpec.fromJson(spec.toJson(), "test"));
    }
  }

  @Test
  void brokenSpecsAreOneLine() {
    String json = small().spec().toJson();
    spec("test: the network cannot be read: ", "{");
    spec("test: the network is of type ''; this version reads 'resnet'", "[]");
    spec("test: the network is of type 'vit'", json.replace("\"resnet\"", "\"vit\""));
    spec(
        "test: the network cannot be read: model resnet20-b: classes 0; expected at least 1",
        json.replace("\"classes\":3", "\"classes\":0"));
    spec("test: the network cannot be read: ", json.replace("CIFAR", "STEAM"));
    spec("test: the network cannot be read: ", json.replace("\"classes\":3", "\"sorts\":3"));
    spec(
        "test: the network cannot be read: ",
        json.replaceAll("\"stem\":\\{[^}]*\\}", "\"stem\":null"));
    spec("test: the network cannot be read: ", json.replace("[1,1,1]", "[1,null,1]"));
  }

  private static void spec(String start, String json) {
    Exception e = assertThrows(InvalidInputException.class, () -> ModelSpec.fromJson(json, "test"));
    assertTrue(e.getMessage().startsWith(start), e.getMessage());
    assertTrue(!e.getMessage().contains("\n"), e.getMessage());
  }

  /** As files of version 0.0 hold them: a residual network's options were fields of its own. */
  @Test
  void earlierSpecsStillLoad() {
    String json =
        "{\"type\":\"resnet\",\"name\":\"resnet20-b\",\"stem\":\"CIFAR\",\"block\":\"BASIC\","
            + "\"blocks\":[1,1,1],\"widths\":[16,32,64],\"shortcut\":\"PROJECTION\","
            + "\"stridePosition\":\"ON_3X3\",\"activation\":\"RELU\",\"zeroLastScale\":%s,"
            + "\"classes\":3,\"channels\":1,\"height\":12,\"width\":13}";
    assertEquals(small().spec(), ModelSpec.fromJson(json.formatted("false"), "old"));
    ResNetSpec zero = (ResNetSpec) ModelSpec.fromJson(json.formatted("true"), "old");
    assertEquals(BranchScale.ZERO, zero.block().scale());
  }

  @Test
  void absentFieldsAreTheDefaultsOrTheBases() {
    assertEquals(ResNetSpec.DEFAULT, ModelSpec.fromJson("{\"type\":\"resnet\"}", "test"));
    String json =
        "{\"base\":\"resnet110\",\"name\":\"mine\",\"block\":{\"join\":"
            + "{\"kind\":\"SHORTCUT_GATE\",\"bias\":-3},\"squeeze\":0.25}}";
    ResNetSpec mine = (ResNetSpec) ModelSpec.fromJson(json, "test");
    assertEquals(
        Models.resnet("resnet110")
            .withName("mine")
            .withBlock(b -> b.join(new Join.ShortcutGate(-3)).squeeze(0.25)),
        mine);
    assertEquals(mine, ModelSpec.fromJson(mine.toJson(), "again"));
  }

  @Test
  void theKindOfHeadIsKeptAndPoolsWhereNothingIsSaid() {
    ResNetSpec pooled = (ResNetSpec) small().spec();
    ResNetSpec flat = pooled.with(d -> d.headKind(HeadKind.FLATTEN));
    assertEquals(flat, ModelSpec.fromJson(flat.toJson(), "test"));
    Path file = folder.resolve("flat.safetensors");
    flat.initialise(5).save(file);
    assertEquals(flat, Model.load(file).spec());
    // As files hold it that were written before there was a choice.
    String json = pooled.toJson().replace("\"headKind\":\"POOL\",", "");
    assertFalse(json.contains("headKind"), json);
    assertEquals(pooled, ModelSpec.fromJson(json, "old"));
    spec(
        "test: the network cannot be read: ",
        flat.toJson().replace("\"FLATTEN\"", "\"FLATTENED\""));
  }

  @Test
  void aFileGivesItsNameWhereTheJsonHasNone() throws IOException {
    Path file = folder.resolve("my-net.json");
    Files.writeString(file, "{\"base\":\"wrn-16-2\",\"classes\":7}");
    assertEquals("my-net", ModelSpec.read(file).name());
    assertEquals(7, ModelSpec.read(file).classes());
    Files.writeString(file, "{");
    Exception e = assertThrows(InvalidInputException.class, () -> ModelSpec.read(file));
    assertTrue(e.getMessage().startsWith(file + ": the network cannot be read: "), e.getMessage());
    Path missing = folder.resolve("none.json");
    e = assertThrows(InvalidInputException.class, () -> ModelSpec.read(missing));
    assertTrue(e.getMessage().startsWith(missing + ": cannot be read"), e.getMessage());
  }

  @Test
  void mistakesInABlockNameTheFieldAndTheRemedy() {
    spec(
        "test: the network cannot be read: unknown field 'block.sqeeze'; did you mean 'squeeze'?",
        "{\"type\":\"resnet\",\"block\":{\"sqeeze\":0.1}}");
    spec(
        "test: the network cannot be read: block: squeeze 2.0; expected 0 (none) to 1",
        "{\"type\":\"resnet\",\"block\":{\"squeeze\":2}}");
    spec(
        "test: the network cannot be read: block: groups 4 of width 64 in a block of kind BASIC;"
            + " expected kind BOTTLENECK, or 1 group of width 64",
        "{\"type\":\"resnet\",\"block\":{\"groups\":4}}");
    spec(
        "test: the network cannot be read: regularisation: dropout 1.0; expected 0 or more and"
            + " below 1",
        "{\"type\":\"resnet\",\"regularisation\":{\"dropout\":1}}");
    spec(
        "test: the network cannot be read: model ../x: name '../x'",
        "{\"type\":\"vgg\",\"name\":\"../x\"}");
    spec("unknown model 'resnet21'; did you mean 'resnet20'?", "{\"base\":\"resnet21\"}");
  }

  @Test
  void bareStateDictsNeedAModel() {
    Path file = folder.resolve("bare.safetensors");
    Model model = small();
    Map<String, Tensor> state = new LinkedHashMap<>(model.state());
    state.put("bn1.num_batches_tracked", Tensor.ofDoubles(Shape.of(), 7));
    state.put("fc.bias", Tensor.ofDoubles(Shape.of(3), model.state().get("fc.bias").toDoubles()));
    new Safetensors(state, Map.of()).write(file);
    Exception e = assertThrows(InvalidInputException.class, () -> Model.load(file));
    assertEquals(
        file + ": does not say which network its weights are of; name the model (--model)",
        e.getMessage());
    Model loaded = Model.load(file, model.spec());
    assertEquals(model.state().keySet(), loaded.state().keySet());
    assertEquals(model.state().get("fc.bias").bytes(), loaded.state().get("fc.bias").bytes());
  }

  @Test
  void weightsOfAnotherNetworkAreRefusedWithNames() {
    Path file = folder.resolve("m.safetensors");
    small().save(file);
    Exception e =
        assertThrows(InvalidInputException.class, () -> Model.load(file, Models.resnet20(3)));
    assertTrue(
        e.getMessage()
            .startsWith(
                file
                    + ": the weights do not fit: 36 matched; 60 missing (layer1.1.conv1.weight,"
                    + " layer1.1.bn1.weight, layer1.1.bn1.bias, ...); 10 unexpected"
                    + " (layer2.0.downsample.0.weight"),
        e.getMessage());
  }

  private static StateDict weights(Map<String, Tensor> tensors) {
    return new StateDict("w.pth", StateDict.Format.PYTORCH, tensors, Map.of(), "", "");
  }

  private static void message(String expected, Executable action) {
    assertEquals(expected, assertThrows(InvalidInputException.class, action).getMessage());
  }

  @Test
  void savedFilesHoldPyTorchsCounters() {
    Path file = folder.resolve("m.safetensors");
    small().save(file);
    Map<String, Tensor> tensors = Safetensors.read(file).tensors();
    assertEquals("I64 []", tensors.get("layer2.0.bn1.num_batches_tracked").toString());
    long norms = tensors.keySet().stream().filter(name -> name.endsWith("running_var")).count();
    assertEquals(small().state().size() + norms, tensors.size());
  }

  @Test
  void aLoadFailsUnlessToldWhatToDo() {
    Model fresh = small();
    Map<String, Tensor> tensors = new LinkedHashMap<>(fresh.spec().initialise(6).state());
    tensors.put("fc.weight", Tensor.zeros(Shape.of(5, 64), DType.F32));
    message(
        "w.pth: the weights do not fit: 46 matched; 1 of another shape (fc.weight is [5,64],"
            + " expected [3,64]); --new-head would allow that",
        () -> fresh.overlay(weights(tensors), Set.of()));
    Model merged = fresh.overlay(weights(tensors), Set.of(Tolerance.NEW_HEAD));
    assertEquals(fresh.state().get("fc.weight"), merged.state().get("fc.weight"));
    // A bias that fits belongs to a head that does not.
    assertEquals(fresh.state().get("fc.bias"), merged.state().get("fc.bias"));
    assertEquals(tensors.get("conv1.weight"), merged.state().get("conv1.weight"));

    tensors.remove("bn1.bias");
    tensors.put("extra", tensors.get("bn1.weight"));
    tensors.put("conv1.weight", tensors.get("bn1.weight"));
    message(
        "w.pth: the weights do not fit: 44 matched; 1 missing (bn1.bias); 1 unexpected (extra); 2"
            + " of another shape (conv1.weight is [16], expected [16,1,3,3], fc.weight is [5,64],"
            + " expected [3,64]); --ignore-missing and --ignore-unexpected and"
            + " --ignore-mismatched would allow that",
        () -> fresh.overlay(weights(tensors), Set.of(Tolerance.NEW_HEAD)));
    merged =
        fresh.overlay(
            weights(tensors),
            Set.of(Tolerance.MISSING, Tolerance.UNEXPECTED, Tolerance.MISMATCHED));
    assertEquals(fresh.state().get("bn1.bias"), merged.state().get("bn1.bias"));
    assertEquals(tensors.get("fc.bias"), merged.state().get("fc.bias"));
    assertFalse(merged.state().containsKey("extra"));
    assertThrows(
        InvalidInputException.class,
        () ->
            fresh.overlay(weights(Map.of("x", tensors.get("extra"))), Set.of(Tolerance.values())));
  }

  @Test
  void weightsThatAreNoNumbersAreRefused() {
    Map<String, Tensor> tensors = new LinkedHashMap<>(small().state());
    tensors.put("bn1.bias", Tensor.ofFloats(Shape.of(16), filled(Float.NaN)));
    String expected =
        "w.pth: tensor 'bn1.bias' holds NaN at element 0; the training that made it diverged, or"
            + " the file is damaged";
    message(expected, () -> Model.of(small().spec(), weights(tensors)));
    message(expected, () -> small().overlay(weights(tensors), Set.of()));
  }

  private static float[] filled(float value) {
    float[] values = new float[16];
    java.util.Arrays.fill(values, value);
    return values;
  }

  @Test
  void classNamesMustFit() {
    assertEquals(Optional.empty(), small().classNames());
    assertThrows(InvalidInputException.class, () -> small().withClassNames(List.of("a")));
    assertThrows(
        InvalidInputException.class, () -> small().withMetadata("classes", "[").classNames());
    assertThrows(
        InvalidInputException.class,
        () -> small().withMetadata("classes", "[null,null,null]").classNames());
    assertThrows(
        InvalidInputException.class, () -> small().withMetadata("classes", "[\"a\"]").classNames());
  }
}
