package io.resnet4j.lab;

import static io.resnet4j.lab.SmallRuns.settings;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Synthetic;
import io.resnet4j.lab.Findings.Claim;
import io.resnet4j.lab.Findings.Verdict;
import io.resnet4j.model.Models;
import io.resnet4j.model.ResNetSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Experiments that train several arms at the same budget. */
class ComparisonsTest {
  private static final DataSplits DATA = Synthetic.draw(160, 16, 0).framed(8, 8, 8);

  @TempDir Path folder;

  private List<Row> rows(String name, String... changes) {
    return SmallRuns.run(DATA, folder, name, changes).rows();
  }

  private static Row row(Object... namesAndValues) {
    JsonNode tree = Json.MAPPER.valueToTree(Rows.row(namesAndValues));
    return Row.of(tree);
  }

  private static Row last(String what, String name, int seed, double error) {
    return row("seed", seed, what, name, "final", true, "test_error", error, "step", 1);
  }

  @Test
  void theOrderOfTheTableIsJudged() {
    Experiment shortcuts = Experiments.named("shortcuts");
    List<Row> rows = new ArrayList<>();
    for (int seed = 0; seed < 3; seed++) {
      rows.add(last("variant", "original", seed, 0.10 + 0.01 * seed));
      rows.add(last("variant", "shortcut-gate", seed, 0.30 + 0.01 * seed));
      rows.add(last("variant", "conv1x1", seed, 0.20 + 0.01 * seed));
      rows.add(last("variant", "dropout-shortcut", seed, 0.15 + 0.01 * seed));
    }
    List<Claim> claims = shortcuts.findings(settings("shortcuts"), rows).claims();
    // The gate is 0.3 points from the original: those two are no pair.
    assertEquals(3, claims.size());
    assertEquals(Verdict.DIFFERS, claims.get(0).verdict());
    assertTrue(claims.get(0).measured().startsWith("2 of 5 pairs"), claims.get(0).measured());
    assertTrue(claims.get(0).measured().contains("conv1x1 before dropout-shortcut"));
    assertEquals(Verdict.AGREES, claims.get(1).verdict());
    assertTrue(claims.get(1).claim().contains("12.22 %"), claims.get(1).claim());
    List<Row> single = rows.subList(0, 4);
    claims = shortcuts.findings(settings("shortcuts"), single).claims();
    assertEquals(Verdict.DIFFERS, claims.get(0).verdict());
    assertEquals(Verdict.NOT_MEASURED, claims.get(1).verdict());
  }

  @Test
  void variantsOfTheTablesAreTrained() {
    List<Row> rows =
        rows(
            "shortcuts", "depth=8", "variants=original,dropout-shortcut", "pictures=64", "steps=2");
    assertEquals(2, Row.where(rows, "final", true).size());
    Row gone = Row.where(rows, "final", true, "variant", "original").get(0);
    assertEquals(
        Models.resnet("resnet20").withBlocks(List.of(1, 1, 1)).counts().parameters(),
        gone.number("parameters"));
  }

  @Test
  void exclusiveGatesBeginAsTheyAreTold() {
    double shut = loss("bias=-6");
    Settings settings = settings("shortcuts", "bias=0.5");
    assertNotEquals(shut, loss("bias=0.5"));
    List<Row> rows = List.of(last("variant", "exclusive-gate", 0, 0.5));
    List<String> notes = Experiments.named("shortcuts").findings(settings, rows).notes();
    assertTrue(notes.stream().anyMatch(note -> note.contains("bias of 0.5")), notes::toString);
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> rows("shortcuts", "bias=wide"));
    assertTrue(e.getMessage().contains("bias=wide: expected a number"), e.getMessage());
  }

  private double loss(String bias) {
    List<Row> rows =
        SmallRuns.run(
                DATA,
                folder.resolve(bias),
                "shortcuts",
                "depth=8",
                "variants=exclusive-gate",
                "pictures=64",
                "steps=1",
                bias)
            .rows();
    return rows.get(0).number("train_loss");
  }

  @Test
  void tablesCanBeMeasuredOnSmallerPictures() {
    DataSplits large = Synthetic.draw(160, 16, 0);
    String[] small = {"depth=8", "variants=original", "pictures=64", "steps=1", "side=8"};
    List<Row> rows = SmallRuns.run(large, folder, "orderings", small).rows();
    double macs = Models.resnet("resnet20").withBlocks(List.of(1, 1, 1)).counts().macs();
    assertEquals(1.0 / 16, rows.get(rows.size() - 1).number("macs") / macs, 0.001);
  }

  @Test
  void everyVariantIsANetwork() {
    for (String name : List.of("shortcuts", "orderings")) {
      for (String full : List.of("depth=8", "depth=110")) {
        Experiment experiment = Experiments.named(name);
        for (Map<String, Object> cell : experiment.cells(settings(name, full))) {
          assertTrue(cell.containsKey("variant"));
        }
      }
    }
  }

  @Test
  void everyOrderIsTrainedAsBottlenecks() {
    String[] few = {"design=bottleneck", "depth=11", "pictures=64", "steps=1"};
    List<Row> last = Row.where(rows("orderings", few), "final", true);
    List<String> networks =
        List.of(
            "resnet164",
            "resnet164-bn-after-add",
            "resnet164-relu-before-add",
            "resnet164-relu-only-preact",
            "preresnet164");
    assertEquals(networks.size(), last.size());
    for (int i = 0; i < networks.size(); i++) {
      ResNetSpec spec = Models.resnet(networks.get(i)).withBlocks(List.of(1, 1, 1));
      assertEquals(spec.counts().parameters(), last.get(i).number("parameters"), networks.get(i));
    }
  }

  @Test
  void theOrderOfBottlenecksIsJudgedByTheirOwnColumn() {
    double[] papers = {5.93, 6.50, 6.14, 5.91, 5.46};
    List<Row> rows = new ArrayList<>();
    Settings settings = settings("orderings", "design=bottleneck");
    List<String> variants = settings.texts("variants");
    for (int i = 0; i < papers.length; i++) {
      rows.add(last("variant", variants.get(i), 0, papers[i] / 100));
    }
    Findings findings = Experiments.named("orderings").findings(settings, rows);
    // Six pairs differ by more than 0.4 points, two of them with the original.
    assertEquals(3, findings.claims().size());
    assertTrue(findings.claims().get(0).measured().startsWith("6 of 6 pairs"));
    assertTrue(findings.claims().get(1).claim().contains("6.50 %, the original 5.93 %"));
    assertTrue(findings.claims().get(0).source().endsWith("table 2, ResNet-164"));
    assertTrue(findings.notes().get(0).contains("164 layers"), findings.notes().get(0));
  }

  @ParameterizedTest
  @CsvSource({
    "false,design=basic,14,1",
    "false,design=bottleneck,20,0.4",
    "true,design=basic,110,1",
    "true,design=bottleneck,164,0.4",
    "true,depth=29 design=bottleneck,29,0.4",
    "true,design=bottleneck depth=29,29,0.4",
    "false,design=bottleneck design=basic,14,1",
  })
  void aDesignBringsItsDepth(boolean full, String changes, String depth, String margin) {
    Settings settings = Experiments.named("orderings").settings(full);
    for (String change : changes.split(" ")) {
      settings = settings.set(change);
    }
    assertEquals(depth, settings.text("depth"));
    assertEquals(margin, settings.text("margin"));
    assertEquals(full ? 25 : 5, Experiments.named("orderings").cells(settings).size());
  }

  @Test
  void bottlenecksHaveDepthsOfTheirOwn() {
    Settings settings = settings("orderings", "design=bottleneck", "depth=14");
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class, () -> Experiments.named("orderings").cells(settings));
    assertEquals(
        "depth 14: these networks have 9n + 2 layers; give 20, 29, 56, 110 or 164", e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"preresnet20", "seresnet20", "resnet20-1layer", "resnet20-gn", "wrn-16-2"})
  void networksAreMadeToCostTheSame(String name) {
    ResNetSpec like = Widths.shortened(Models.resnet("resnet20"), 3);
    ResNetSpec spec = Models.resnet(name);
    ResNetSpec small = name.startsWith("wrn") ? spec : Widths.shortened(spec, 3);
    double parameters =
        (double) Widths.matched(small, like, "parameters").counts().parameters()
            / like.counts().parameters();
    double macs =
        (double) Widths.matched(small, like, "multiplyadds").counts().macs() / like.counts().macs();
    // One channel more or less of 16 is an eighth of the cost, of groups of 8 it is much more.
    double within = name.endsWith("gn") ? 0.5 : 0.08;
    assertEquals(1, parameters, within);
    assertEquals(1, macs, within);
  }

  @Test
  void blocksAreComparedAtEqualCost() {
    List<Row> rows =
        rows("blocks", "networks=resnet20,resnet20-1layer", "seeds=0,1", "pictures=64", "steps=2");
    List<Row> last = Row.where(rows, "final", true);
    assertEquals(4, last.size());
    assertEquals(1, last.get(1).number("parameters") / last.get(0).number("parameters"), 0.1);
  }

  @Test
  void whatSeedsCannotTellIsLeftOpen() {
    Experiment blocks = Experiments.named("blocks");
    double[] plain = {0.50, 0.52};
    double[] residual = {0.49, 0.52};
    for (Verdict verdict : List.of(Verdict.NOT_MEASURED, Verdict.AGREES)) {
      List<Row> rows =
          List.of(
              last("network", "resnet20", 0, residual[0]),
              last("network", "resnet20", 1, residual[1]),
              last("network", "plain20", 0, plain[0]),
              last("network", "plain20", 1, plain[1]));
      assertEquals(verdict, blocks.findings(settings("blocks"), rows).claims().get(0).verdict());
      plain = new double[] {0.900, 0.901};
      residual = new double[] {0.500, 0.501};
    }
  }

  @Test
  void lossesAreComparedInPairs() {
    List<Row> rows =
        rows(
            "compare",
            "optimisers=adam",
            "losses=smoothed,cross_entropy",
            "schedules=cosine",
            "seeds=0",
            "pictures=64",
            "steps=1");
    assertEquals(2, Row.where(rows, "final", true).size());
    List<Claim> claims = Experiments.named("compare").findings(settings("compare"), rows).claims();
    assertEquals(1, claims.size());
    assertTrue(
        claims.get(0).measured().contains("(one seed; pairs that"), claims.get(0).measured());
    assertEquals(Verdict.NOT_MEASURED, claims.get(0).verdict(), claims.get(0).measured());
  }

  @Test
  void headsAreComparedInPairs() {
    List<Row> rows =
        rows(
            "compare",
            "heads=pool,flatten",
            "optimisers=sgd",
            "losses=cross_entropy",
            "schedules=cosine",
            "seeds=0,1",
            "pictures=64",
            "steps=1");
    List<Row> last = Row.where(rows, "final", true);
    assertEquals(4, last.size());
    // Of 8x8 pictures 2x2 positions are left: 3 more for each of 64 channels and each class.
    int classes = DATA.train().classes().size();
    assertEquals(
        3 * 64 * classes,
        Row.where(last, "head", "flatten").get(0).number("parameters")
            - Row.where(last, "head", "pool").get(0).number("parameters"));
    Findings findings = Experiments.named("compare").findings(settings("compare"), rows);
    List<Claim> claims = findings.claims();
    assertEquals(1, claims.size());
    assertTrue(claims.get(0).source().startsWith("Lin, Chen and Yan"), claims.get(0).source());
    assertTrue(claims.get(0).measured().startsWith("pool ends "), claims.get(0).measured());
    assertTrue(claims.get(0).measured().contains("below flatten"), claims.get(0).measured());
    assertTrue(claims.get(0).measured().contains("over 2 seeds"), claims.get(0).measured());
    assertTrue(findings.notes().stream().anyMatch(note -> note.contains("more weights")));
  }

  @Test
  void onlyResidualNetworksHaveAnotherHead() {
    Settings classic = settings("compare", "models=resnet20,vgg16_bn", "shrink=1");
    Experiment compare = Experiments.named("compare");
    assertTrue(compare.cells(classic).size() > 1);
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class, () -> compare.cells(classic.set("heads=pool,flatten")));
    assertEquals(
        "compare: heads=flatten: vgg16_bn is not a residual network, whose head can be exchanged;"
            + " give heads=pool, or residual networks only",
        e.getMessage());
  }

  @Test
  void withoutOtherHeadsEverySettingHasThePoolAlone() {
    for (boolean full : new boolean[] {false, true}) {
      Experiment compare = Experiments.named("compare");
      Settings usual = compare.settings(full);
      assertEquals("pool", usual.values().get("heads"));
      assertTrue(compare.cells(usual).stream().allMatch(cell -> cell.get("head").equals("pool")));
    }
  }

  @Test
  void theGapIsMeasuredOnPicturesThatWereNotTrainedOn() {
    List<Row> rows = rows("overfit", "against=none,dropout", "seeds=0", "pictures=64", "steps=2");
    List<Row> last = Row.where(rows, "final", true);
    assertEquals(2, last.size());
    for (Row row : last) {
      assertEquals(row.number("val_error") - row.number("learned_error"), row.number("gap"), 1e-12);
    }
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class,
            () -> new Bench(DATA, null, 0, folder, () -> false).limited("overfit", 999).held());
    assertTrue(e.getMessage().contains("none is left"), e.getMessage());
  }

  @Test
  void theSubsetAndWhatIsHeldOutShareNothing() {
    Bench limited = new Bench(DATA, null, 0, folder, () -> false).limited("overfit", 70);
    assertEquals(70, limited.data().train().size());
    assertEquals(70, limited.held().size());
    byte[] a = new byte[3 * 64];
    byte[] b = new byte[3 * 64];
    for (int i = 0; i < 70; i++) {
      limited.data().train().picture(i, a);
      for (int j = 0; j < 70; j++) {
        limited.held().picture(j, b);
        assertFalse(Arrays.equals(a, b));
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "shortcuts|variants=orginal|did you mean 'original'",
        "orderings|variants=conv1x1|one of original, bn-after-add",
        "orderings|depth=29|6n + 2",
        "orderings|design=botleneck|did you mean 'bottleneck'",
        "shortcuts|design=bottleneck|has no setting 'design'",
        "shortcuts|depth=21|6n + 2",
        "blocks|networks=resnet21|did you mean 'resnet20'",
        "blocks|networks=vgg16_bn|not a residual network",
        "blocks|shrink=2|does not divide",
        "blocks|equal=parameter|did you mean 'parameters'",
        "compare|optimisers=sdg:0.1|did you mean 'sgd'",
        "compare|optimisers=sgd:fast|a number",
        "compare|heads=flat|one of pool, flatten",
        "compare|losses=focl|did you mean 'focal'",
        "compare|schedules=cosin|did you mean 'cosine'",
        "overfit|against=l3|one of none, l1, l2",
        "overfit|dropout=2|below 1",
        "overfit|shrink=2|does not divide",
        "landscape|points=4|an odd number",
        "landscape|networks=vgg16_bn|no blocks",
        "features|networks=vgg16_bn|no blocks",
        "features|alike=1|at least 3",
        "convergence|rates=fast|a number above 0",
        "convergence|rates=0.1,0.1|each part once; 0.1 is there twice",
        "degradation|seeds=0,1,0|each part once; 0 is there twice",
        "landscape|networks=resnet20,resnet20|each part once",
        "lesion|networks=plain50|cannot be made to copy",
        "overfit|recipe=cifar|recipe",
        "identity|recipe=cifar|recipe",
        "identity|decays=0,abc|a number of at least 0",
        "convergence|depth=14,20|a whole number",
        "convergence|norms=bach|did you mean 'batch'"
      })
  void wrongSettingsAreNamed(String name, String change, String part) {
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class,
            () -> Experiments.named(name).cells(settings(name, change)));
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }
}
