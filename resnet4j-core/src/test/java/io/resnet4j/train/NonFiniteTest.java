package io.resnet4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Session;
import io.resnet4j.interop.Safetensors;
import io.resnet4j.model.Model;
import io.resnet4j.plan.Program;
import io.resnet4j.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights that are not finite are neither kept nor gone on from. */
class NonFiniteTest extends RunTests {
  private static final String WEIGHT = "layer2.0.conv1.weight";

  /** Six steps an epoch, two epochs. */
  private static final Recipe RECIPE = Stripes.recipe();

  private static Tensor broken(Tensor tensor) {
    float[] values = tensor.toFloats();
    values[0] = Float.NaN;
    return Tensor.ofFloats(tensor.shape(), values);
  }

  /** Breaks a tensor of the session behind the update that makes {@code steps} of them. */
  private static StepProbe breaking(String namespace, String path, long steps) {
    return new StepProbe() {
      private final List<Session> session = new ArrayList<>();

      @Override
      public void attach(Subject subject) {
        session.add(subject.session());
      }

      @Override
      public void beforeUpdate(long done) {}

      @Override
      public void afterUpdate(long done) {
        if (done + 1 == steps) {
          Session each = session.get(0);
          each.write(namespace, path, broken(each.read(namespace, path)));
        }
      }
    };
  }

  private NonFiniteLossException failed(Recipe recipe, TrainOptions options, StepProbe probe) {
    try (Trainer trainer = Trainer.of(Stripes.network(), recipe, DATA, options)) {
      NonFiniteLossException e =
          assertThrows(NonFiniteLossException.class, trainer.probe(probe)::fit);
      assertFalse(e.getMessage().contains("\n"), e.getMessage());
      return e;
    }
  }

  private static long step(Path checkpoint) {
    return Checkpoint.read(checkpoint).progress().step();
  }

  @ParameterizedTest
  @ValueSource(ints = {6, 12})
  void anEpochThatEndsWithThemIsNotKept(int steps) throws Exception {
    train(RECIPE, options("whole"));
    TrainOptions options = options("run");
    NonFiniteLossException e = failed(RECIPE, options, breaking(Program.MODEL, WEIGHT, steps));
    assertEquals(WEIGHT, e.path());
    assertEquals(steps, e.step());
    assertEquals(steps / 6, e.epoch());
    Path run = temp.resolve("run");
    assertTrue(
        e.getMessage().contains(run.resolve("last.ckpt") + ", step " + (steps - 6)),
        e.getMessage());
    assertEquals(steps - 6, step(run.resolve("last.ckpt")));
    assertEquals(steps == 12, Files.exists(run.resolve("best.safetensors")));
    assertFalse(Files.exists(run.resolve("last.safetensors")));
    assertFalse(Files.exists(run.resolve("result.json")));
    JsonNode said = warnings(run).get(0);
    assertEquals("non_finite", said.path("kind").asText());
    assertEquals(steps, said.path("step").asInt());
    assertEquals(e.getMessage(), said.path("message").asText());
    // Once more, and then without it.
    failed(RECIPE, options.withResume(true), breaking(Program.MODEL, WEIGHT, steps));
    assertEquals(1, warnings(run).size());
    train(RECIPE, options.withResume(true));
    assertEquals(List.of(), warnings(run));
    assertSameState(temp.resolve("whole"), run);
  }

  @Test
  void aResumedRunSaysNothingTwice() throws Exception {
    // It learns nothing, which shows after the fourth epoch.
    Recipe recipe = Stripes.recipe().set("epochs=5").set("learningRate=1e-9");
    train(recipe, options("whole").withBackend("onednn"));
    TrainOptions options = options("run").withBackend("onednn");
    try (Trainer trainer = Trainer.of(Stripes.network(), recipe, DATA, options)) {
      trainer.listen(
          new TrainListener() {
            @Override
            public void stepDone(StepDone event) {
              if (event.totalStep() == 26) {
                trainer.requestStop();
              }
            }
          });
      trainer.fit();
    }
    Path run = temp.resolve("run");
    List<JsonNode> said = warnings(run);
    assertFalse(said.isEmpty());
    assertEquals(24, said.get(0).path("step").asInt());
    assertEquals(4, said.get(0).path("epoch").asInt());
    // Killed behind the checkpoint, in the middle of a line.
    Files.writeString(
        run.resolve("warnings.jsonl"),
        "{\"step\":27,\"epoch\":5,\"kind\":\"spike\",\"message\":\"lost\"}\n{\"st",
        StandardOpenOption.APPEND);
    train(recipe, options.withResume(true));
    assertEquals(warnings(temp.resolve("whole")), warnings(run));
  }

  @Test
  void aCheckpointWithinAnEpochIsNotWritten() {
    // Every step is due.
    TrainOptions often = options("run").withCheckpointing(new Checkpointing(1e-9, 2, false));
    NonFiniteLossException e = failed(RECIPE, often, breaking(Program.MODEL, "bn1.running_var", 3));
    assertEquals("bn1.running_var", e.path());
    assertEquals(2, step(temp.resolve("run/last.ckpt")));
    assertTrue(e.getMessage().contains("last.ckpt, step 2"), e.getMessage());
  }

  @Test
  void aLossIsTracedToTheLayerOfTheWeight() throws Exception {
    NonFiniteLossException e = failed(RECIPE, options("run"), breaking(Program.MODEL, WEIGHT, 1));
    assertEquals("layer2.0.conv1", e.path());
    assertEquals(2, e.step());
    assertEquals(1, e.epoch());
    assertTrue(e.getMessage().contains("nor is " + WEIGHT), e.getMessage());
    assertEquals(2, warnings(temp.resolve("run")).get(0).path("step").asInt());
    assertTrue(e.getMessage().contains("lower the learning rate"), e.getMessage());
    assertEquals(0, step(temp.resolve("run/last.ckpt")));
  }

  @Test
  void anAverageThatBrokeIsNotKept() {
    NonFiniteLossException e =
        failed(RECIPE.set("ema=0.9"), options("run"), breaking("ema", WEIGHT, 6));
    assertEquals("ema/" + WEIGHT, e.path());
    assertEquals(0, step(temp.resolve("run/last.ckpt")));
  }

  /** A run of a program that wrote what is refused now. */
  @Test
  void aCheckpointWithThemIsPassedOver() {
    train(RECIPE, options("whole"));
    train(RECIPE, options("run"));
    Path last = temp.resolve("run/last.ckpt");
    Safetensors stored = Safetensors.read(last);
    Map<String, Tensor> tensors = new LinkedHashMap<>(stored.tensors());
    tensors.computeIfPresent("model/" + WEIGHT, (name, tensor) -> broken(tensor));
    Map<String, String> told = new LinkedHashMap<>(stored.metadata());
    told.remove("crc32");
    new Safetensors(tensors, told).write(last);
    List<String> heard = new ArrayList<>();
    try (Trainer trainer =
        Trainer.of(Stripes.network(), RECIPE, DATA, options("run").withResume(true))) {
      trainer.listen(
          new TrainListener() {
            @Override
            public void warning(String line) {
              heard.add(line);
            }
          });
      trainer.fit();
    }
    assertTrue(heard.get(0).contains("model/" + WEIGHT + " is not finite"), heard.toString());
    assertTrue(heard.get(0).contains("before-1.ckpt, step 6"), heard.toString());
    assertSameState(temp.resolve("whole"), temp.resolve("run"));
  }

  @Test
  void weightsToBeginWithAreFinite() {
    Model model = Stripes.network().initialise(3);
    Map<String, Tensor> state = new LinkedHashMap<>(model.state());
    state.computeIfPresent(WEIGHT, (path, tensor) -> broken(tensor));
    String message =
        assertThrows(
                InvalidInputException.class,
                () -> Trainer.of(model.withState(state), RECIPE, DATA, options("run")))
            .getMessage();
    assertTrue(message.contains(WEIGHT + " is not finite"), message);
    assertFalse(Files.exists(temp.resolve("run")));
  }
}
