package io.resnet4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.data.Dataset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SymptomsTest {
  private static final Recipe RECIPE = Recipe.named("cifar10-default");

  private static EpochMetrics epoch(
      int epoch, double loss, double trainAcc, double valAcc, double wait) {
    return new EpochMetrics(
        epoch, epoch * 100L, loss, trainAcc, 1.0, valAcc, null, null, 0.1, 1000, 1, wait);
  }

  private static void says(List<String> lines, String part) {
    assertEquals(1, lines.size(), lines.toString());
    assertTrue(lines.get(0).contains(part), lines.get(0));
    assertTrue(!lines.get(0).contains("\n"));
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
    List<String> lines = new ArrayList<>();
    for (int i = 1; i <= 9; i++) {
      lines.addAll(plateau.ofEpoch(epoch(i, 1.5 / i, 0.5 + 0.05 * i, i == 1 ? 0.6 : 0.5, 0), 100));
    }
    says(lines, "by heart");
  }

  @Test
  void aLossThatRisesIsSaidOnce() {
    Symptoms symptoms = new Symptoms(RECIPE, 10, 1);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      symptoms.ofStep(1.5, 0.1).ifPresent(lines::add);
    }
    assertEquals(List.of(), lines);
    for (int i = 0; i < 60; i++) {
      symptoms.ofStep(9, 0.4).ifPresent(lines::add);
    }
    says(lines, "at learning rate 0.400: that is too high");
  }

  @Test
  void unbalancedClassesAreNamed() {
    Dataset all = Stripes.splits(60, 33).train();
    Symptoms symptoms = new Symptoms(RECIPE, all.classes().size(), 1);
    assertEquals(List.of(), symptoms.ofLabels(all));
    List<Integer> kept = new ArrayList<>();
    boolean one = false;
    for (int i = 0; i < all.size(); i++) {
      if (all.label(i) == 0 || !one && all.label(i) == 1) {
        one |= all.label(i) == 1;
        kept.add(i);
      }
    }
    Dataset few = all.subset(kept.stream().mapToInt(Integer::intValue).toArray());
    says(symptoms.ofLabels(few), "unbalanced classes");
  }
}
