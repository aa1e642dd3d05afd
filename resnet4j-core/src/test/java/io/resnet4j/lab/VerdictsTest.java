package io.resnet4j.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.lab.Findings.Claim;
import io.resnet4j.lab.Findings.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import org.junit.jupiter.api.Test;

/** What findings make of numbers that are made up. */
class VerdictsTest {
  private static Row row(Object... namesAndValues) {
    JsonNode tree = Json.MAPPER.valueToTree(Rows.row(namesAndValues));
    return Row.of(tree);
  }

  private static Findings findings(String name, List<Row> rows, String... changes) {
    return Experiments.named(name).findings(SmallRuns.settings(name, changes), rows);
  }

  private static Claim claim(Findings findings, String part) {
    return findings.claims().stream()
        .filter(claim -> claim.claim().contains(part))
        .findFirst()
        .orElseThrow(() -> new AssertionError(part + ": " + findings.claims()));
  }

  private static void is(Verdict verdict, Claim claim) {
    assertEquals(verdict, claim.verdict(), claim.claim() + ": " + claim.measured());
  }

  @Test
  void noDifferenceIsNoEvidence() {
    is(Verdict.NOT_MEASURED, Claim.between("", "", "", 0, 0));
    is(Verdict.NOT_MEASURED, Claim.between("", "", "", Double.NaN, 0));
    is(Verdict.NOT_MEASURED, Claim.between("", "", "", Double.POSITIVE_INFINITY, 0));
    is(Verdict.AGREES, Claim.between("", "", "", 1, 0));
    is(Verdict.DIFFERS, Claim.between("", "", "", -1, 0.5));
  }

  private static List<Row> descents(String network, int... steps) {
    List<Row> rows = new ArrayList<>();
    for (int seed = 0; seed < steps.length; seed++) {
      rows.add(
          row(
              "seed",
              seed,
              "network",
              network,
              "norm",
              "batch",
              "rate",
              "0.1",
              "part",
              "result",
              "reached",
              steps[seed] < 80,
              "steps",
              steps[seed],
              "least_loss",
              steps[seed] < 80 ? 1.7 : 2.5 - 0.01 * seed,
              "diverged",
              false));
    }
    return rows;
  }

  private static Claim faster(List<Row> residual, List<Row> plain) {
    List<Row> rows = new ArrayList<>(residual);
    rows.addAll(plain);
    return claim(findings("convergence", rows, "seeds=0,1,2"), "faster convergence");
  }

  @Test
  void stepsToALossAreJudgedOverSeeds() {
    is(Verdict.NOT_MEASURED, faster(descents("residual", 55), descents("plain", 72)));
    is(Verdict.NOT_MEASURED, faster(descents("residual", 50, 70), descents("plain", 60, 70)));
    List<Row> quick = descents("residual", 54, 55, 56);
    is(Verdict.AGREES, faster(quick, descents("plain", 71, 72, 73)));
    is(Verdict.DIFFERS, faster(descents("residual", 71, 72, 73), descents("plain", 54, 55, 56)));
    is(Verdict.NOT_MEASURED, faster(quick, descents("plain", 54, 55, 56)));
    Claim never = faster(quick, descents("plain", 80, 80, 80));
    is(Verdict.AGREES, never);
    assertTrue(never.measured().contains("55.0 ± "), never.measured());
    assertTrue(never.measured().contains("not within 80 steps"), never.measured());
    Claim some = faster(descents("residual", 54, 55, 80), descents("plain", 80, 80, 80));
    assertTrue(some.measured().contains("1 of 3 seeds never got there"), some.measured());
    // Neither gets there: the losses are compared, and are the same.
    is(
        Verdict.NOT_MEASURED,
        faster(descents("residual", 80, 80, 80), descents("plain", 80, 80, 80)));
  }

  @Test
  void driftsAreJudgedOverSeeds() {
    List<Row> rows = new ArrayList<>();
    for (int seed = 0; seed < 3; seed++) {
      for (String norm : Networks.NORMS) {
        boolean batch = norm.equals("batch");
        Object[] cell = {"seed", seed, "network", "plain", "norm", norm, "rate", "0.1"};
        for (int step = 1; step < 3; step++) {
          Object[] drift = {
            "part",
            "drift",
            "step",
            step,
            "shift",
            batch ? 0.1 + 0.01 * seed : 0.5,
            "cosine",
            0.9 + 0.01 * seed,
            "change",
            0.2
          };
          rows.add(row(joined(cell, drift)));
        }
        Object[] result = {
          "part", "result", "reached", false, "steps", 80, "least_loss", 2, "diverged", false
        };
        rows.add(row(joined(cell, result)));
      }
    }
    Findings all = findings("convergence", rows, "seeds=0,1,2");
    is(Verdict.AGREES, claim(all, "drift less"));
    is(Verdict.NOT_MEASURED, claim(all, "turns as much or more"));
    Findings one = findings("convergence", Row.where(rows, "seed", 0), "seeds=0");
    is(Verdict.NOT_MEASURED, claim(one, "drift less"));
  }

  private static Object[] joined(Object[] a, Object[] b) {
    Object[] all = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, all, a.length, b.length);
    return all;
  }

  @Test
  void oneTrainingDoesNotTellWhatSurvives() {
    List<Row> rows = new ArrayList<>();
    for (String network : List.of("resnet20", "plain20")) {
      rows.add(row("network", network, "part", "probe", "block", 1, "error", 0.5));
      rows.add(
          row(
              "network",
              network,
              "part",
              "similarity",
              "block",
              1,
              "other",
              1,
              "cka",
              network.equals("resnet20") ? 0.75 : 0.66));
    }
    is(Verdict.NOT_MEASURED, claim(findings("features", rows), "more of the first block"));
  }

  @Test
  void responsesAreJudgedOverSeeds() {
    List<Row> rows = new ArrayList<>();
    for (int seed = 0; seed < 3; seed++) {
      for (String network : List.of("plain", "residual")) {
        for (int layer = 1; layer < 3; layer++) {
          double response = (network.equals("plain") ? 1 : 0.6) + 0.01 * seed + 0.1 * layer;
          rows.add(
              row(
                  "seed",
                  seed,
                  "depth",
                  20,
                  "network",
                  network,
                  "layer",
                  layer,
                  "response",
                  response));
        }
      }
    }
    is(Verdict.AGREES, claim(findings("responses", rows), "respond less than plain"));
    Findings one = findings("responses", Row.where(rows, "seed", 0));
    is(Verdict.NOT_MEASURED, claim(one, "respond less than plain"));
    Chart.Series plain = findings("responses", rows).charts().get(0).series().get(0);
    assertEquals(List.of(1.0, 2.0), plain.x());
    assertEquals(1.11, plain.y().get(0), 1e-9);
  }

  private static List<Row> errors(String network, double shallow, double... deep) {
    List<Row> rows = new ArrayList<>();
    for (int seed = 0; seed < deep.length; seed++) {
      for (int depth : List.of(20, 56)) {
        double error = depth == 20 ? shallow : deep[seed];
        rows.add(
            row(
                "seed",
                seed,
                "depth",
                depth,
                "network",
                network,
                "final",
                true,
                "step",
                1,
                "train_error",
                error,
                "test_error",
                error));
      }
    }
    return rows;
  }

  @Test
  void degradationIsShownWithItsInterval() {
    Claim clear = findings("degradation", errors("plain", 0.5, 0.70, 0.71, 0.72)).claims().get(0);
    is(Verdict.AGREES, clear);
    assertTrue(
        clear.measured().contains("+21.00 points ± 2.48 (95 % over 3 seeds"), clear.measured());
    // Seeds that lie far apart for both depths do not blur what depth does for each of them.
    List<Row> far = new ArrayList<>();
    for (int seed = 0; seed < 3; seed++) {
      for (Row row : errors("plain", 0.3 + 0.2 * seed, 0.4 + 0.2 * seed)) {
        far.add(
            row(
                "seed",
                seed,
                "depth",
                row.integer("depth"),
                "network",
                "plain",
                "final",
                true,
                "train_error",
                row.number("train_error"),
                "test_error",
                row.number("test_error")));
      }
    }
    is(Verdict.AGREES, findings("degradation", far).claims().get(0));
    List<Row> scattered = errors("plain", 0.5, 0.45, 0.55, 0.65);
    is(Verdict.NOT_MEASURED, findings("degradation", scattered).claims().get(0));
    List<Row> one = errors("residual", 0.5, 0.4);
    is(Verdict.NOT_MEASURED, findings("degradation", one).claims().get(0));
    List<Row> better = errors("residual", 0.5, 0.40, 0.41, 0.42);
    is(Verdict.AGREES, findings("degradation", better).claims().get(0));
  }

  private static List<Row> fits(String network, int... steps) {
    List<Row> rows = new ArrayList<>();
    for (int seed = 0; seed < steps.length; seed++) {
      rows.add(
          row(
              "part",
              "fit",
              "layers",
              8,
              "network",
              network,
              "seed",
              seed,
              "steps",
              steps[seed],
              "reached",
              steps[seed] < 1000));
    }
    return rows;
  }

  private static Claim easier(List<Row> residual, List<Row> plain) {
    List<Row> rows = new ArrayList<>(plain);
    rows.addAll(residual);
    return claim(findings("identity", rows), "it is easier");
  }

  @Test
  void whoNeverGetsThereIsNotSlower() {
    List<Row> never = fits("plain", 1000, 1000, 1000);
    is(Verdict.NOT_MEASURED, easier(fits("residual", 1000, 1000, 1000), never));
    is(Verdict.NOT_MEASURED, easier(fits("residual", 1000, 1000, 600), never));
    is(Verdict.AGREES, easier(fits("residual", 20, 25, 30), never));
    is(Verdict.NOT_MEASURED, easier(fits("residual", 20), fits("plain", 1000)));
  }

  private static Row arm(int seed, String model, String loss, double error) {
    return row(
        "seed",
        seed,
        "arm",
        model + " " + loss,
        "model",
        model,
        "head",
        "pool",
        "optimiser",
        "sgd:0.2",
        "loss",
        loss,
        "schedule",
        "cosine",
        "final",
        true,
        "step",
        1,
        "train_error",
        error,
        "test_error",
        error);
  }

  /** Pairs of one seed are no independent measurements. */
  @Test
  void effectsAreJudgedOverSeeds() {
    List<Row> rows = new ArrayList<>();
    for (String model : List.of("resnet20", "resnet32", "resnet56")) {
      rows.add(arm(0, model, "smoothed", 0.50));
      rows.add(arm(0, model, "cross_entropy", 0.52));
    }
    Claim one = claim(findings("compare", rows), "label smoothing");
    is(Verdict.NOT_MEASURED, one);
    assertTrue(one.measured().contains("(one seed; "), one.measured());
    for (int seed = 1; seed < 3; seed++) {
      for (String model : List.of("resnet20", "resnet32", "resnet56")) {
        rows.add(arm(seed, model, "smoothed", 0.50));
        rows.add(arm(seed, model, "cross_entropy", 0.52 + 0.001 * seed));
      }
    }
    Claim three = claim(findings("compare", rows), "label smoothing");
    is(Verdict.AGREES, three);
    assertTrue(three.measured().contains("± 0.25 (95 % over 3 seeds"), three.measured());
    assertTrue(three.measured().contains("alike in all else: 9)"), three.measured());
  }

  @Test
  void networksAreComparedWithTheirTwinsAlone() {
    List<Row> rows = new ArrayList<>();
    for (int seed = 0; seed < 2; seed++) {
      rows.add(arm(seed, "resnet20", "smoothed", 0.5));
      rows.add(arm(seed, "resnet56", "smoothed", 0.4));
      rows.add(arm(seed, "plain56", "smoothed", 0.6));
    }
    List<Claim> claims = findings("compare", rows).claims();
    assertEquals(1, claims.size(), claims::toString);
    assertTrue(claims.get(0).measured().startsWith("resnet56 ends 20.00 points below plain56"));
  }

  private static List<Row> surface(String network, int points, DoubleBinaryOperator loss) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < points; i++) {
      for (int j = 0; j < points; j++) {
        double beta = 2.0 * i / (points - 1) - 1;
        double alpha = 2.0 * j / (points - 1) - 1;
        rows.add(
            row(
                "network",
                network,
                "part",
                "surface",
                "beta",
                beta,
                "alpha",
                alpha,
                "loss",
                loss.applyAsDouble(alpha, beta)));
      }
    }
    return rows;
  }

  private static Findings surfaces(DoubleBinaryOperator with, DoubleBinaryOperator without) {
    List<Row> rows = new ArrayList<>(surface("resnet56", 11, with));
    rows.addAll(surface("plain56", 11, without));
    return findings("landscape", rows);
  }

  private static double bowl(double a, double b) {
    return 1 + a * a + b * b;
  }

  /** Raised at every other point of each row from the centre upwards. */
  private static double bumpy(double a, double b) {
    return bowl(a, b) + (b > -0.01 && Math.round(5 * a) % 2 == 0 ? 1 : 0);
  }

  @Test
  void aSurfaceThatBlewUpIsNotConvex() {
    Claim whole = claim(surfaces(VerdictsTest::bowl, VerdictsTest::bowl), "is convex");
    is(Verdict.AGREES, whole);
    assertTrue(whole.measured().contains("of 25 points"), whole.measured());
    for (double broken : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      Findings half = surfaces((a, b) -> a > 0.1 ? broken : bowl(a, b), VerdictsTest::bowl);
      Claim convex = claim(half, "is convex");
      is(Verdict.NOT_MEASURED, convex);
      assertTrue(convex.measured().contains("15 more"), convex.measured());
      is(Verdict.NOT_MEASURED, claim(half, "rises more sharply"));
    }
    // One of 25 points cannot make a tenth; what lies further out is not looked at.
    is(
        Verdict.AGREES,
        claim(
            surfaces((a, b) -> a > 0.9 ? Double.NaN : bowl(a, b), VerdictsTest::bowl),
            "is convex"));
  }

  @Test
  void chaosIsMoreThanAPoint() {
    DoubleBinaryOperator point = (a, b) -> bowl(a, b) + (Math.hypot(a, b) < 0.01 ? 1 : 0);
    is(Verdict.DIFFERS, claim(surfaces(VerdictsTest::bowl, point), "chaotic"));
    is(Verdict.AGREES, claim(surfaces(VerdictsTest::bowl, VerdictsTest::bumpy), "chaotic"));
    is(Verdict.DIFFERS, claim(surfaces(VerdictsTest::bumpy, VerdictsTest::bumpy), "chaotic"));
  }

  /** With eleven points none lies half-way out; 0.4 is the last within. */
  @Test
  void innerPointsLieAtMostHalfWayOut() {
    DoubleBinaryOperator rough = (a, b) -> Math.abs(a) > 0.5 || Math.abs(b) > 0.5 ? 50 : bowl(a, b);
    Claim rises = claim(surfaces(VerdictsTest::bowl, rough), "rises more sharply");
    assertTrue(rises.measured().contains("0.4 of the way out 1.22 (plain56)"), rises.measured());
    is(Verdict.DIFFERS, rises);
  }

  @Test
  void theWayIsClaimedToLieWhereItIsTested() {
    List<Row> rows = new ArrayList<>();
    for (int step = 0; step < 5; step++) {
      rows.add(
          row(
              "network",
              "plain20",
              "part",
              "trajectory",
              "step",
              step,
              "first",
              step,
              "second",
              0,
              "first_share",
              0.99,
              "second_share",
              0.01,
              "random_share",
              0.001));
    }
    Claim way = claim(findings("landscape", rows), "two directions");
    is(Verdict.AGREES, way);
    assertTrue(way.claim().contains("(there: 40 to 90 %; here: at least 40 %)"), way.claim());
    // Three points lie in a plane, whatever they are.
    List<Claim> three = findings("landscape", rows.subList(0, 3)).claims();
    assertTrue(three.isEmpty(), three::toString);
  }

  @Test
  void theMedianOfAnEvenNumberIsTheMeanOfTheMiddleTwo() {
    List<Row> rows = new ArrayList<>();
    double[] errors = {0.2, 0.21, 0.22, 0.26, 0.9};
    for (int i = 0; i < errors.length; i++) {
      rows.add(
          row(
              "network",
              "resnet20",
              "lesion",
              "single",
              "count",
              Math.min(i, 1),
              "kendall",
              1,
              "error",
              errors[i],
              "chance",
              0.9));
    }
    Claim single = findings("lesion", rows).claims().get(0);
    assertTrue(single.measured().contains("4.00 points more at the median"), single.measured());
  }

  private static List<Row> correlations(String network, double one, double error) {
    List<Row> rows = new ArrayList<>();
    for (int lag : List.of(1, 5)) {
      rows.add(
          row(
              "network",
              network,
              "depth",
              50,
              "lag",
              lag,
              "autocorrelation",
              lag == 1 ? one : 0,
              "standard_error",
              error));
    }
    return rows;
  }

  private static Findings shattered(double residual, double error, String... changes) {
    List<Row> rows = new ArrayList<>(correlations("plain-bn", 0, 0.01));
    rows.addAll(correlations("residual", residual, error));
    return findings("shattered", rows, changes);
  }

  @Test
  void correlationsAreJudgedByTheirErrors() {
    String claim = "still correlated";
    is(Verdict.AGREES, claim(shattered(0.15, 0.03), claim));
    is(Verdict.NOT_MEASURED, claim(shattered(0.3, 0.2), claim));
    is(Verdict.DIFFERS, claim(shattered(-0.3, 0.03), claim));
    // Two seeds have an interval of 12.7 standard errors.
    is(Verdict.NOT_MEASURED, claim(shattered(0.15, 0.03, "seeds=2"), claim));
    is(
        Verdict.NOT_MEASURED,
        claim(findings("shattered", correlations("residual", 0.5, 0.03)), claim));
  }

  /** In whatever order the depths were given. */
  @Test
  void theDeepestNetworkIsJudged() {
    List<Row> rows = new ArrayList<>(correlations("plain-bn", 0, 0.01));
    rows.add(
        row(
            "network",
            "plain-bn",
            "depth",
            2,
            "lag",
            1,
            "autocorrelation",
            0.95,
            "standard_error",
            0.01));
    is(Verdict.AGREES, claim(findings("shattered", rows), "white noise"));
  }

  @Test
  void otherSettingsAreNotHeldAgainstTheFiguresOfTheseOnes() {
    is(Verdict.AGREES, claim(shattered(0.37, 0.03), "autocorrelations"));
    is(Verdict.DIFFERS, claim(shattered(0.7, 0.03), "autocorrelations"));
    for (String other : List.of("width=100", "points=128")) {
      is(Verdict.NOT_MEASURED, claim(shattered(0.7, 0.03, other), "autocorrelations"));
    }
  }

  private static List<Row> norms(int blocks, double... norms) {
    List<Row> rows = new ArrayList<>();
    for (int length = 0; length < norms.length; length++) {
      for (int draw = 0; draw < 3; draw++) {
        rows.add(row("blocks", blocks, "length", length, "draw", draw, "norm", norms[length]));
      }
    }
    return rows;
  }

  @Test
  void whatFallsExponentiallyFallsOnALine() {
    String claim = "falls exponentially";
    is(Verdict.AGREES, claim(findings("paths", norms(4, 1, 0.1, 0.01, 0.0012, 0.0001)), claim));
    is(Verdict.DIFFERS, claim(findings("paths", norms(4, 1, 1e-3, 1, 1e-6, 1e-2)), claim));
    is(Verdict.DIFFERS, claim(findings("paths", norms(4, 1, 10, 100, 1000, 10000)), claim));
    // Two points always lie on a line.
    is(Verdict.NOT_MEASURED, claim(findings("paths", norms(4, 1, 0.1)), claim));
    Claim few = claim(findings("paths", norms(4, 1, 0.1, 0.01, 0.001, 0.0001)), "short paths");
    assertTrue(few.claim().contains("here: 95 % of it"), few.claim());
  }

  @Test
  void branchesAreClaimedToAddWhatIsTested() {
    List<Row> rows =
        List.of(
            row(
                "part",
                "branches",
                "depth",
                32,
                "last_scale",
                "one",
                "decay",
                "0",
                "block",
                1,
                "ratio",
                0.9));
    Claim branches = findings("identity", rows).claims().get(0);
    is(Verdict.AGREES, branches);
    assertTrue(!branches.claim().contains("zero"), branches.claim());
  }

  private static List<Row> gradients(
      int depth, String network, String initialiser, String precision, double gap) {
    List<Row> rows = new ArrayList<>();
    for (int block = 1; block < 4; block++) {
      rows.add(
          row(
              "depth",
              depth,
              "network",
              network,
              "activation",
              "relu",
              "norm",
              "none",
              "initialiser",
              initialiser,
              "precision",
              precision,
              "step",
              0,
              "block",
              block,
              "gradient",
              Math.pow(10, -depth * (4.0 - block)),
              "shortcut_share",
              block == 1 ? Double.NaN : 0.5,
              "gap",
              block == 1 ? gap : 0));
    }
    return rows;
  }

  @Test
  void theRatiosOfEveryCombinationAreShown() {
    List<Row> rows = new ArrayList<>();
    for (int depth : List.of(8, 14)) {
      for (String initialiser : List.of("he", "xavier")) {
        for (String precision : List.of("f64", "f32")) {
          rows.addAll(gradients(depth, "residual", initialiser, precision, 0));
        }
      }
    }
    Chart ratios =
        findings("gradients", rows).charts().stream()
            .filter(chart -> chart.title().contains("by depth"))
            .findFirst()
            .orElseThrow();
    assertEquals(4, ratios.series().size());
    assertEquals("residual, xavier, f32", ratios.series().get(3).name());
    assertEquals(List.of(8.0, 14.0), ratios.series().get(3).x());
    assertEquals(-28, ratios.series().get(3).y().get(1), 1e-9);
  }

  @Test
  void aGradientThatIsNotFiniteIsNoSumOfItsParts() {
    String claim = "at every block input";
    is(
        Verdict.AGREES,
        claim(findings("gradients", gradients(8, "residual", "he", "f64", 0)), claim));
    Claim broken =
        claim(findings("gradients", gradients(8, "residual", "he", "f64", Double.NaN)), claim);
    is(Verdict.DIFFERS, broken);
    assertTrue(broken.measured().contains("1 of 3"), broken.measured());
    // The blocks of a plain network have no parts.
    List<Row> both = new ArrayList<>(gradients(8, "residual", "he", "f64", 0));
    both.addAll(gradients(8, "plain", "he", "f64", Double.NaN));
    is(Verdict.AGREES, claim(findings("gradients", both), claim));
  }

  @Test
  void aShareThatIsNotANumberIsShownAsThat() {
    Chart shares =
        findings("gradients", gradients(8, "residual", "he", "f64", 0)).charts().stream()
            .filter(chart -> chart.title().startsWith("Share"))
            .findFirst()
            .orElseThrow();
    assertEquals(List.of(Double.NaN, 0.5, 0.5), shares.series().get(0).y());
  }
}
