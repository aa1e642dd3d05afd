package io.resnet4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backends;
import io.resnet4j.backend.Session;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.data.PreprocessingJson;
import io.resnet4j.infer.Predictor;
import io.resnet4j.model.Model;
import io.resnet4j.plan.Precision;
import io.resnet4j.tensor.Tensor;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a step and a run make of optimisers, averages, micro-batches and teachers. */
class StepRunnerTest extends RunTests {
  private static Recipe recipe(String... settings) {
    Recipe recipe = Stripes.recipe();
    for (String setting : settings) {
      recipe = recipe.set(setting);
    }
    return recipe;
  }

  /** State of every kind must be in the checkpoint: bits tell if any is not. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "reference optimiser=adamw ema=0.9 emaEvery=2 emaWarmUp=true lookahead=4",
        "onednn optimiser=adamw ema=0.9 emaEvery=2 emaWarmUp=true lookahead=4 microBatch=3"
            + " clip=0.5",
        "onednn optimiser=lamb swa=0.3 schedule=plateau patience=0",
        "reference optimiser=rmsprop centred=true momentum=0.5 swa=0.3",
        "onednn optimiser=rmsprop centred=true momentum=0.5 l1=1e-4 loss=binary_cross_entropy",
        "onednn optimiser=muon companion=sgd learningRate=0.02",
        "onednn optimiser=lars trust=0.02 balanced=true"
      })
  void aRunStoppedAnywhereGoesOnToTheSameBits(String text) {
    String[] words = text.split(" ");
    Recipe recipe = Stripes.recipe().set("epochs=3").set("learningRate=0.01");
    for (int i = 1; i < words.length; i++) {
      recipe = recipe.set(words[i]);
    }
    TrainOptions options = options("whole").withBackend(words[0]);
    TrainResult whole = train(recipe, options);
    for (int stopAfter : new int[] {1, 9}) {
      String name = "stopped" + stopAfter;
      TrainOptions stopped = options(name).withBackend(words[0]);
      stopAfter(recipe, stopped, stopAfter, Optional.empty());
      TrainResult resumed = train(recipe, stopped.withResume(true));
      assertSameState(temp.resolve("whole"), temp.resolve(name));
      assertEquals(whole.testAcc(), resumed.testAcc());
      assertSameWeights("whole", name, "last.safetensors");
      assertSameWeights("whole", name, "best.safetensors");
    }
  }

  private void stopAfter(Recipe recipe, TrainOptions options, int steps, Optional<Model> teacher) {
    Model model = Stripes.network().initialise(options.seed());
    try (Trainer trainer = Trainer.of(model, recipe, DATA, options, teacher)) {
      stopAfter(trainer, steps);
      trainer.fit();
    }
  }

  private static void stopAfter(Trainer trainer, int steps) {
    trainer.listen(
        new TrainListener() {
          @Override
          public void stepDone(StepDone event) {
            if (event.totalStep() == steps) {
              trainer.requestStop();
            }
          }
        });
  }

  private void assertSameWeights(String a, String b, String file) {
    Model left = Model.load(temp.resolve(a).resolve(file));
    Model right = Model.load(temp.resolve(b).resolve(file));
    left.state()
        .forEach((path, t) -> assertEquals(t.bytes(), right.state().get(path).bytes(), path));
  }

  @Test
  void theAverageIsEvaluatedChosenAndStored() throws Exception {
    TrainResult result = train(recipe("epochs=4", "ema=0.8"), options("run"));
    assertEquals("ema", result.weights());
    List<JsonNode> lines = metrics(temp.resolve("run"));
    double best = 0;
    for (JsonNode line : lines) {
      best = Math.max(best, line.path("ema_val_acc").asDouble());
      assertTrue(line.path("val_acc").isNumber() && line.path("ema_val_loss").isNumber());
    }
    assertEquals(best, result.bestValAcc());
    Checkpoint checkpoint = Checkpoint.read(temp.resolve("run/last.ckpt"));
    Model stored = Model.load(temp.resolve("run/last.safetensors"));
    for (String path : List.of("fc.weight", "bn1.running_var")) {
      Tensor average = checkpoint.tensors().get("ema/" + path);
      assertEquals(average.bytes(), stored.state().get(path).bytes());
      assertNotEquals(average.bytes(), checkpoint.tensors().get("model/" + path).bytes());
    }
  }

  @Test
  void withoutAnAverageTheModelIsStored() {
    assertEquals("model", train(recipe("epochs=1"), options("run")).weights());
  }

  /** Two epochs' ends averaged, and statistics that are those of the averaged weights. */
  @Test
  void anEqualAverageTakesItsStatisticsAnew() {
    train(recipe("epochs=2", "swa=0"), options("run"));
    Checkpoint end = Checkpoint.read(temp.resolve("run/last.ckpt"));
    train(recipe("epochs=2"), options("first"), 6);
    Checkpoint middle = Checkpoint.read(temp.resolve("first/last.ckpt"));
    Model stored = Model.load(temp.resolve("run/last.safetensors"));
    double[] late = end.tensors().get("model/fc.weight").toDoubles();
    double[] early = middle.tensors().get("model/fc.weight").toDoubles();
    double[] average = stored.state().get("fc.weight").toDoubles();
    for (int i = 0; i < average.length; i++) {
      assertEquals((late[i] + early[i]) / 2, average[i], 1e-6);
    }
    double[] running = end.tensors().get("swa/bn1.running_var").toDoubles();
    double[] anew = stored.state().get("bn1.running_var").toDoubles();
    for (int i = 0; i < anew.length; i++) {
      assertTrue(anew[i] > 0 && Math.abs(anew[i] / running[i] - 1) > 1e-4, "channel " + i);
    }
  }

  /** Before its first update an average is the weights that the run began with. */
  @Test
  void aRunThatEndsBeforeItsAverageBeginsStoresTheModel() throws Exception {
    Recipe late = recipe("epochs=9", "swa=0.75");
    TrainOptions early = options("early").withStopping(new EarlyStopping(2, 0.999));
    TrainResult result = train(late, early);
    assertEquals(3, result.epochs());
    assertEquals("model", result.weights());
    assertModelIsStored("early");
    try (Predictor predictor =
        Predictor.open(
            Model.load(temp.resolve("early/last.safetensors")),
            Precision.F32,
            Backends.named("reference"))) {
      assertEquals(result.testAcc(), predictor.evaluate(DATA.test(), 7).top1());
    }
    TrainResult again = train(late, early.withResume(true));
    assertEquals(result.testAcc(), again.testAcc());
    assertModelIsStored("early");
    Recipe rare = recipe("ema=0.9", "emaEvery=100");
    assertEquals("model", train(rare, options("rare")).weights());
    assertModelIsStored("rare");
    Recipe second = recipe("ema=0.9", "emaEvery=8");
    assertEquals("ema", train(second, options("second")).weights());
    List<JsonNode> lines = metrics(temp.resolve("second"));
    assertTrue(lines.get(0).path("ema_val_acc").isNull(), lines.toString());
    assertTrue(lines.get(1).path("ema_val_acc").isNumber(), lines.toString());
  }

  /** An equal average has no running statistics of its own before the end. */
  @ParameterizedTest
  @ValueSource(strings = {"swa=0.75", "swa=0", "ema=0.9 emaEvery=8"})
  void aRunStoppedBeforeItsAverageIsOfUseStoresTheModel(String settings) {
    Recipe recipe = recipe(settings.split(" ")).set("epochs=3");
    try (Trainer trainer = Trainer.of(Stripes.network(), recipe, DATA, options("stopped"))) {
      stopAfter(trainer, 7);
      assertEquals("model", trainer.fit().weights());
      assertModelIsStored("stopped");
      Model stored = Model.load(temp.resolve("stopped/last.safetensors"));
      trainer
          .model()
          .state()
          .forEach((path, t) -> assertEquals(stored.state().get(path).bytes(), t.bytes(), path));
    }
  }

  private void assertModelIsStored(String run) {
    Checkpoint checkpoint = Checkpoint.read(temp.resolve(run).resolve("last.ckpt"));
    Model stored = Model.load(temp.resolve(run).resolve("last.safetensors"));
    Model begun = Stripes.network().initialise(3);
    stored
        .state()
        .forEach(
            (path, t) -> {
              assertEquals(checkpoint.tensors().get("model/" + path).bytes(), t.bytes(), path);
              assertNotEquals(begun.state().get(path).bytes(), t.bytes(), path);
            });
  }

  private void train(Recipe recipe, TrainOptions options, int steps) {
    stopAfter(recipe, options, steps, Optional.empty());
  }

  @Test
  void lookaheadMeetsItsSlowWeightsEveryFewSteps() {
    train(recipe("steps=8", "lookahead=4"), options("run"));
    Checkpoint end = Checkpoint.read(temp.resolve("run/last.ckpt"));
    assertEquals(
        end.tensors().get("slow/fc.weight").bytes(), end.tensors().get("model/fc.weight").bytes());
    assertFalse(end.tensors().containsKey("slow/bn1.running_var"));
  }

  @Test
  void aClippedStepIsAsLongAsItsNorm() {
    Recipe plain =
        recipe("steps=1", "warmUp=0", "schedule=constant", "momentum=0", "weightDecay=0");
    train(plain.set("learningRate=1").set("clip=0.01"), options("clipped"));
    Model before = Stripes.network().initialise(3);
    Model after = Model.load(temp.resolve("clipped/last.safetensors"));
    double sum = 0;
    for (String path : before.state().keySet()) {
      if (!path.contains("running")) {
        double[] a = before.state().get(path).toDoubles();
        double[] b = after.state().get(path).toDoubles();
        for (int i = 0; i < a.length; i++) {
          sum += (a[i] - b[i]) * (a[i] - b[i]);
        }
      }
    }
    assertEquals(0.01, Math.sqrt(sum), 1e-5);
  }

  @Test
  void aPlateauLowersTheRate() throws Exception {
    Recipe recipe = recipe("epochs=4", "warmUp=0", "schedule=plateau", "patience=0", "threshold=1");
    train(recipe.set("factor=0.5"), options("run"));
    List<JsonNode> lines = metrics(temp.resolve("run"));
    // The first epoch sets the mark, and nothing can be a whole 1 better.
    double[] expected = {0.2, 0.2, 0.1, 0.05};
    for (int i = 0; i < 4; i++) {
      assertEquals(expected[i], lines.get(i).path("lr").asDouble(), 1e-12);
    }
  }

  @Test
  void theStudentLearnsFromATeacherAndResumesWithNoOther() {
    Model teacher = Stripes.network().initialise(8);
    Recipe recipe = recipe("epochs=2", "teacherShare=1", "temperature=2");
    Model student = Stripes.network().initialise(3);
    TrainOptions options = options("taught");
    TrainResult result;
    try (Trainer trainer = Trainer.of(student, recipe, DATA, options, Optional.of(teacher))) {
      result = trainer.fit();
    }
    stopAfter(recipe, options("stopped"), 7, Optional.of(teacher));
    try (Trainer trainer =
        Trainer.of(
            student, recipe, DATA, options("stopped").withResume(true), Optional.of(teacher))) {
      assertEquals(result.testAcc(), trainer.fit().testAcc());
    }
    assertSameState(temp.resolve("taught"), temp.resolve("stopped"));
    Model other = Stripes.network().initialise(9);
    String message =
        assertThrows(
                InvalidInputException.class,
                () ->
                    Trainer.of(
                        student,
                        recipe,
                        DATA,
                        options("stopped").withResume(true),
                        Optional.of(other)))
            .getMessage();
    assertTrue(message.contains("teacher.weights was"), message);
    Model wider = Stripes.network().withClasses(4).initialise(1);
    message =
        assertThrows(
                InvalidInputException.class,
                () -> Trainer.of(student, recipe, DATA, options("new"), Optional.of(wider)))
            .getMessage();
    assertTrue(message.contains("expected the student's 3"), message);
  }

  @Test
  void theTeachersShareMovesTheStudent() {
    Model student = Stripes.network().initialise(3);
    Model teacher = Stripes.network().initialise(8);
    for (String share : List.of("0", "1")) {
      Recipe recipe = recipe("steps=2", "teacherShare=" + share);
      TrainOptions options = options("share" + share);
      try (Trainer trainer = Trainer.of(student, recipe, DATA, options, Optional.of(teacher))) {
        trainer.fit();
      }
    }
    train(recipe("steps=2"), options("alone"));
    // A teacher without a share is no teacher at all.
    assertSameWeights("alone", "share0", "last.safetensors");
    assertNotEquals(
        Model.load(temp.resolve("share0/last.safetensors")).state().get("fc.weight").bytes(),
        Model.load(temp.resolve("share1/last.safetensors")).state().get("fc.weight").bytes());
  }

  /** Pictures normalised for the student are normalised anew for its teacher. */
  @Test
  void theTeacherSeesPicturesAsItLearnedThem() {
    Normalisation perPixel = Normalisation.perPixel(DATA.train());
    Normalisation perChannel = Normalisation.perChannel(DATA.train());
    Model plain = Stripes.network().initialise(5);
    Model model =
        plain.withMetadata(
            Model.PREPROCESSING, PreprocessingJson.write(Preprocessing.of(DATA.train(), perPixel)));
    float[] level = new float[64];
    float[] students = new float[64];
    float[] teachers = new float[64];
    for (int i = 0; i < 64; i++) {
      level[i] = (i * 37 % 256) / 255f;
      students[i] = (level[i] - perChannel.mean().get(0)) / perChannel.std().get(0);
      teachers[i] = (level[i] - perPixel.mean().get(i)) / perPixel.std().get(0);
    }
    float[] expected = logits(plain, perPixel, teachers);
    float[] actual = logits(model, perChannel, students);
    assertArrayEquals(expected, actual, 1e-4f);
    assertFalse(Arrays.equals(expected, logits(plain, perChannel, students)));
  }

  private static float[] logits(Model model, Normalisation given, float[] picture) {
    try (Session session = Backends.named("reference").open()) {
      Teacher teacher = new Teacher(session, model, Stripes.network(), Precision.F32, given);
      teacher.prepare(1);
      return teacher.logits(FloatBuffer.wrap(picture), 1).toFloats();
    }
  }

  @Test
  void aRunOfTheFirstVersionGoesOn() throws Exception {
    Recipe recipe = recipe("epochs=2");
    train(recipe, options("whole"));
    train(recipe, options("old"), 4);
    Path file = temp.resolve("old/config.json");
    ObjectNode config = (ObjectNode) Json.parse(Files.readString(file));
    ((ObjectNode) config.get("recipe")).remove(List.of("objective", "averaging", "updating"));
    ((ObjectNode) config.get("recipe").get("optimiser")).remove("kind");
    Files.writeString(file, Json.pretty(config));
    train(recipe, options("old").withResume(true));
    assertSameState(temp.resolve("whole"), temp.resolve("old"));
  }
}
