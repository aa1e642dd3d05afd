package io.resnet4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.NotEnoughMemoryException;
import io.resnet4j.backend.Session;
import io.resnet4j.model.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LearningRateFinderTest extends RunTests {
  private static List<LearningRateFinder.Point> points(double... smoothed) {
    List<LearningRateFinder.Point> points = new ArrayList<>();
    for (int i = 0; i < smoothed.length; i++) {
      points.add(new LearningRateFinder.Point(Math.pow(10, i - 6), smoothed[i], smoothed[i]));
    }
    return points;
  }

  @Test
  void theSuggestionIsWhereTheLossFalls() {
    // Falls from the third (1e-4) to the eighth point (10), fastest around the sixth.
    LearningRateFinder.Result result =
        LearningRateFinder.judge(points(2.3, 2.3, 2.31, 2.29, 2.2, 1.9, 1.4, 1.3, 5), true);
    assertEquals(0.1, result.steepest(), 1e-12);
    // From index 2 to 7: index 2 + 10 / 3 = 5.
    assertEquals(0.1, result.valley(), 1e-12);
    assertEquals(result.valley(), result.suggestion());
  }

  @Test
  void aLossThatNeverFallsHasNoValley() {
    LearningRateFinder.Result result = LearningRateFinder.judge(points(1, 2, 3, 4, 6, 9), true);
    assertNull(result.valley());
    assertEquals(result.steepest(), result.suggestion());
    assertThrows(InvalidInputException.class, () -> LearningRateFinder.judge(points(1, 2), true));
  }

  @Test
  void ratesGrowExponentially() {
    LearningRateFinder.Range range = new LearningRateFinder.Range(1e-4, 1, 41);
    assertEquals(1e-4, range.at(0), 1e-18);
    assertEquals(1e-2, range.at(20), 1e-14);
    assertEquals(1, range.at(40), 1e-12);
    assertThrows(InvalidInputException.class, () -> new LearningRateFinder.Range(1, 0.1, 100));
  }

  @Test
  void itFindsARateThatTrainsAndDivergesBeyond() {
    LearningRateFinder.Result result =
        LearningRateFinder.find(
            Stripes.network().initialise(3),
            Stripes.recipe(),
            DATA,
            options("untouched"),
            new LearningRateFinder.Range(1e-4, 1e6, 60),
            point -> {});
    assertTrue(result.diverged());
    assertTrue(result.suggestion() > 1e-3 && result.suggestion() < 30, "" + result.suggestion());
    assertTrue(!java.nio.file.Files.exists(temp.resolve("untouched")));
  }

  @Test
  void theLargestBatchIsNoLargerThanTheData() {
    LargestBatch.Found found =
        LargestBatch.of(
                Stripes.network(),
                Stripes.recipe(),
                DATA,
                options("none").withBackend("onednn"),
                Optional.empty())
            .find();
    assertEquals(54, found.batch());
    assertTrue(found.bytes() > 0);
  }

  @Test
  void theLargestBatchIsFoundBesideAllThatARunHolds() {
    TrainOptions options = options("run").withBackend("onednn").withAutotune(false);
    Recipe plain = Stripes.recipe().set("batch=54").set("microBatch=20");
    Recipe full = plain.set("optimiser=lamb").set("ema=0.9").set("lookahead=1");
    Optional<Model> teacher = Optional.of(Stripes.network().initialise(5));
    long bytes = LargestBatch.of(Stripes.network(), full, DATA, options, teacher).find().bytes();
    assertTrue(
        bytes
            > LargestBatch.of(Stripes.network(), full, DATA, options, Optional.empty())
                .find()
                .bytes());
    assertTrue(
        bytes > LargestBatch.of(Stripes.network(), plain, DATA, options, teacher).find().bytes());
    // A run takes just that, and all of it before the first step.
    assertEquals(List.of(bytes, bytes, bytes), taken(full, options, teacher));
  }

  @Test
  void whatMuonWorksInIsCountedAndTakenBeforeTheFirstStep() {
    TrainOptions options = options("run").withBackend("onednn").withAutotune(false);
    Recipe plain = Stripes.recipe().set("batch=54");
    Recipe muon = plain.set("optimiser=muon").set("companion=sgd");
    long bytes =
        LargestBatch.of(Stripes.network(), muon, DATA, options, Optional.empty()).find().bytes();
    // The slots are those of plain SGD.
    long beside =
        bytes
            - LargestBatch.of(Stripes.network(), plain, DATA, options, Optional.empty())
                .find()
                .bytes();
    // The direction and two copies of the largest weight at least, 8x8x3x3.
    assertTrue(beside >= 3 * 8 * 8 * 3 * 3 * Float.BYTES, "" + beside);
    assertEquals(List.of(bytes, bytes, bytes), taken(muon, options, Optional.empty()));
  }

  /** What a run of two epochs of a step holds when it starts and after each step. */
  private static List<Long> taken(Recipe recipe, TrainOptions options, Optional<Model> teacher) {
    List<Long> taken = new ArrayList<>();
    try (Trainer trainer =
        Trainer.of(Stripes.network().initialise(3), recipe, DATA, options, teacher)) {
      trainer.listen(
          new TrainListener() {
            @Override
            public void started(Started event) {
              taken.add(event.sessionBytes());
            }
          });
      trainer.probe(
          new StepProbe() {
            private final List<Session> session = new ArrayList<>();

            @Override
            public void attach(Subject subject) {
              session.add(subject.session());
            }

            @Override
            public void beforeUpdate(long done) {}

            @Override
            public void afterUpdate(long done) {
              taken.add(session.get(0).bytes());
            }
          });
      trainer.fit();
    }
    return taken;
  }

  @Test
  void whatDoesNotFitIsRefusedWithABatchThatWould() {
    TrainOptions options = options("none").withBackend("onednn");
    Recipe recipe = Stripes.recipe().with("batch", "54");
    long bytes =
        LargestBatch.of(Stripes.network(), recipe, DATA, options, Optional.empty()).find().bytes();
    System.setProperty("resnet4j.memory", Long.toString(bytes / 2));
    try {
      String message =
          assertThrows(
                  NotEnoughMemoryException.class,
                  () -> Trainer.of(Stripes.network(), recipe, DATA, options).close())
              .getMessage();
      assertTrue(message.matches("memory: .*; a batch of [0-9]+ would fit.*"), message);
    } finally {
      System.clearProperty("resnet4j.memory");
    }
  }
}
