package io.resnet4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.data.Dataset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SymptomsTest {
  private static final Recipe RECIPE = Recipe.named("cifar10-default");

  private static EpochMetrics epoch(
      int epoch, double loss, double trainAcc, @Nullable Double valAcc, double wait) {
    return new EpochMetrics(
        epoch, epoch * 100L, loss, trainAcc, 1.0, valAcc, null, null, 0.1, 1000, 1, wait);
  }

  private static void says(List<Symptoms.Warning> lines, String part) {
    assertEquals(1, lines.size(), lines.toString());
    String line = lines.get(0).text();
    assertTrue(line.contains(part), line);
    assertTrue(!line.contains("\n"));
  }

  private static List<Symptoms.Warning> steps(Symptoms symptoms, int count, double loss) {
    List<Symptoms.Warning> lines = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      symptoms.ofStep(loss, 0.4).ifPresent(lines::add);
    }
    return lines;
  }

  @Test
  void aLossNoBetterThanGuessingIsSaidOnce() {
    Symptoms symptoms = new Symptoms(RECIPE, 10, 1);
    assertEquals(List.of(), symptoms.ofEpoch(epoch(1, 2.29, 0.12, 0.1, 0), 100));
    says(symptoms.ofEpoch(epoch(2, 2.31, 0.1, 0.11, 0), 100), "guessing among 10 classes, 2.303");
    assertEquals(List.of(), symptoms.ofEpoch(epoch(3, 2.4, 0.1, 0.12, 0), 100));
    // Smoothed labels have another loss of guessing.
    Symptoms smooth = new Symptoms(RECIPE.set("labelSmoothing=0.1"), 10, 1);
    assertEquals(List.of(), smooth.ofEpoch(epoch(1, 2.31, 0.1, 0.11, 0), 100));
  }

  @Test
  void standingStillWaitingAndPlateausAreSaid() {
    Symptoms still = new Symptoms(RECIPE, 10, 1);
    still.ofEpoch(epoch(1, 2.2, 0.1, 0.1, 0), 100);
    says(still.ofEpoch(epoch(2, 2.2001, 0.1, 0.2, 0), 100), "stands still");
    Symptoms waiting = new Symptoms(RECIPE, 10, 1);
    says(waiting.ofEpoch(epoch(1, 1.5, 0.5, 0.5, 0.35), 100), "35 % of the training time");
    Symptoms plateau = new Symptoms(RECIPE, 10, 1);
    List<Symptoms.Warning> lines = new ArrayList<>();
    for (int i = 1; i <= 9; i++) {
      lines.addAll(plateau.ofEpoch(epoch(i, 1.5 / i, 0.5 + 0.05 * i, i == 1 ? 0.6 : 0.5, 0), 100));
    }
    says(lines, "by heart");
    Symptoms right = new Symptoms(RECIPE, 10, 1);
    for (int i = 1; i <= 9; i++) {
      assertEquals(List.of(), right.ofEpoch(epoch(i, 1.5 / i, 0.9, 1.0, 0), 100));
    }
  }

  @Test
  void aLossThatRisesIsSaidOnceEachTime() {
    Symptoms symptoms = new Symptoms(RECIPE, 10, 1);
    assertEquals(List.of(), steps(symptoms, 60, 1.5));
    says(steps(symptoms, 60, 9), "at learning rate 0.400: that is too high");
    assertEquals(List.of(), steps(symptoms, 300, 1.5));
    says(steps(symptoms, 60, 9), "has risen from 1.500");
  }

  @Test
  void aLossThatRisesBelowThatOfGuessingIsSaid() {
    Symptoms symptoms = new Symptoms(RECIPE, 10, 1);
    assertEquals(List.of(), steps(symptoms, 200, 0.05));
    // Three times as much, but little.
    assertEquals(List.of(), steps(symptoms, 200, 0.15));
    says(steps(symptoms, 200, 2), "has risen from 0.050");
  }

  @Test
  void aPlateauOfTheLossIsSaidWhereNothingIsHeldOut() {
    Symptoms symptoms = new Symptoms(RECIPE, 10, 1);
    List<Symptoms.Warning> lines = new ArrayList<>();
    for (int i = 1; i <= 12; i++) {
      double loss = i < 4 ? 1.5 / i : 0.6 + 0.01 * (i % 3);
      lines.addAll(symptoms.ofEpoch(epoch(i, loss, 0.8, null, 0), 100));
    }
    says(lines, "train_loss has not fallen below 0.5000 for 5 epochs");
    Symptoms learned = new Symptoms(RECIPE, 10, 1);
    for (int i = 1; i <= 12; i++) {
      assertEquals(List.of(), learned.ofEpoch(epoch(i, 0.001, 1, null, 0), 100));
    }
  }

  @Test
  void whatWasSeenGoesThroughACheckpoint() throws Exception {
    Symptoms whole = new Symptoms(RECIPE, 10, 1);
    // Nothing seen is infinite in places.
    String nothing = Json.line(whole.state());
    assertEquals(whole.state(), Json.MAPPER.readValue(nothing, Symptoms.State.class));
    steps(whole, 60, 1.5);
    says(steps(whole, 60, 9), "has risen");
    EpochMetrics last = epoch(1, 2.31, 0.1, 0.5, 0);
    says(whole.ofEpoch(last, 100), "guessing");
    Symptoms resumed = new Symptoms(RECIPE, 10, 1);
    resumed.goOn(Json.MAPPER.readValue(Json.line(whole.state()), Symptoms.State.class), last);
    assertEquals(whole.state(), resumed.state());
    assertEquals(List.of(), steps(resumed, 60, 9));
    says(resumed.ofEpoch(epoch(2, 2.31, 0.1, 0.4, 0), 100), "stands still");
  }

  @Test
  void unbalancedClassesAreNamed() {
    Dataset all = Stripes.splits(60, 33).train();
    Symptoms symptoms = new Symptoms(RECIPE, all.classes().size(), 1);
    assertEquals(Optional.empty(), symptoms.ofLabels(all));
    List<Integer> kept = new ArrayList<>();
    boolean one = false;
    for (int i = 0; i < all.size(); i++) {
      if (all.label(i) == 0 || !one && all.label(i) == 1) {
        one |= all.label(i) == 1;
        kept.add(i);
      }
    }
    Dataset few = all.subset(kept.stream().mapToInt(Integer::intValue).toArray());
    says(symptoms.ofLabels(few).stream().toList(), "unbalanced classes");
  }
}
