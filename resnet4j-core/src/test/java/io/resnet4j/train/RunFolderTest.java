package io.resnet4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.NotEnoughMemoryException;
import io.resnet4j.data.DataSplits;
import io.resnet4j.interop.AtomicFile;
import io.resnet4j.interop.Safetensors;
import io.resnet4j.model.Model;
import io.resnet4j.plan.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
  void aRunThatNeverBeganLeavesNothingBehind() throws Exception {
    TrainOptions options = options("new/run").withBackend("onednn").withAutotune(false);
    Files.createDirectories(temp.resolve("given"));
    System.setProperty("resnet4j.memory", "1k");
    try {
      for (TrainOptions each : List.of(options, options.into(temp.resolve("given")))) {
        assertThrows(
            NotEnoughMemoryException.class,
            () -> Trainer.of(Stripes.network(), Stripes.recipe(), DATA, each).close());
      }
    } finally {
      System.clearProperty("resnet4j.memory");
    }
    assertFalse(Files.exists(temp.resolve("new/run")));
    assertEquals(Set.of(), files(temp.resolve("given")), "it was there before");
    train(Stripes.recipe().set("steps=1"), options);
  }

  @Test
  void aDamagedCheckpointFallsBackToTheOneBefore() throws Exception {
    Recipe recipe = Stripes.recipe().set("epochs=3");
    train(recipe, options("whole"));
    train(recipe, options("run"));
    Path last = temp.resolve("run/last.ckpt");
    byte[] whole = Files.readAllBytes(last);
    byte[] flipped = whole.clone();
    flipped[whole.length - 5] ^= 1;
    byte[][] damages = {Arrays.copyOf(whole, whole.length / 2), flipped, new byte[0]};
    for (byte[] damage : damages) {
      Files.write(last, damage);
      List<String> heard = new ArrayList<>();
      TrainOptions again = options("run").withResume(true);
      try (Trainer trainer = Trainer.of(Stripes.network(), recipe, DATA, again)) {
        trainer.listen(
            new TrainListener() {
              @Override
              public void warning(String line) {
                heard.add(line);
              }
            });
        trainer.fit();
      }
      assertEquals(1, heard.size(), heard.toString());
      assertTrue(heard.get(0).contains("last.ckpt"), heard.get(0));
      assertTrue(heard.get(0).contains("before-1.ckpt, step 12"), heard.get(0));
      assertSameState(temp.resolve("whole"), temp.resolve("run"));
      assertEquals(
          Files.readString(temp.resolve("whole/metrics.jsonl")).lines().count(),
          Files.readString(temp.resolve("run/metrics.jsonl")).lines().count());
      // The damaged one has become the older of two.
      Files.delete(temp.resolve("run/before-1.ckpt"));
      Files.copy(temp.resolve("whole/before-1.ckpt"), temp.resolve("run/before-1.ckpt"));
    }
  }

  @Test
  void damageEverywhereIsRefused() throws Exception {
    train(Stripes.recipe(), options("run"));
    TrainOptions again = options("run").withResume(true);
    Files.copy(
        temp.resolve("run/last.safetensors"),
        temp.resolve("run/last.ckpt"),
        StandardCopyOption.REPLACE_EXISTING);
    Files.delete(temp.resolve("run/before-1.ckpt"));
    assertRefused("not a checkpoint", Stripes.recipe(), again);
    Files.delete(temp.resolve("run/last.ckpt"));
    assertRefused("no run to resume", Stripes.recipe(), again);
  }

  @Test
  void aCheckpointOfAnotherVersionIsRefused() throws Exception {
    train(Stripes.recipe(), options("run"));
    Path last = temp.resolve("run/last.ckpt");
    Safetensors stored = Safetensors.read(last);
    Map<String, String> told = new LinkedHashMap<>(stored.metadata());
    told.put("version", "2");
    new Safetensors(stored.tensors(), told).write(last);
    Files.delete(temp.resolve("run/before-1.ckpt"));
    TrainOptions again = options("run").withResume(true);
    assertRefused("checkpoint of version 2, this program reads version 1", Stripes.recipe(), again);
    assertRefused("use the program that wrote it", Stripes.recipe(), again);
  }

  @Test
  void asManyCheckpointsAreKeptAsAskedFor() throws Exception {
    Recipe recipe = Stripes.recipe().set("epochs=5");
    // Every step is due.
    TrainOptions often = options("run").withCheckpointing(new Checkpointing(1e-9, 4, false));
    train(recipe, often);
    assertEquals(
        List.of("before-1.ckpt", "before-2.ckpt", "before-3.ckpt", "last.ckpt"),
        files(temp.resolve("run")).stream().filter(f -> f.endsWith(".ckpt")).toList());
    assertEquals(30, Checkpoint.read(temp.resolve("run/last.ckpt")).progress().step());
    Checkpoint before = Checkpoint.read(temp.resolve("run/before-3.ckpt"));
    assertEquals(27, before.progress().step());
    assertEquals(3, before.progress().stepInEpoch());
    // A kill between two renames leaves no last.ckpt.
    Files.delete(temp.resolve("run/last.ckpt"));
    Files.delete(temp.resolve("run/before-1.ckpt"));
    Files.delete(temp.resolve("run/before-2.ckpt"));
    Files.writeString(temp.resolve("run/.last.ckpt.999999999.part"), "half");
    Files.writeString(temp.resolve("run").resolve(asideName("last.ckpt")), "half");
    TrainOptions one = options("run").withCheckpointing(new Checkpointing(0, 1, false));
    train(recipe, one.withResume(true));
    assertEquals(
        List.of("last.ckpt"),
        files(temp.resolve("run")).stream().filter(f -> f.contains(".ckpt")).toList());
    train(recipe, options("whole"));
    assertSameState(temp.resolve("whole"), temp.resolve("run"));
  }

  /** What a file is called while it is written by a process of this one's number. */
  private String asideName(String name) throws IOException {
    Path scratch = Files.createDirectories(temp.resolve("scratch"));
    List<String> seen = new ArrayList<>();
    AtomicFile.write(
        scratch.resolve(name),
        out -> {
          try (Stream<Path> files = Files.list(scratch)) {
            files.forEach(file -> seen.add(file.getFileName().toString()));
          }
        });
    return seen.get(0);
  }

  @Test
  void twoRunsDoNotShareAFolder() {
    try (Trainer first = Trainer.of(Stripes.network(), Stripes.recipe(), DATA, options("run"))) {
      first.fit();
      assertRefused("a run is going on in it", Stripes.recipe(), options("run").withResume(true));
    }
    train(Stripes.recipe(), options("run").withResume(true));
  }

  @Test
  void aRunKilledBeforeItsFirstCheckpointBegins() throws Exception {
    train(Stripes.recipe(), options("whole"));
    for (String left : List.of("config.json", "choices.json")) {
      Path folder = Files.createDirectories(temp.resolve("killed-" + left));
      Files.copy(temp.resolve("whole").resolve(left), folder.resolve(left));
      Files.writeString(folder.resolve(".last.ckpt.999999999.part"), "half");
      train(Stripes.recipe(), options("killed-" + left).withResume(true));
      assertSameState(temp.resolve("whole"), folder);
    }
    assertRefused("no run to resume", Stripes.recipe(), options("nothing").withResume(true));
  }

  @Test
  void anotherMachineIsRefusedUnlessAllowed() throws Exception {
    Recipe recipe = Stripes.recipe().set("epochs=2");
    TrainOptions options = options("run");
    train(recipe, options);
    Path last = temp.resolve("run/last.ckpt");
    Safetensors stored = Safetensors.read(last);
    Map<String, String> told = new LinkedHashMap<>(stored.metadata());
    told.put("pins", told.get("pins").replaceFirst("\"threads\":\"[^\"]*\"", "\"threads\":\"96\""));
    new Safetensors(stored.tensors(), told).write(last);
    assertRefused("threads was 96, is ", recipe, options.withResume(true));
    List<String> heard = new ArrayList<>();
    TrainOptions anywhere =
        options.withResume(true).withCheckpointing(new Checkpointing(0, 2, true));
    try (Trainer trainer = Trainer.of(Stripes.network(), recipe, DATA, anywhere)) {
      trainer.listen(
          new TrainListener() {
            @Override
            public void warning(String line) {
              heard.add(line);
            }
          });
      trainer.fit();
    }
    assertTrue(heard.get(0).contains("threads was 96"), heard.toString());
  }

  @Test
  void aRunThatGetsNoBetterStopsEarly() throws Exception {
    // An accuracy has to rise by more than it can.
    TrainOptions options = options("run").withStopping(new EarlyStopping(2, 0.999));
    TrainResult result = train(Stripes.recipe().set("epochs=9"), options);
    assertEquals(3, result.epochs());
    assertFalse(result.stopped(), "it has ended");
    assertTrue(result.testAcc() != null);
    // Resumed, it still has ended.
    TrainResult again = train(Stripes.recipe().set("epochs=9"), options.withResume(true));
    assertEquals(3, again.epochs());
    assertRefused(
        "early_stopping", Stripes.recipe().set("epochs=9"), options("run").withResume(true));
    assertRefused(
        "nothing is held out",
        Stripes.recipe(),
        options("other").withValSplit(0).withStopping(new EarlyStopping(2, 0)));
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
