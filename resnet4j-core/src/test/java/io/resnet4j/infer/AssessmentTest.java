package io.resnet4j.infer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Values worked out by hand. */
class AssessmentTest {
  private static final double EXACT = 1e-12;

  /** Of two classes, the first with probability {@code p}. */
  private static float logit(double p) {
    return (float) Math.log(p / (1 - p));
  }

  private static Answers oneHot(int[] labels, int[] named) {
    float[] logits = new float[labels.length * 3];
    for (int i = 0; i < named.length; i++) {
      logits[3 * i + named[i]] = 4 + i;
    }
    return Answers.of(logits, labels, 3);
  }

  @Test
  void classesAreScored() {
    Answers answers = oneHot(new int[] {0, 0, 0, 1, 1, 2}, new int[] {0, 0, 1, 1, 0, 2});
    Assessment seen = Assessment.of(answers, List.of("cat", "dog", "ox"));
    assertEquals(4 / 6.0, seen.evaluation().top1(), EXACT);
    assertEquals(1, seen.evaluation().top5(), EXACT);
    assertEquals(List.of(List.of(2, 1, 0), List.of(1, 1, 0), List.of(0, 0, 1)), seen.confusion());
    Assessment.ClassScore cat = seen.classes().get(0);
    assertEquals("cat", cat.name());
    assertEquals(3, cat.pictures());
    assertEquals(3, cat.named());
    assertEquals(2 / 3.0, cat.precision(), EXACT);
    assertEquals(2 / 3.0, cat.recall(), EXACT);
    assertEquals(2 / 3.0, cat.f1(), EXACT);
    assertEquals(0.5, seen.classes().get(1).precision(), EXACT);
    assertEquals(0.5, seen.classes().get(1).f1(), EXACT);
    assertEquals((2 / 3.0 + 0.5 + 1) / 3, seen.macroF1(), EXACT);
    assertEquals(4 / 6.0, Assessment.top(answers, 1), EXACT);
    assertEquals(1, Assessment.top(answers, 2), EXACT);
    assertEquals(
        List.of(new Assessment.Confusion(0, 1, 1), new Assessment.Confusion(1, 0, 1)),
        seen.mostConfused(9));
    // The later picture has the larger logit, so the surer mistake.
    List<Assessment.Mistake> mistakes = Assessment.mistakes(answers, 9);
    assertEquals(List.of(4, 2), mistakes.stream().map(Assessment.Mistake::index).toList());
    assertEquals(Math.exp(8) / (Math.exp(8) + 2), mistakes.get(0).confidence(), 1e-9);
    assertEquals(1, Assessment.mistakes(answers, 1).size());
  }

  @Test
  void aClassWithoutPicturesOrNamesScoresZero() {
    Answers answers = oneHot(new int[] {0, 1}, new int[] {0, 0});
    Assessment seen = Assessment.of(answers, List.of("a", "b", "c"));
    assertEquals(0, seen.classes().get(1).precision());
    assertEquals(0, seen.classes().get(2).recall());
    assertEquals(new Interval(0, 1), seen.classes().get(2).recallInterval());
    // 2/3 and 0; the class without pictures does not count.
    assertEquals(1 / 3.0, seen.macroF1(), EXACT);
  }

  @Test
  void wilsonsInterval() {
    Interval most = Interval.wilson(8, 10);
    assertEquals(0.4902, most.low(), 1e-4);
    assertEquals(0.9433, most.high(), 1e-4);
    // (z^2 / n) / (1 + z^2 / n) with z^2 = 3.841459.
    assertEquals(0, Interval.wilson(0, 10).low());
    assertEquals(0.3841459 / 1.3841459, Interval.wilson(0, 10).high(), 1e-6);
    assertEquals(1, Interval.wilson(10, 10).high());
    assertThrows(InvalidInputException.class, () -> Interval.wilson(3, 2));
  }

  @Test
  void calibrationIsTheDistanceOfConfidenceFromAccuracy() {
    float sure = logit(0.79);
    float less = logit(0.61);
    Answers answers =
        Answers.of(
            new float[] {sure, 0, sure, 0, sure, 0, sure, 0, less, 0},
            new int[] {0, 0, 0, 1, 1},
            2);
    Calibration calibration = Calibration.of(answers, 1);
    // 4/5 |0.75 - 0.79| + 1/5 |0 - 0.61|.
    assertEquals(0.8 * 0.04 + 0.2 * 0.61, calibration.ece(), 1e-7);
    assertEquals(Calibration.BINS, calibration.bins().size());
    Calibration.Bin bin = calibration.bins().get(11);
    assertEquals(4, bin.count());
    assertEquals(0.75, bin.accuracy(), EXACT);
    assertEquals(0.79, bin.confidence(), 1e-7);
  }

  @Test
  void theTemperatureMakesConfidenceAsHighAsAccuracy() {
    float sure = logit(0.9);
    Answers answers =
        Answers.of(new float[] {sure, 0, sure, 0, sure, 0, sure, 0}, new int[] {0, 0, 0, 1}, 2);
    // ln 9 / T = ln 3.
    double temperature = Calibration.fitTemperature(answers);
    assertEquals(2, temperature, 1e-6);
    assertEquals(0, Calibration.of(answers, temperature).ece(), 1e-6);
    assertTrue(Calibration.of(answers, 1).ece() > 0.14);
  }

  @Test
  void answersAreChecked() {
    assertThrows(InvalidInputException.class, () -> Answers.of(new float[3], new int[] {0, 1}, 2));
    assertThrows(InvalidInputException.class, () -> Answers.of(new float[2], new int[] {2}, 2));
    assertThrows(
        IllegalStateException.class,
        () -> Answers.of(new float[] {Float.NaN, 0}, new int[] {0}, 2));
  }
}
