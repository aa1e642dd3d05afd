package io.resnet4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.NotEnoughMemoryException;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.model.ResNetSpec;
import io.resnet4j.nn.HeadKind;
import io.resnet4j.plan.UpdateRule;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class FineTunerTest extends RunTests {
  private FineTuner tuner(Model pretrained) {
    FineTuner plain =
        FineTuner.of(pretrained, DATA, temp.resolve("tuned"))
            .named("before.safetensors")
            .withEpochs(2);
    return plain
        .with(plain.options().withBackend("reference").withSeed(3).withWorkers(0))
        .set("augment=none");
  }

  @Test
  void theHeadMovesFirstAndAllElseStays() throws Exception {
    train(Stripes.recipe(), options("pretrained"));
    Model pretrained = Model.load(temp.resolve("pretrained/last.safetensors"));
    FineTuner.Outcome done = tuner(pretrained).fit();
    Map<String, Tensor> head = Model.load(temp.resolve("tuned/head/last.safetensors")).state();
    pretrained
        .state()
        .forEach(
            (path, tensor) -> {
              if (path.startsWith("fc.")) {
                assertNotEquals(tensor.bytes(), head.get(path).bytes(), path);
              } else {
                // Weights and running statistics alike.
                assertEquals(tensor.bytes(), head.get(path).bytes(), path);
              }
            });
    Map<String, Tensor> all = Model.load(temp.resolve("tuned/all/last.safetensors")).state();
    assertNotEquals(head.get("conv1.weight").bytes(), all.get("conv1.weight").bytes());
    assertEquals(33, done.test().orElseThrow().size());
    assertEquals(DATA.train().classes(), Model.load(done.weights()).classNames().orElseThrow());
    String config = Files.readString(temp.resolve("tuned/head/config.json"));
    assertTrue(config.contains("\"trained\" : \"head\""), config);
    String card = Files.readString(temp.resolve("tuned/MODEL_CARD.md"));
    for (String part :
        List.of(
            "## Data",
            "## Training",
            "It began as before.safetensors, a trained `resnet20-b` of 3 classes; its head `fc`",
            "`finetune-head`: the head alone, all else frozen",
            "`finetune`: all layers",
            "## Metrics",
            "## Limits",
            "resnet4j predict")) {
      assertTrue(card.contains(part), card);
    }
    for (Path weights : List.of(done.weights(), temp.resolve("tuned/all/last.safetensors"))) {
      String told = Model.load(weights).metadata().get(Weights.PROVENANCE);
      assertFalse(told.contains(temp.getFileName().toString()), told);
      JsonNode from = Json.parse(told).path(Weights.FROM);
      assertEquals("before.safetensors", from.path("weights").asText());
      assertEquals("resnet20-b", from.path("network").asText());
      assertEquals(3, from.path("classes").asInt());
      assertEquals("fc", from.path("new_head").asText());
      JsonNode before = Json.parse(pretrained.metadata().get(Weights.PROVENANCE));
      assertEquals(before, from.path(Weights.PROVENANCE));
    }
    // Resumed after its end it says the same.
    List<Trainer> begun = new ArrayList<>();
    FineTuner again = tuner(pretrained).starting(begun::add);
    FineTuner.Outcome same = again.with(again.options().withResume(true)).fit();
    assertEquals(2, begun.size(), "other options do not forget who listens");
    assertEquals(done.all().bestValAcc(), same.all().bestValAcc());
    assertEquals(
        done.model().state().get("fc.weight").bytes(),
        same.model().state().get("fc.weight").bytes());
  }

  @Test
  void anAverageThatIsMadeAtTheEndIsRefused() {
    FineTuner tuner = tuner(Stripes.network().initialise(7)).set("swa=0.5");
    String message = assertThrows(InvalidInputException.class, tuner::fit).getMessage();
    assertTrue(message.contains("swa=0.5"), message);
    assertFalse(Files.exists(temp.resolve("tuned")));
  }

  private static void withMemory(String limit, Executable what) throws Throwable {
    System.setProperty("resnet4j.memory", limit);
    try {
      what.execute();
    } finally {
      System.clearProperty("resnet4j.memory");
    }
  }

  private FineTuner onednn() {
    FineTuner tuner = tuner(Stripes.network().initialise(7)).withBatch(8);
    return tuner.with(tuner.options().withBackend("onednn").withAutotune(false));
  }

  @Test
  void whatDoesNotFitIsToldBeforeTheHeadIsTrainedAndCanBeTriedAgain() throws Throwable {
    FineTuner tuner = onednn();
    long head =
        LargestBatch.of(
                Stripes.network(), tuner.recipe(true), DATA, tuner.options(), Optional.empty())
            .require();
    withMemory(
        Long.toString(head),
        () -> {
          String message = assertThrows(NotEnoughMemoryException.class, tuner::fit).getMessage();
          assertTrue(message.contains(" would fit"), message);
        });
    assertFalse(Files.exists(temp.resolve("tuned")));
    // As an older version, or a kill, may have left it.
    Files.createDirectories(temp.resolve("tuned/head"));
    FineTuner smaller = tuner.withBatch(1).set("steps=2");
    assertFalse(smaller.with(smaller.options().withResume(true)).fit().all().stopped());
  }

  @Test
  void whatNoLongerFitsAfterTheHeadCanBeGoneOnWith() throws Throwable {
    FineTuner tuner = onednn().set("steps=2");
    TrainListener scarce =
        new TrainListener() {
          @Override
          public void finished(TrainResult result) {
            System.setProperty("resnet4j.memory", "1k");
          }
        };
    withMemory("1g", () -> assertThrows(NotEnoughMemoryException.class, tuner.listen(scarce)::fit));
    assertTrue(Files.exists(temp.resolve("tuned/head/result.json")));
    assertFalse(Files.exists(temp.resolve("tuned/all")));
    assertFalse(tuner.with(tuner.options().withResume(true)).fit().all().stopped());
  }

  @Test
  void whatCannotBeDoneIsToldBeforeTheHeadIsTrained() {
    FineTuner tuner = tuner(Stripes.network().initialise(7));
    FineTuner whole = tuner.with(tuner.options().withValSplit(0));
    for (FineTuner each : List.of(whole, tuner.withEpochs(0))) {
      assertThrows(InvalidInputException.class, each::fit);
      assertFalse(Files.exists(temp.resolve("tuned")));
    }
  }

  @Test
  void whatOthersWroteIntoTheirMetadataDoesNoHarm() {
    Model drawn = Stripes.network().initialise(7);
    for (String odd : List.of("", "by hand", "[1]")) {
      Model fresh = tuner(drawn.withMetadata(Weights.PROVENANCE, odd)).withNewHead();
      JsonNode from = Json.parse(fresh.metadata().get(Weights.PROVENANCE)).path(Weights.FROM);
      assertEquals("resnet20-b", from.path("network").asText());
      assertFalse(from.has(Weights.PROVENANCE), odd);
    }
    String placed = "{\"data\":{\"description\":\"from /home/me\",\"train\":3}}";
    Model fresh = tuner(drawn.withMetadata(Weights.PROVENANCE, placed)).withNewHead();
    assertFalse(fresh.metadata().get(Weights.PROVENANCE).contains("/home/me"));
  }

  @Test
  void normsAndLengthGoByTheBatch() {
    FineTuner tuner = FineTuner.of(Stripes.network().initialise(7), DATA, temp.resolve("tuned"));
    Recipe small = tuner.withBatch(8).recipe(false);
    Recipe large = tuner.withBatch(16).recipe(false);
    assertEquals(8, small.batch());
    assertEquals(16, large.batch());
    assertTrue(small.transfer().frozenNorms());
    assertFalse(large.transfer().frozenNorms());
    assertThrows(InvalidInputException.class, () -> tuner.withBatch(0));
  }

  @Test
  void aHeadThatFlattensIsExchangedWhole() {
    ModelSpec spec =
        ((ResNetSpec) Stripes.network()).with(d -> d.headKind(HeadKind.FLATTEN)).withClasses(9);
    Model pretrained = spec.initialise(7);
    Model fresh = tuner(pretrained).withNewHead();
    assertEquals(Shape.of(9, 32), pretrained.state().get("fc.weight").shape());
    assertEquals(Shape.of(3, 32), fresh.state().get("fc.weight").shape());
    assertEquals(pretrained.state().get("conv1.weight"), fresh.state().get("conv1.weight"));
  }

  @Test
  void earlierStagesMoveMoreSlowly() {
    Recipe recipe = Recipe.named("finetune").set("layerDecay=0.5").set("decayNormAndBias=true");
    List<UpdateRule.Group> groups = recipe.groups(Models.named("resnet18").trainingGraph(2, 0));
    Map<String, Double> rates = new TreeMap<>();
    groups.forEach(group -> group.paths().forEach(path -> rates.put(path, group.learningRate())));
    assertEquals(1, rates.get("fc.weight"));
    assertEquals(0.5, rates.get("layer4.0.conv1.weight"));
    assertEquals(0.25, rates.get("layer3.0.conv1.weight"));
    assertEquals(0.0625, rates.get("layer1.0.bn1.weight"));
    assertEquals(0.03125, rates.get("conv1.weight"));
    assertEquals(rates.get("conv1.weight"), rates.get("bn1.bias"));
    List<UpdateRule.Group> head =
        recipe.set("trained=head").groups(Models.named("resnet18").trainingGraph(2, 0));
    assertEquals(
        List.of("fc.bias", "fc.weight"),
        head.stream().flatMap(g -> g.paths().stream()).sorted().toList());
  }
}
