package io.resnet4j.lab;

import io.resnet4j.lab.Findings.Claim;
import io.resnet4j.lab.Findings.Verdict;
import io.resnet4j.model.Model;
import io.resnet4j.model.ResNetSpec;
import io.resnet4j.nn.BranchScale;
import io.resnet4j.plan.Precision;
import io.resnet4j.random.KeyedRandom;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Whether doing nothing is easy to learn: He et al. 2015, section 3.1. */
final class IdentityExperiment implements Experiment {
  private static final String SOURCE = "He et al. 2015, section 3.1";
  private static final String FIT = "fit";
  private static final String BRANCHES = "branches";
  private static final double[] RATES = {0.03, 0.01, 0.003, 0.001, 0.0003};
  private static final int WIDTH = 16;
  private static final int BATCH = 64;
  private static final double BAR = 0.1;

  @Override
  public String name() {
    return "identity";
  }

  @Override
  public String question() {
    return "Is doing nothing easy to learn? Steps until a stack of layers computes H(x) = x, plain"
        + " and residual; and how close to nothing the branches of redundant blocks are after"
        + " training, with and without a last scale that starts at zero and weight decay.";
  }

  @Override
  public String source() {
    return "He et al. 2015, arXiv:1512.03385, section 3.1";
  }

  @Override
  public Settings settings(boolean full) {
    return Settings.of(
        name(),
        "layers",
        full ? "2,4,8,16,32" : "2,4,8",
        "limit",
        full ? "20000" : "1000",
        "seeds",
        full ? "10" : "3",
        "depth",
        full ? "110" : "32",
        "decays",
        "0,0.0005",
        "steps",
        full ? "64000" : "200",
        "recipe",
        Budget.recipe(full));
  }

  @Override
  public List<Map<String, Object>> cells(Settings settings) {
    settings.integer("limit", 1);
    settings.integer("seeds", 1);
    Budget.requireRecipe(settings);
    settings.reals("decays", 0);
    List<Map<String, Object>> cells =
        Cells.of("part", List.of(FIT))
            .by(
                "layers",
                settings.integers("layers", 2).stream()
                    .map(layers -> layers + layers % 2)
                    .distinct()
                    .toList())
            .by("network", List.of(Networks.PLAIN, Networks.RESIDUAL))
            .list();
    if (settings.integer("steps", 0) > 0) {
      cells.addAll(
          Cells.of("part", List.of(BRANCHES))
              .by("depth", Networks.depths(settings, "depth"))
              .by("decay", settings.names("decays"))
              .by("last_scale", List.of("one", "zero"))
              .in("part", "depth", "last_scale", "decay")
              .list());
    }
    return cells;
  }

  @Override
  public List<Map<String, Object>> measure(
      Map<String, Object> cell, Settings settings, Bench bench) {
    return cell.get("part").equals(FIT)
        ? fit(cell, settings, bench)
        : branches(cell, settings, bench);
  }

  private static List<Map<String, Object>> fit(
      Map<String, Object> cell, Settings settings, Bench bench) {
    int layers = (int) cell.get("layers");
    boolean residual = cell.get("network").equals(Networks.RESIDUAL);
    int limit = settings.integer("limit", 1);
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int seed = 0; seed < settings.integer("seeds", 1); seed++) {
      int least = limit;
      double best = RATES[0];
      for (double rate : RATES) {
        KeyedRandom random = KeyedRandom.of(bench.seed() + seed, "lab/identity/" + layers);
        int steps =
            new DenseStack(WIDTH, layers, residual, random.child(0))
                .stepsTo(BAR, least, rate, BATCH, random.child(1));
        if (steps < least) {
          least = steps;
          best = rate;
        }
      }
      rows.add(Rows.row("seed", seed, "steps", least, "reached", least < limit, "rate", best));
    }
    return rows;
  }

  private static List<Map<String, Object>> branches(
      Map<String, Object> cell, Settings settings, Bench bench) {
    String scale = (String) cell.get("last_scale");
    ResNetSpec spec =
        Networks.of(Networks.RESIDUAL, (int) cell.get("depth"), bench.data())
            .withBlock(b -> b.scale(scale.equals("zero") ? BranchScale.ZERO : BranchScale.ONE));
    ShortTraining training =
        Budget.onAll(settings, bench).with("weightDecay", (String) cell.get("decay"));
    Optional<Model> model =
        training.model(
            spec.name() + "-" + scale + "-decay" + cell.get("decay"), spec, bench.seed());
    if (model.isEmpty()) {
      return List.of();
    }
    Reading reading =
        Look.at(
            model.get(),
            Precision.F32,
            bench.seenBy(model.get()).pictures(64),
            EnumSet.of(Probe.SIGNALS),
            bench.seed());
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Reading.BlockReading block : reading.blocks()) {
      rows.add(Rows.row("block", rows.size() + 1, "ratio", block.ratio()));
    }
    return rows;
  }

  @Override
  public Findings findings(Settings settings, List<Row> rows) {
    List<Claim> claims = new ArrayList<>();
    List<Chart> charts = new ArrayList<>();
    List<Row> fits = Row.where(rows, "part", FIT);
    if (!fits.isEmpty()) {
      List<String> layers = Row.distinct(fits, "layers");
      layers.forEach(count -> fit(claims, Row.where(fits, "layers", count), count));
      List<Chart.Series> series = new ArrayList<>();
      for (String network : Row.distinct(fits, "network")) {
        List<Double> means = new ArrayList<>();
        for (String count : layers) {
          means.add(
              Stats.mean(
                  Row.column(Row.where(fits, "layers", count, "network", network), "steps")));
        }
        series.add(new Chart.Series(network, List.of(), means));
      }
      charts.add(Chart.bars("Steps until H(x) = x", "layers", "steps", layers, series));
    }
    branches(claims, charts, Row.where(rows, "part", BRANCHES));
    return new Findings(claims, charts, List.of());
  }

  private static void fit(List<Claim> claims, List<Row> rows, String layers) {
    List<Row> plain = Row.where(rows, "network", Networks.PLAIN);
    List<Row> residual = Row.where(rows, "network", Networks.RESIDUAL);
    if (!plain.isEmpty() && !residual.isEmpty()) {
      String claim =
          "it is easier to push a residual to zero than to fit the identity by a stack of"
              + " nonlinear layers";
      String measured =
          layers
              + " layers: "
              + steps(residual)
              + " with shortcuts, "
              + steps(plain)
              + " without (each at the best of "
              + RATES.length
              + " learning rates, to "
              + Numbers.percent(BAR)
              + " of the input's mean square)";
      claims.add(
          Row.where(rows, "reached", true).isEmpty()
              ? new Claim(SOURCE, claim, measured, Verdict.NOT_MEASURED)
              : Claim.below(
                  SOURCE,
                  claim,
                  measured,
                  Row.column(residual, "steps"),
                  Row.column(plain, "steps")));
    }
  }

  private static String steps(List<Row> rows) {
    long reached = rows.stream().filter(row -> row.is("reached", true)).count();
    return String.format(
        Locale.ROOT,
        "%.0f steps%s",
        Stats.mean(Row.column(rows, "steps")),
        reached == rows.size()
            ? ""
            : " or more (" + (rows.size() - reached) + " of " + rows.size() + " never got there)");
  }

  private static void branches(List<Claim> claims, List<Chart> charts, List<Row> rows) {
    if (rows.isEmpty()) {
      return;
    }
    List<Chart.Series> series = new ArrayList<>();
    Map<String, Double> means = new LinkedHashMap<>();
    for (String decay : Row.distinct(rows, "decay")) {
      for (String start : Row.distinct(rows, "last_scale")) {
        List<Row> cell = Row.where(rows, "decay", decay, "last_scale", start);
        if (!cell.isEmpty()) {
          String name = "last scale from " + start + ", weight decay " + decay;
          series.add(Chart.Series.of(name, cell, "block", row -> row.number("ratio")));
          means.put(name, Stats.mean(Row.column(cell, "ratio")));
        }
      }
    }
    charts.add(Chart.lines("What branches add after training", "block", "|F(x)| / |x|", series));
    StringBuilder measured = new StringBuilder("mean over blocks of |F(x)| / |x|");
    means.forEach(
        (name, mean) -> measured.append("; ").append(name).append(": ").append(Numbers.text(mean)));
    claims.add(
        Claim.of(
            SOURCE + " and figure 7",
            "the branches of a deep network add less than what enters them (here: |F(x)| / |x| is"
                + " below one at the mean of the blocks)",
            measured.toString(),
            means.values().stream().allMatch(mean -> mean < 1)));
  }
}
