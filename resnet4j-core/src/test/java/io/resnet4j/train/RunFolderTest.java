package io.resnet4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSplits;
import io.resnet4j.model.Model;
import io.resnet4j.plan.Precision;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunFolderTest extends RunTests {
  @ParameterizedTest
  @ValueSource(strings = {"reference", "onednn"})
  void aRunStoppedAnywhereGoesOnToTheSameBits(String backend) throws Exception {
    Recipe recipe = Stripes.recipe().set("epochs=3");
    train(recipe, options("whole").withBackend(backend));
    // After 1 step; at the end of an epoch; in the middle of the second.
    for (int stopAfter : new int[] {1, 6, 9}) {
      String name = "stopped" + stopAfter;
      TrainOptions options = options(name).withBackend(backend);
      try (Trainer trainer = Trainer.of(Stripes.network(), recipe, DATA, options)) {
        trainer.listen(
            new TrainListener() {
              @Override
              public void stepDone(StepDone event) {
                if (event.totalStep() == stopAfter) {
                  trainer.requestStop();
                }
              }
            });
        TrainResult stopped = trainer.fit();
        assertTrue(stopped.stopped());
        assertEquals(stopAfter, stopped.steps());
        assertNull(stopped.testAcc());
      }
      TrainResult resumed = train(recipe, options.withResume(true));
      assertEquals(18, resumed.steps());
      assertSameState(temp.resolve("whole"), temp.resolve(name));
      List<JsonNode> whole = metrics(temp.resolve("whole"));
      List<JsonNode> pieces = metrics(temp.resolve(name));
      assertEquals(3, pieces.size());
      for (int i = 0; i < 3; i++) {
        for (String key : List.of("step", "train_loss", "train_acc", "val_loss", "val_acc", "lr")) {
          assertEquals(whole.get(i).path(key), pieces.get(i).path(key), name + " " + key);
        }
      }
      assertEquals(
          Model.load(temp.resolve("whole/best.safetensors")).state().get("fc.weight").bytes(),
          Model.load(temp.resolve(name + "/best.safetensors")).state().get("fc.weight").bytes());
    }
  }

  @Test
  void aFinishedRunCanBeResumedAndSaysTheSame() {
    TrainResult first = train(Stripes.recipe(), options("run"));
    TrainResult again = train(Stripes.recipe(), options("run").withResume(true));
    assertEquals(first.testAcc(), again.testAcc());
    assertEquals(first.valAcc(), again.valAcc());
    assertEquals(first.trainLoss(), again.trainLoss());
    assertEquals(first.steps(), again.steps());
  }

  @Test
  void metricsOfALostEpochAreDroppedOnResume() throws Exception {
    train(Stripes.recipe(), options("run"));
    Path file = temp.resolve("run/metrics.jsonl");
    String good = Files.readString(file);
    Files.writeString(file, good + "{\"epoch\":3,\"step\":99}\n{\"epoch\":4,\"st");
    train(Stripes.recipe(), options("run").withResume(true));
    assertEquals(good, Files.readString(file));
  }

  @Test
  void resumeNamesWhatDiffers() throws Exception {
    train(Stripes.recipe(), options("run"));
    TrainOptions again = options("run").withResume(true);
    assertRefused("seed was 3, is 5", Stripes.recipe(), again.withSeed(5));
    assertRefused(
        "recipe.learningRate was 0.2, is 0.3", Stripes.recipe().set("learningRate=0.3"), again);
    assertRefused("recipe.batch was 8, is 9", Stripes.recipe().set("batch=9"), again);
    assertRefused("val_split was 0.1, is 0.2", Stripes.recipe(), again.withValSplit(0.2));
    assertRefused(
        "precision was \"f32\", is \"f64\"", Stripes.recipe(), again.withPrecision(Precision.F64));
    DataSplits other =
        new DataSplits(new Stripes("stripes train", 60, 9), DATA.test(), "stripes elsewhere");
    String message =
        assertThrows(
                InvalidInputException.class,
                () -> Trainer.of(Stripes.network(), Stripes.recipe(), other, again))
            .getMessage();
    assertTrue(message.contains("data.train_fingerprint"), message);
    assertFalse(message.contains("description"), message);
  }

  @Test
  void foldersThatCannotBeUsedAreRefused() throws Exception {
    Files.createDirectories(temp.resolve("full"));
    Files.writeString(temp.resolve("full/thesis.txt"), "years of work");
    assertRefused("not empty", Stripes.recipe(), options("full"));
    assertEquals("years of work", Files.readString(temp.resolve("full/thesis.txt")));
    assertRefused("no run to resume", Stripes.recipe(), options("full").withResume(true));
    Files.writeString(temp.resolve("file"), "");
    assertRefused("is a file", Stripes.recipe(), options("file"));
    assertRefused("cannot be written", Stripes.recipe(), options("file/below"));
  }

  @Test
  void aDamagedCheckpointIsRefused() throws Exception {
    train(Stripes.recipe(), options("run"));
    Path file = temp.resolve("run/last.ckpt");
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length / 2));
    assertRefused("last.ckpt", Stripes.recipe(), options("run").withResume(true));
    Files.copy(
        temp.resolve("run/last.safetensors"),
        file,
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertRefused("not a checkpoint", Stripes.recipe(), options("run").withResume(true));
  }

  @Test
  void aCheckpointThatCannotBeReplacedSurvives() throws Exception {
    Recipe recipe = Stripes.recipe();
    try (Trainer trainer = Trainer.of(Stripes.network(), recipe, DATA, options("run"))) {
      trainer.listen(
          new TrainListener() {
            @Override
            public void epochDone(EpochMetrics metrics) {
              // A folder in its place: nothing can be renamed over that.
              Path best = temp.resolve("run/best.safetensors");
              assertTrue(best.toFile().mkdir() && best.resolve("x").toFile().mkdir());
            }
          });
      String message = assertThrows(java.io.UncheckedIOException.class, trainer::fit).getMessage();
      assertTrue(message.contains("best.safetensors: cannot be written"), message);
    }
    assertEquals(0, Checkpoint.read(temp.resolve("run/last.ckpt")).progress().step());
    try (Stream<Path> files = Files.list(temp.resolve("run"))) {
      assertTrue(files.noneMatch(f -> f.toString().endsWith(".part")));
    }
  }
}
