package io.resnet4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.interop.EventFile;
import io.resnet4j.interop.EventRecords;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What TensorBoard reads of a run is what {@code metrics.jsonl} says, resumed or not. */
class RunEventsTest extends RunTests {
  private static final Map<String, String> FIELDS =
      Map.of(
          "train/loss", "train_loss",
          "train/accuracy", "train_acc",
          "val/loss", "val_loss",
          "val/accuracy", "val_acc",
          "train/learning_rate", "lr",
          "train/epoch", "epoch",
          "speed/images_per_s", "images_per_s",
          "speed/seconds", "seconds",
          "speed/data_wait", "data_wait");

  private static List<EventRecords.Read> numbers(Path run) throws Exception {
    return EventRecords.ofFolder(run).stream().filter(each -> !each.scalars().isEmpty()).toList();
  }

  private static void assertSaysTheMetrics(Path run, TrainResult result) throws Exception {
    List<JsonNode> lines = metrics(run);
    List<EventRecords.Read> events = numbers(run);
    assertEquals(lines.size() + 1, events.size());
    for (int i = 0; i < lines.size(); i++) {
      EventRecords.Read event = events.get(i);
      assertEquals(lines.get(i).path("step").asLong(), event.step());
      assertEquals(FIELDS.keySet(), event.scalars().keySet());
      for (Map.Entry<String, Float> scalar : event.scalars().entrySet()) {
        String field = FIELDS.get(scalar.getKey());
        assertEquals((float) lines.get(i).path(field).asDouble(), scalar.getValue(), field);
      }
    }
    EventRecords.Read last = events.get(lines.size());
    assertEquals(result.steps(), last.step());
    assertEquals(Map.of("test/accuracy", result.testAcc().floatValue()), last.scalars());
  }

  @Test
  void theNumbersAreThoseOfTheMetrics() throws Exception {
    TrainResult result = train(Stripes.recipe(), options("run"));
    assertSaysTheMetrics(temp.resolve("run"), result);
    assertEquals(1, EventFile.files(temp.resolve("run")).size());
  }

  @Test
  void averagesAndMissingSplitsHaveTheirTags() throws Exception {
    train(Stripes.recipe().set("ema=0.9"), options("ema"));
    assertTrue(
        numbers(temp.resolve("ema"))
            .get(0)
            .scalars()
            .keySet()
            .containsAll(Set.of("ema_val/loss", "ema_val/accuracy")));
    train(Stripes.recipe(), options("all").withValSplit(0));
    assertFalse(numbers(temp.resolve("all")).get(0).scalars().containsKey("val/loss"));
  }

  @Test
  void aResumedRunHasEachStepOnce() throws Exception {
    Recipe recipe = Stripes.recipe().set("epochs=3");
    for (int stopAfter : new int[] {6, 9}) {
      TrainOptions options = options("stopped" + stopAfter);
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
        trainer.fit();
      }
      TrainResult result = train(recipe, options.withResume(true));
      Path run = temp.resolve("stopped" + stopAfter);
      assertSaysTheMetrics(run, result);
      assertEquals(2, EventFile.files(run).size());
      // Resumed at its end: the test once more, in place of the one before.
      assertSaysTheMetrics(run, train(recipe, options.withResume(true)));
    }
  }

  @Test
  void whatALostEpochWroteIsDropped() throws Exception {
    Recipe recipe = Stripes.recipe().set("epochs=3");
    train(recipe, options("run"));
    Path run = temp.resolve("run");
    // Killed after the numbers of the third epoch, before its checkpoint, in the middle of a
    // record.
    Files.delete(run.resolve("last.ckpt"));
    Path file = EventFile.files(run).get(0);
    Files.write(file, new byte[] {17, 0, 0, 0, 0, 0}, StandardOpenOption.APPEND);
    TrainResult result = train(recipe, options("run").withResume(true));
    assertSaysTheMetrics(run, result);
    assertEquals(List.of(6L, 12L, 18L, 18L), steps(run));
  }

  private static List<Long> steps(Path run) throws Exception {
    return numbers(run).stream().map(EventRecords.Read::step).toList();
  }

  @Test
  void aRunThatCannotWriteThemEndsWithTheCause() throws Exception {
    try (Trainer trainer = Trainer.of(Stripes.network(), Stripes.recipe(), DATA, options("run"))) {
      trainer.listen(
          new TrainListener() {
            @Override
            public void started(Started event) {
              // Nothing can be made in a folder that is gone.
              try (var entries = Files.list(event.folder())) {
                for (Path each : entries.toList()) {
                  Files.delete(each);
                }
                Files.delete(event.folder());
              } catch (java.io.IOException e) {
                throw new UncheckedIOException(e);
              }
            }
          });
      UncheckedIOException e = assertThrows(UncheckedIOException.class, trainer::fit);
      assertTrue(e.getMessage().contains("cannot be written"), e.getMessage());
      assertFalse(e.getMessage().contains("\n"), e.getMessage());
    }
    RunEvents events = new RunEvents(temp.resolve("gone"));
    UncheckedIOException e =
        assertThrows(
            UncheckedIOException.class,
            () -> events.write(1, new EventFile.Values().scalar("train/loss", 1)));
    assertTrue(e.getMessage().contains("gone: cannot be written"), e.getMessage());
    assertTrue(e.getMessage().contains("--resume"), e.getMessage());
  }
}
