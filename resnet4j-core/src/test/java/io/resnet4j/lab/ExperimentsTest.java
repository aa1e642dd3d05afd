package io.resnet4j.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backends;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.Synthetic;
import io.resnet4j.lab.Findings.Verdict;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Tensor;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each experiment in its smallest setting. */
class ExperimentsTest {
  private static final DataSplits DATA = Synthetic.draw(128, 32, 0);

  @TempDir Path folder;

  private LabRun.Outcome run(String name, String... changes) {
    return SmallRuns.run(DATA, folder, name, changes);
  }

  private static void agree(LabRun.Outcome outcome) {
    for (Findings.Claim claim : outcome.findings().claims()) {
      assertEquals(Verdict.AGREES, claim.verdict(), claim.claim() + ": " + claim.measured());
    }
  }

  @Test
  void unnormalisedStacksDoubleTheirVarianceAndAreTamed() {
    agree(run("explosion", "depths=20", "pictures=4", "designs=none,zero"));
  }

  @Test
  void plainGradientsShatter() {
    LabRun.Outcome outcome = run("shattered", "networks=plain-bn,residual", "depths=10", "seeds=6");
    Findings.Claim table = outcome.findings().claims().get(2);
    assertEquals(Verdict.AGREES, table.verdict(), table.measured());
    assertEquals(2 * 16, outcome.rows().size());
  }

  @Test
  void theDerivativeOfARandomFunctionIsItsSlope() {
    // Without a normalisation, whose constants finite differences would see move.
    RandomFunction f = new RandomFunction("plain", 3, 20, 4001, KeyedRandom.of(1, "test"));
    double[] slope = f.derivative();
    double[] value = f.values();
    int near = 0;
    for (int i = 1; i < value.length - 1; i++) {
      double measured = (value[i + 1] - value[i - 1]) / (2 * 4.0 / 4000);
      near += Math.abs(measured - slope[i]) < 1e-6 * (1 + Math.abs(slope[i])) ? 1 : 0;
    }
    // All but the grid points beside a kink.
    assertTrue(near > 3800, "near " + near);
  }

  @Test
  void theIdentityIsEasierWithShortcuts() {
    LabRun.Outcome outcome = run("identity", "layers=4", "limit=300", "seeds=3", "steps=0");
    agree(outcome);
    assertEquals(6, outcome.rows().size());
  }

  @Test
  void branchesOfRedundantBlocksAreMeasured() {
    LabRun.Outcome outcome =
        run("identity", "layers=2", "limit=5", "seeds=1", "steps=2", "depth=8", "decays=0");
    assertEquals(2 + 2 * 3, outcome.rows().size());
    List<Row> zero = Row.where(outcome.rows(), "last_scale", "zero");
    List<Row> one = Row.where(outcome.rows(), "last_scale", "one");
    assertTrue(zero.get(0).number("ratio") < one.get(0).number("ratio"));
  }

  @Test
  void depthCostsTimeAndMemory() {
    LabRun.Outcome outcome = run("depth", "depths=8,14", "batch=4", "timed=1", "trained=none");
    List<Row> rows = outcome.rows();
    assertEquals(4, rows.size());
    assertTrue(rows.get(2).number("activation_mib") > rows.get(0).number("activation_mib"));
    assertTrue(rows.get(1).number("activation_mib") < rows.get(0).number("activation_mib"));
  }

  @Test
  void depthsAreTrainedAtTheSameBudget() {
    LabRun.Outcome outcome =
        run(
            "depth",
            "depths=8",
            "memories=keep",
            "batch=4",
            "timed=1",
            "trained=8,14",
            "pictures=64",
            "steps=2",
            "side=8");
    List<Row> last = Row.where(outcome.rows(), "part", "error", "final", true);
    assertEquals(2, last.size());
    assertTrue(last.get(1).number("test_error") <= 1);
    List<Chart> charts = outcome.findings().charts();
    assertEquals(List.of("8", "14"), charts.get(2).labels());
    assertEquals(2, charts.get(2).series().size());
  }

  /** What the paper found after 64,000 steps is not judged by fewer, nor by one seed. */
  @Test
  void theErrorsOfDepthsAreJudgedAtThePapersBudget() {
    List<Row> rows = new ArrayList<>();
    for (int depth : List.of(20, 56, 1202)) {
      for (int seed = 0; seed < 2; seed++) {
        double error = (depth == 20 ? 0.09 : 0.07) + 0.0001 * seed;
        rows.add(
            Row.of(
                Json.tree(
                    Rows.row(
                        "part",
                        "error",
                        "depth",
                        depth,
                        "seed",
                        seed,
                        "final",
                        true,
                        "step",
                        1,
                        "train_error",
                        0,
                        "test_error",
                        error))));
      }
    }
    Experiment depth = Experiments.named("depth");
    Settings settings = depth.settings(true);
    List<Findings.Claim> claims = depth.findings(settings, rows).claims();
    assertEquals(2, claims.size());
    assertEquals(Verdict.AGREES, claims.get(0).verdict(), claims.get(0).measured());
    assertTrue(claims.get(0).claim().contains("6.97 % against 8.75 %"), claims.get(0).claim());
    assertEquals(Verdict.NOT_MEASURED, claims.get(1).verdict(), claims.get(1).measured());
    List<Findings.Claim> early = depth.findings(settings.set("steps=200"), rows).claims();
    assertTrue(early.stream().allMatch(claim -> claim.verdict() == Verdict.NOT_MEASURED));
    assertTrue(early.get(0).measured().contains("after 200 steps"), early.get(0).measured());
  }

  @Test
  void responsesOfTrainedNetworks() {
    LabRun.Outcome outcome = run("responses", "depths=8", "steps=2", "pictures=4");
    assertEquals(2 * 7, outcome.rows().size());
    assertEquals(1, outcome.findings().claims().size());
  }

  /** In full that of the paper, whose pictures less their mean are looked at, too. */
  @Test
  void networksAreTrainedByTheRecipeOfTheSettings() {
    DataSplits small = DATA.framed(8, 8, 8);
    for (String name : List.of("responses", "lesion", "identity", "degradation", "features")) {
      assertEquals(
          "cifar10-he2015", Experiments.named(name).settings(true).values().get("recipe"), name);
    }
    List<Row> rows =
        SmallRuns.run(
                small,
                folder,
                "responses",
                "depths=8",
                "networks=residual",
                "steps=1",
                "pictures=4",
                "recipe=cifar10-he2015")
            .rows();
    Model trained = Model.load(folder.resolve("runs/residual8-seed0/last.safetensors"));
    Reading seen =
        Look.at(
            trained,
            Precision.F32,
            Pictures.of(small.train(), 4, Normalisation.perPixel(small.train())),
            EnumSet.of(Probe.SIGNALS),
            1);
    assertEquals(seen.layers().get(0).response(), rows.get(0).number("response"), 1e-6);
    assertTrue(trained.metadata().toString().contains("cifar10-he2015"));
  }

  @Test
  void operationsAndPathsTrainByTheRecipeOfTheSettings() {
    DataSplits small = DATA.framed(8, 8, 8);
    trainedBy(small, "lesion", "resnet20", "networks=resnet20", "pictures=4", "draws=1");
    trainedBy(
        small, "paths", "preresnet20", "network=preresnet20", "pictures=4", "draws=1", "stride=9");
    trainedBy(
        small,
        "identity",
        "residual8-zero-decay0",
        "layers=2",
        "limit=2",
        "seeds=1",
        "depth=8",
        "decays=0");
  }

  private void trainedBy(DataSplits data, String name, String run, String... more) {
    Path own = folder.resolve(name);
    String[] settings = Arrays.copyOf(more, more.length + 2);
    settings[more.length] = "steps=1";
    settings[more.length + 1] = "recipe=cifar10-he2016";
    SmallRuns.run(data, own, name, settings);
    Model trained = Model.load(own.resolve("runs").resolve(run).resolve("last.safetensors"));
    assertTrue(trained.metadata().toString().contains("cifar10-he2016"), name);
  }

  /** At the start as without training; the last step is where the training ends. */
  @Test
  void gradientsAreReadAlongTraining() {
    DataSplits small = DATA.framed(8, 8, 8);
    String[] few = {"depths=8", "networks=plain", "activations=relu", "norms=batch", "pictures=4"};
    Path still = folder.resolve("still");
    Path moving = folder.resolve("moving");
    List<Row> start = SmallRuns.run(small, still, "gradients", few).rows();
    String[] more = Arrays.copyOf(few, few.length + 1);
    more[few.length] = "steps=0,2,3";
    LabRun.Outcome outcome = SmallRuns.run(small, moving, "gradients", more);
    List<Row> rows = outcome.rows();
    assertEquals(start, Row.where(rows, "step", 0));
    Model last = Model.load(moving.resolve("runs/plain8-relu-batch-he/last.safetensors"));
    Reading end =
        Look.at(
            last,
            Precision.F32,
            Pictures.of(small.train(), 4, Normalisation.perChannel(small.train())),
            EnumSet.of(Probe.GRADIENTS),
            1);
    List<Row> read = Row.where(rows, "step", 3, "precision", "f32");
    assertEquals(3, read.size());
    assertEquals(end.loss(), read.get(0).number("loss"), 1e-6);
    assertEquals(
        end.loss(), Row.where(rows, "step", 3, "precision", "f64").get(0).number("loss"), 1e-4);
    assertNotEquals(end.loss(), Row.where(rows, "step", 2).get(0).number("loss"), 1e-4);
    Chart along =
        outcome.findings().charts().stream()
            .filter(chart -> chart.title().contains("along training"))
            .findAny()
            .orElseThrow();
    assertEquals(List.of(0.0, 2.0, 3.0), along.series().get(0).x());
  }

  @Test
  void degradationTrainsEverySeed() {
    LabRun.Outcome outcome = run("degradation", "depths=8,14", "seeds=0", "pictures=64", "steps=2");
    assertEquals(4, Row.where(outcome.rows(), "final", true).size());
    assertEquals(2, outcome.findings().claims().size());
    assertTrue(outcome.rows().stream().allMatch(row -> row.number("train_error") <= 1));
  }

  /** Of 2 steps an epoch; a mean of one of them is that of half of the pictures. */
  @Test
  void aShortLastEpochCountsWithTheOneBefore() {
    LabRun.Outcome outcome =
        SmallRuns.run(
            DATA,
            folder.resolve("short"),
            "degradation",
            "depths=8,14",
            "seeds=0",
            "pictures=64",
            "batch=32",
            "steps=3");
    Row last = Row.where(outcome.rows(), "final", true, "network", "plain", "depth", 8).get(0);
    List<JsonNode> epochs = Json.lines(folder.resolve("short/runs/plain8-seed0/metrics.jsonl"));
    assertEquals(List.of(2, 3), epochs.stream().map(e -> e.path("step").asInt()).toList());
    double first = 1 - epochs.get(0).path("train_acc").asDouble();
    double second = 1 - epochs.get(1).path("train_acc").asDouble();
    assertEquals((2 * first + second) / 3, last.number("train_error"), 1e-12);
  }

  @Test
  void whatTestPicturesAreNeededForIsRefusedWithoutThem() {
    DataSplits untested =
        new DataSplits(DATA.train(), Optional.empty(), Optional.empty(), "untested", List.of());
    for (String name : List.of("orderings", "shortcuts", "blocks", "compare", "lesion")) {
      Path out = folder.resolve("untested-" + name);
      InvalidInputException e =
          assertThrows(
              InvalidInputException.class,
              () -> SmallRuns.run(untested, out, name, "steps=1"),
              name);
      assertTrue(e.getMessage().contains("untested"), e.getMessage());
      assertFalse(Files.exists(out.resolve("experiment.json")), name);
    }
  }

  @Test
  void lesionsOfTwoNetworks() {
    LabRun.Outcome outcome =
        run("lesion", "networks=resnet20,plain20", "steps=2", "pictures=20", "draws=1");
    assertEquals(
        9, Row.where(outcome.rows(), "network", "resnet20", "lesion", "single", "count", 1).size());
    assertEquals(
        6, Row.where(outcome.rows(), "network", "plain20", "lesion", "single", "count", 1).size());
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class, () -> run("lesion", "networks=vgg16_bn", "steps=1"));
    assertTrue(e.getMessage().contains("no blocks"), e.getMessage());
  }

  private static List<Row> lesions(String lesion, String network, double[]... countTauError) {
    List<Row> rows = new ArrayList<>();
    for (double[] each : countTauError) {
      Map<String, Object> row =
          Rows.row(
              "network",
              network,
              "lesion",
              lesion,
              "count",
              (int) each[0],
              "kendall",
              each[1],
              "error",
              each[2]);
      row.put("chance", 0.9);
      rows.add(Row.of(Json.tree(row)));
    }
    return rows;
  }

  private static Verdict verdict(List<Row> rows) {
    Experiment lesion = Experiments.named("lesion");
    List<Findings.Claim> claims = lesion.findings(lesion.settings(false), rows).claims();
    assertEquals(1, claims.size());
    return claims.get(0).verdict();
  }

  @Test
  void aPlainNetworkIsHeldAgainstChance() {
    double[] whole = {0, 1, 0.5};
    double[] twenty = {1, 1, 0.75};
    double[] chance = {1, 1, 0.89};
    assertEquals(Verdict.DIFFERS, verdict(lesions("single", "plain20", whole, twenty)));
    assertEquals(Verdict.AGREES, verdict(lesions("single", "plain20", whole, chance)));
    double[] untrained = {0, 1, 0.85};
    assertEquals(Verdict.NOT_MEASURED, verdict(lesions("single", "plain20", untrained, chance)));
  }

  @Test
  void anErrorThatRisesWithBlocksAndOrderIsSmooth() {
    double[] whole = {0, 1, 0.2};
    double[] one = {1, 0.9, 0.3};
    double[] two = {2, 0.8, 0.4};
    double[] three = {4, 0.7, 0.5};
    double[] lost = {1, 0.9, 0.48};
    for (String lesion : List.of("several", "shuffle")) {
      assertEquals(Verdict.AGREES, verdict(lesions(lesion, "resnet56", whole, one, two, three)));
    }
    assertEquals(
        Verdict.DIFFERS, verdict(lesions("several", "resnet56", whole, lost, three, two, three)));
    double[] better = {4, 0.7, 0.1};
    assertEquals(
        Verdict.DIFFERS, verdict(lesions("shuffle", "resnet56", whole, lost, two, better)));
    Experiment experiment = Experiments.named("lesion");
    List<Row> rows = lesions("shuffle", "resnet56", whole, one, two, three);
    List<Chart> charts = experiment.findings(experiment.settings(false), rows).charts();
    assertEquals(List.of(0.7, 0.8, 0.9, 1.0), charts.get(2).series().get(0).x());
  }

  /** Veit et al. 2016, section 4.3: lengths 5 to 17 of 54 blocks are 0.45 % of all paths. */
  @Test
  void fewPathsHaveTheLengthsOfThePaper() {
    assertEquals(0.0045, PathsFindings.paths(54, 5, 17), 0.00005);
    assertEquals(1, PathsFindings.paths(54, 0, 54), 1e-9);
  }

  /** Two blocks a stage, as in ResNet-18, one of which changes the shape. */
  @Test
  @Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void whereNoTwoBlocksCanChangePlacesNothingIsShuffled() {
    DataSplits small = DATA.framed(8, 8, 8);
    Path weights = saved(Models.resnet("resnet18").with(d -> d.widths(List.of(8, 8, 8, 8))), small);
    LabRun.Outcome outcome =
        SmallRuns.run(
            small,
            folder.resolve("lab"),
            "lesion",
            "networks=resnet18",
            "weights=" + weights,
            "pictures=8",
            "draws=1");
    List<Row> rows = outcome.rows();
    assertEquals(8, Row.where(rows, "lesion", "single", "count", 1).size());
    assertEquals(1, Row.where(rows, "lesion", "shuffle").size());
    String notes = String.join(" ", outcome.findings().notes());
    assertTrue(notes.contains("resnet18: nothing is shuffled"), notes);
  }

  private Path saved(ModelSpec spec, DataSplits data) {
    Path file = folder.resolve(spec.name() + ".safetensors");
    Networks.fitted(spec, data).initialise(1).save(file);
    return file;
  }

  private void refused(DataSplits data, String part, String name, String... changes) {
    Path lab = folder.resolve("refused");
    Settings settings = SmallRuns.settings(name, changes);
    String message =
        assertThrows(
                InvalidInputException.class,
                () -> new LabRun(Experiments.named(name), settings, data, 1, lab))
            .getMessage();
    assertTrue(message.startsWith(name + ": weights=") && message.contains(part), message);
    assertFalse(Files.exists(lab.resolve("experiment.json")), "a folder that nothing can be in");
  }

  @Test
  void weightsAreThoseOfTheNetworksThatTheyAreGivenFor() {
    DataSplits small = DATA.framed(8, 8, 8);
    Path residual = saved(Models.named("resnet20"), small);
    Path plain = saved(Models.named("plain20"), small);
    String holds = "holds 3 + 3 + 3 blocks, 9 of them with a shortcut, given for ";
    refused(small, holds + "preresnet110, which has 18 + 18", "paths", "weights=" + residual);
    String turned = "weights=" + plain + "," + residual;
    for (String name : List.of("lesion", "landscape", "features")) {
      refused(small, "given for resnet20", name, "networks=resnet20,plain20", turned);
    }
    refused(small, holds + "plain20", "responses", "depths=20", "weights=" + residual + ",here");
    refused(small, "expected for each", "features", "weights=" + residual);
    refused(
        small,
        "is for 10 classes of pictures of 3x32x32, the data have ",
        "paths",
        "network=resnet20",
        "weights=resnet4j:resnet20-cifar10");
  }

  @Test
  void trainedWeightsAreLookedAtWithoutTraining() {
    DataSplits small = DATA.framed(8, 8, 8);
    Path residual = saved(Models.named("resnet20"), small);
    Path plain = saved(Models.named("plain20"), small);
    Path features = folder.resolve("features");
    LabRun.Outcome outcome =
        SmallRuns.run(
            small,
            features,
            "features",
            "weights=" + residual + "," + plain,
            "probed=32",
            "alike=16");
    assertEquals(2 * (9 + 81), outcome.rows().size());
    assertFalse(Files.exists(features.resolve("runs")));
    assertTrue(outcome.findings().notes().contains("Weights: " + residual + "," + plain + "."));
    Path responses = folder.resolve("responses");
    outcome =
        SmallRuns.run(
            small, responses, "responses", "depths=20", "weights=" + plain + "," + residual);
    assertEquals(2 * 19, outcome.rows().size());
    assertFalse(Files.exists(responses.resolve("runs")));
    Path landscape = folder.resolve("landscape");
    outcome =
        SmallRuns.run(
            small,
            landscape,
            "landscape",
            "weights=" + residual + ",here",
            "pictures=64",
            "steps=3",
            "snapshots=3",
            "points=3",
            "shown=20");
    assertEquals(9, Row.where(outcome.rows(), "network", "resnet20").size());
    assertEquals(4 + 9 + 9, Row.where(outcome.rows(), "network", "plain20").size());
    assertFalse(Files.exists(landscape.resolve("runs/resnet20")));
    String notes = String.join(" ", outcome.findings().notes());
    assertTrue(notes.contains("; \"here\" is trained here for 3 steps; the paper's"), notes);
  }

  @Test
  void aNetworkThatNoBlockCanBeTakenOutOfIsRefused() {
    Model one = Models.resnet("plain20").withBlocks(List.of(1, 1, 1)).initialise(1);
    InvalidInputException e = assertThrows(InvalidInputException.class, () -> new Surgery(one));
    assertTrue(e.getMessage().contains("none of its 3 blocks can be taken out"), e.getMessage());
    assertTrue(
        assertThrows(InvalidInputException.class, () -> run("lesion", "networks=resnet20-fixup"))
            .getMessage()
            .contains("its blocks cannot be taken out"));
  }

  /** What an operation leaves is what the network computes without the block. */
  @Test
  void aPlainBlockTakenOutIsTheIdentity() {
    for (String name : List.of("plain20", "resnet20", "preresnet20")) {
      Model model = Models.named(name).initialise(5);
      Surgery surgery = new Surgery(model);
      List<String> all = surgery.removable().stream().filter(Surgery::keepsShape).toList();
      assertEquals(6, all.size());
      Model without = model.withState(surgery.without(all));
      // A network of one block a stage with the weights of the blocks that are left.
      Model small = Models.resnet(name).withBlocks(List.of(1, 1, 1)).initialise(5);
      Map<String, Tensor> left = new LinkedHashMap<>();
      small.state().keySet().forEach(path -> left.put(path, model.state().get(path)));
      float[] picture = new float[3 * 32 * 32];
      KeyedRandom random = KeyedRandom.of(2, "picture");
      IntStream.range(0, picture.length).forEach(i -> picture[i] = (float) random.nextNormal());
      float[] expected = logits(small.withState(left), picture);
      float[] actual = logits(without, picture);
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], actual[i], 1e-4 * (1 + Math.abs(expected[i])), name);
      }
    }
  }

  private static float[] logits(Model model, float[] picture) {
    try (var session = Backends.named("reference").open()) {
      var plan =
          session.prepare(Planner.plan(Program.inference(model.spec().graph(1), Precision.F32)));
      model.state().forEach((path, tensor) -> session.write("model", path, tensor));
      plan.feed("images", FloatBuffer.wrap(picture));
      plan.run(0, 0);
      return plan.fetch("logits").toFloats();
    }
  }

  /** The sum over all paths is the gradient that the engine computes in one go. */
  @Test
  void pathsAddUpToTheGradient() {
    for (String name : List.of("resnet20", "preresnet20", "resnet20-b")) {
      Model model = Models.named(name).withClasses(DATA.train().classes().size()).initialise(5);
      Pictures pictures = Pictures.of(DATA.train(), 4, Normalisation.perChannel(DATA.train()));
      try (PathsExperiment.Ways ways = new PathsExperiment.Ways(model, pictures)) {
        assertEquals(ways.whole(), ways.summed(), 1e-4 * ways.whole(), name);
        double shortcuts = ways.norm(0, KeyedRandom.of(1, "a"));
        assertEquals(shortcuts, ways.norm(0, KeyedRandom.of(2, "b")), name);
        assertTrue(shortcuts > 0);
      }
    }
  }

  @Test
  void pathsOfEveryLengthAreMeasured() {
    LabRun.Outcome outcome =
        run("paths", "network=preresnet20", "steps=2", "pictures=4", "draws=2", "stride=3");
    assertEquals(4 * 2, outcome.rows().size());
    assertTrue(
        assertThrows(InvalidInputException.class, () -> run("paths", "network=plain20"))
            .getMessage()
            .contains("no shortcut"));
  }

  @Test
  void blocksChangePlaces() {
    Model model = Models.named("resnet20").initialise(5);
    Surgery surgery = new Surgery(model);
    int[] order = {0, 2, 1, 3, 4, 5, 6, 7, 8};
    var state = surgery.reordered(order);
    assertEquals(
        model.state().get("layer1.2.conv1.weight").bytes(),
        state.get("layer1.1.conv1.weight").bytes());
    assertEquals(
        model.state().get("layer1.1.bn2.bias").bytes(), state.get("layer1.2.bn2.bias").bytes());
    assertEquals(1 - 2.0 / 36, Surgery.kendall(order), 1e-12);
    assertThrows(
        InvalidInputException.class,
        () -> new Surgery(Models.named("resnet20-fixup").initialise(1)));
  }
}
