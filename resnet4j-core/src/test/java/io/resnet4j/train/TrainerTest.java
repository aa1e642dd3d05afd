package io.resnet4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backends;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.data.PreprocessingJson;
import io.resnet4j.data.Views;
import io.resnet4j.infer.Evaluation;
import io.resnet4j.infer.Predictor;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.model.ResNetSpec;
import io.resnet4j.nn.HeadKind;
import io.resnet4j.plan.Precision;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class TrainerTest extends RunTests {
  private static Recipe recipe(String setting) {
    return Stripes.recipe().set(setting);
  }

  @Test
  void learnsAndKeepsARunFolder() throws Exception {
    TrainResult result = train(Stripes.recipe().set("epochs=16"), options("run"));
    Path run = temp.resolve("run");
    // 54 pictures are left to train on: six whole batches of 8.
    assertEquals(96, result.steps());
    assertEquals(16, result.epochs());
    assertTrue(result.testAcc() > 0.9, "test accuracy " + result.testAcc());
    assertTrue(result.bestValAcc() >= result.valAcc());
    assertFalse(result.stopped());
    assertEquals(
        new TreeSet<>(
            List.of(
                "before-1.ckpt",
                "best.safetensors",
                "choices.json",
                "config.json",
                "events",
                "last.ckpt",
                "last.safetensors",
                "metrics.jsonl",
                "result.json")),
        files(run));
    List<JsonNode> lines = metrics(run);
    assertEquals(16, lines.size());
    assertEquals(16, lines.get(15).path("epoch").asInt());
    assertEquals(96, lines.get(15).path("step").asInt());
    assertTrue(
        lines.get(15).path("train_loss").asDouble() < lines.get(0).path("train_loss").asDouble());
    for (String key :
        List.of("train_acc", "val_loss", "val_acc", "lr", "images_per_s", "seconds", "data_wait")) {
      assertTrue(lines.get(0).path(key).isNumber(), key);
    }
    JsonNode config = Json.parse(Files.readString(run.resolve("config.json")));
    assertEquals(
        Stripes.recipe().set("epochs=16"),
        Json.MAPPER.treeToValue(config.path("recipe"), Recipe.class));
    assertEquals("f32", config.path("precision").asText());
    assertEquals(3, config.path("seed").asInt());
    assertEquals(54, config.path("data").path("train").asInt());
    JsonNode json = Json.parse(Files.readString(run.resolve("result.json")));
    assertEquals(result.testAcc(), json.path("test_acc").asDouble());
    assertTrue(json.path("images_per_s").asDouble() > 0);
  }

  @Test
  void weightsCarryWhatPredictionNeeds() throws Exception {
    try (Trainer trainer = Trainer.of(Stripes.network(), Stripes.recipe(), DATA, options("run"))) {
      trainer.fit();
      Model stored = Model.load(temp.resolve("run/last.safetensors"));
      assertEquals(Stripes.network(), stored.spec());
      assertEquals(DATA.train().classes(), stored.classNames().orElseThrow());
      Preprocessing preprocessing =
          PreprocessingJson.read(stored.metadata().get(Model.PREPROCESSING), "test");
      Normalisation expected = Normalisation.perChannel(DATA.holdOut(0.1, 3).train());
      assertEquals(Preprocessing.of(DATA.train(), expected), preprocessing);
      JsonNode provenance = Json.parse(stored.metadata().get("provenance"));
      assertEquals(2, provenance.path("epochs").asInt());
      assertEquals("cifar10-default", provenance.path("recipe").path("name").asText());
      trainer
          .model()
          .state()
          .forEach((path, t) -> assertEquals(t.bytes(), stored.state().get(path).bytes(), path));
    }
  }

  @Test
  void thePredictorFindsTheSameTestAccuracyInTheFile() {
    TrainResult result = train(Stripes.recipe(), options("run"));
    try (Predictor predictor =
        Predictor.open(
            Model.load(temp.resolve("run/last.safetensors")),
            Precision.F32,
            Backends.named("reference"))) {
      assertEquals(result.testAcc(), predictor.evaluate(DATA.test(), 7).top1());
    }
  }

  @Test
  void branchesAreDroppedInTrainingOnly() throws Exception {
    Recipe dropping = recipe("dropPath=0.5");
    TrainResult result = train(dropping, options("drop"));
    train(Stripes.recipe(), options("keep"));
    Path stored = temp.resolve("drop/last.safetensors");
    Model model = Model.load(stored);
    assertEquals(Stripes.network(), model.spec());
    assertNotEquals(
        Model.load(temp.resolve("keep/last.safetensors")).state().get("fc.weight").bytes(),
        model.state().get("fc.weight").bytes());
    try (Predictor predictor = Predictor.open(model, Precision.F32, Backends.named("reference"))) {
      assertEquals(result.testAcc(), predictor.evaluate(DATA.test(), 7).top1());
    }
    JsonNode config = Json.parse(Files.readString(temp.resolve("drop/config.json")));
    assertEquals(0.5, config.path("recipe").path("dropPath").asDouble());
    String message =
        assertThrows(
                InvalidInputException.class,
                () ->
                    Trainer.of(
                        Models.named("densenet-bc-40-12").withClasses(3).withInput(1, 8, 8),
                        dropping,
                        DATA,
                        options("dense")))
            .getMessage();
    assertTrue(message.contains("no residual blocks"), message);
  }

  @Test
  void evaluationSeesAnotherSize() throws Exception {
    Recipe larger = recipe("size=8").set("evalSize=12").set("resize=14");
    TrainResult result = train(larger, options("run"));
    try (Predictor predictor =
        Predictor.open(
            Model.load(temp.resolve("run/last.safetensors")),
            Precision.F32,
            Backends.named("reference"))) {
      assertEquals(Stripes.network().withInput(1, 12, 12), predictor.spec());
      Preprocessing stored = predictor.preprocessing().orElseThrow();
      assertEquals(List.of(12, 12, 14), List.of(stored.height(), stored.width(), stored.resize()));
      Evaluation seen = predictor.evaluate(DATA.test().framed(12, 12, 14), 7);
      assertEquals(result.testAcc(), seen.top1());
      Evaluation held =
          predictor.evaluate(DATA.holdOut(0.1, 3).validation().orElseThrow().framed(12, 12, 14), 7);
      assertEquals(result.valLoss(), held.loss(), 1e-6);
    }
    assertRefused("mean picture", larger.set("normalisation=per_pixel_mean"), options("mean"));
    ModelSpec flat = ((ResNetSpec) Stripes.network()).with(d -> d.headKind(HeadKind.FLATTEN));
    String message =
        assertThrows(
                InvalidInputException.class,
                () -> Trainer.of(flat, larger, DATA, options("flat")).close())
            .getMessage();
    assertTrue(message.contains("other weights for pictures of 1x12x12"), message);
  }

  @Test
  void theTestSeesTheViewsThatTheRecipeSays() throws Exception {
    for (Views views : List.of(Views.FLIP, Views.CROPS)) {
      Recipe seeing = recipe("testViews=" + views).set("epochs=1");
      TrainResult result = train(seeing, options(views.name()));
      Path run = temp.resolve(views.name());
      JsonNode json = Json.parse(Files.readString(run.resolve("result.json")));
      assertEquals(views.name().toLowerCase(Locale.ROOT), result.testViews());
      assertEquals(result.testViews(), json.path("test_views").asText());
      try (Predictor predictor =
          Predictor.open(
              Model.load(run.resolve("last.safetensors")),
              Precision.F32,
              Backends.named("reference"))) {
        Preprocessing known = predictor.preprocessing().orElseThrow();
        assertEquals(result.testAcc(), predictor.evaluate(DATA.test(), known, 40, views).top1());
        // Choices are made by the middle alone.
        Dataset held = DATA.holdOut(0.1, 3).validation().orElseThrow();
        assertEquals(result.valLoss(), predictor.evaluate(held, 7).loss(), 1e-6);
      }
    }
  }

  @Test
  void theSeedDecidesEveryBit() {
    train(Stripes.recipe(), options("a"));
    train(Stripes.recipe(), options("b").withWorkers(3));
    assertSameState(temp.resolve("a"), temp.resolve("b"));
    train(Stripes.recipe(), options("c").withSeed(4));
    assertNotEquals(
        Checkpoint.read(temp.resolve("a/last.ckpt")).tensors().get("model/fc.weight").bytes(),
        Checkpoint.read(temp.resolve("c/last.ckpt")).tensors().get("model/fc.weight").bytes());
  }

  @Test
  void withoutAValidationSplitThereIsNoBest() throws Exception {
    TrainResult result = train(Stripes.recipe(), options("run").withValSplit(0));
    assertNull(result.valAcc());
    assertNull(result.bestValAcc());
    assertFalse(Files.exists(temp.resolve("run/best.safetensors")));
    assertTrue(Files.exists(temp.resolve("run/last.safetensors")));
    assertEquals(14, result.steps());
    assertTrue(metrics(temp.resolve("run")).get(0).path("val_acc").isNull());
  }

  @Test
  void aRunOfStepsEndsInTheMiddleOfAnEpoch() throws Exception {
    TrainResult result = train(Stripes.recipe().set("steps=8"), options("run"));
    assertEquals(8, result.steps());
    assertEquals(2, result.epochs());
    assertEquals(8, metrics(temp.resolve("run")).get(1).path("step").asInt());
  }

  @Test
  void impossibleRunsAreRefusedBeforeAnythingIsMade() {
    assertRefused("batch 55: larger than the training set of 54", recipe("batch=55"), options("r"));
    assertRefused("backend 'none' is unknown", Stripes.recipe(), options("r").withBackend("none"));
    String message =
        assertThrows(
                InvalidInputException.class,
                () ->
                    Trainer.of(
                        Stripes.network().withClasses(4), Stripes.recipe(), DATA, options("r")))
            .getMessage();
    assertTrue(message.contains("tells 4 classes apart, the data has 3"), message);
    assertThrows(
        InvalidInputException.class,
        () ->
            Trainer.of(Stripes.network().withInput(3, 8, 8), Stripes.recipe(), DATA, options("r")));
    assertFalse(Files.exists(temp.resolve("r")));
  }

  @Test
  void aLearningRateFarTooLargeStopsTheRun() {
    Recipe recipe =
        recipe("learningRate=1e30").set("schedule=constant").set("warmUp=0").set("weightDecay=1");
    try (Trainer trainer = Trainer.of(Stripes.network(), recipe, DATA, options("run"))) {
      NonFiniteLossException e = assertThrows(NonFiniteLossException.class, trainer::fit);
      assertTrue(e.step() > 1, "step " + e.step());
      assertTrue(e.path().contains("conv") || e.path().contains("bn"), e.path());
      assertEquals(1e30, e.learningRate());
    }
  }

  @Test
  void normAndBiasAreSparedFromDecayIfTheRecipeSaysSo() {
    // A learning rate so small that only decay, which is large, could move a weight.
    Recipe recipe =
        recipe("learningRate=1e-3")
            .set("schedule=constant")
            .set("warmUp=0")
            .set("weightDecay=300")
            .set("momentum=0")
            .set("steps=1");
    train(recipe.set("decayNormAndBias=false"), options("spared"));
    train(recipe, options("decayed"));
    double spared = scale("spared");
    double decayed = scale("decayed");
    assertEquals(1, spared, 0.05);
    assertEquals(0.7, decayed, 0.05);
  }

  private double scale(String run) {
    return Model.load(temp.resolve(run + "/last.safetensors")).state().get("bn1.weight").get(0);
  }

  @Test
  void eventsComeInOrder() {
    List<String> heard = new ArrayList<>();
    try (Trainer trainer =
        Trainer.of(Stripes.network(), recipe("epochs=1"), DATA, options("run"))) {
      trainer.listen(
          new TrainListener() {
            @Override
            public void started(Started event) {
              heard.add("started " + event.epochs() + " " + event.steps());
            }

            @Override
            public void stepDone(StepDone event) {
              heard.add("step " + event.step() + "/" + event.stepsInEpoch());
              assertTrue(event.imagesPerSecond() > 0);
              assertTrue(event.dataWait() >= 0 && event.dataWait() <= 1);
            }

            @Override
            public void evaluating(String split, int done, int total) {
              heard.add(split + " " + done + "/" + total);
            }

            @Override
            public void epochDone(EpochMetrics metrics) {
              heard.add("epoch " + metrics.epoch());
            }

            @Override
            public void checkpointWritten(Path file) {
              heard.add(file.getFileName().toString());
            }

            @Override
            public void finished(TrainResult result) {
              heard.add("finished");
            }
          });
      trainer.fit();
      assertThrows(IllegalStateException.class, trainer::fit);
    }
    assertEquals(
        List.of(
            "last.ckpt",
            "started 1 6",
            "step 1/6",
            "step 2/6",
            "step 3/6",
            "step 4/6",
            "step 5/6",
            "step 6/6",
            "val 6/6",
            "epoch 1",
            "best.safetensors",
            "last.ckpt",
            "test 10/33",
            "test 20/33",
            "test 30/33",
            "test 33/33",
            "last.safetensors",
            "result.json",
            "finished"),
        heard);
  }
}
