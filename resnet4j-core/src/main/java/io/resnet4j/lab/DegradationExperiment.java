package io.resnet4j.lab;

import io.resnet4j.lab.Findings.Claim;
import io.resnet4j.model.ResNetSpec;
import io.resnet4j.nn.BranchScale;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Plain against residual networks of several depths: He et al. 2015, figures 1 and 6. */
final class DegradationExperiment implements Experiment {
  private static final String ONE = "one";
  private static final String ZERO = "zero";
  private static final String SOURCE = "He et al. 2015, figures 1 and 6";

  @Override
  public String name() {
    return "degradation";
  }

  @Override
  public String question() {
    return "Do deeper plain networks train worse, and deeper residual ones not? Training and test"
        + " error of both at several depths.";
  }

  @Override
  public String source() {
    return "He et al. 2015, arXiv:1512.03385, sections 1 and 4.2, figures 1 and 6";
  }

  @Override
  public Settings settings(boolean full) {
    return Settings.of(
        name(),
        "depths",
        full ? "20,32,44,56" : "20,56",
        "networks",
        "plain,residual",
        "seeds",
        full ? "0,1,2,3,4" : "0,1,2",
        "width",
        "16",
        "pictures",
        full ? "50000" : "2000",
        "last_scale",
        full ? ONE : ZERO,
        "recipe",
        Budget.recipe(full),
        "batch",
        full ? "128" : "64",
        "rate",
        "0.1",
        "steps",
        full ? "64000" : "500");
  }

  @Override
  public List<Map<String, Object>> cells(Settings settings) {
    Budget.of(settings);
    settings.integer("width", 1);
    settings.requireOne("last_scale", settings.text("last_scale"), List.of(ONE, ZERO));
    settings.integer("batch", 2);
    settings.number("rate");
    return Cells.of("seed", settings.integers("seeds", 0))
        .by("depth", Networks.depths(settings, "depths"))
        .by("network", settings.oneOf("networks", Networks.KINDS))
        .list();
  }

  @Override
  public List<Map<String, Object>> measure(
      Map<String, Object> cell, Settings settings, Bench bench) {
    int width = settings.integer("width", 1);
    ResNetSpec spec =
        Networks.of((String) cell.get("network"), (int) cell.get("depth"), bench.data())
            .withWidths(List.of(width, 2 * width, 4 * width));
    if (cell.get("network").equals(Networks.RESIDUAL) && settings.text("last_scale").equals(ZERO)) {
      spec = spec.withBlock(b -> b.scale(BranchScale.ZERO));
    }
    int seed = (int) cell.get("seed");
    Budget budget = Budget.of(settings);
    return budget
        .training(budget.bench(bench))
        .with("batch", settings.text("batch"))
        .with("learningRate", settings.text("rate"))
        .train(spec.name() + "-seed" + seed, spec, bench.seed() + seed, List.of())
        .map(ShortTraining::rows)
        .orElse(List.of());
  }

  private static double[] errors(List<Row> rows, String network, String depth, String column) {
    return Row.column(Row.where(rows, "final", true, "network", network, "depth", depth), column);
  }

  @Override
  public Findings findings(Settings settings, List<Row> rows) {
    List<Claim> claims = new ArrayList<>();
    List<String> depths = Row.distinct(rows, "depth");
    if (depths.size() > 1) {
      String shallow = depths.get(0);
      String deep = depths.get(depths.size() - 1);
      claim(claims, rows, Networks.PLAIN, shallow, deep);
      claim(claims, rows, Networks.RESIDUAL, shallow, deep);
    }
    List<Chart.Series> series = new ArrayList<>();
    String seed = Row.distinct(rows, "seed").get(0);
    for (String network : Row.distinct(rows, "network")) {
      for (String depth : depths) {
        series.add(
            Chart.Series.of(
                network + " " + depth,
                Row.where(rows, "network", network, "depth", depth, "seed", seed),
                "step",
                row -> row.number("train_error")));
      }
    }
    return new Findings(
        claims,
        List.of(
            Chart.lines("Training error, seed " + seed, "step", "error", series),
            bars(rows, depths)),
        notes(settings));
  }

  private static List<String> notes(Settings settings) {
    return List.of(
        "Trained for "
            + settings.text("steps")
            + " steps on "
            + settings.text("pictures")
            + " pictures, the first stage "
            + settings.text("width")
            + " channels wide (the paper: 16); the paper trained for 64,000 on 45,000 or"
            + " 50,000. Errors are means of the last epoch, and of the one before where the last is"
            + " cut short, augmented, while the weights moved.",
        "The last scale of a residual branch starts at "
            + settings.text("last_scale")
            + "; the paper's at one. From one, a network of 56 layers is behind one of 20 for"
            + " its first thousand steps (in the paper it is ahead at the end); from zero"
            + " (Goyal et al. 2017, section 5.1) both start as the same shallow network.");
  }

  private static Chart bars(List<Row> rows, List<String> depths) {
    List<String> labels = new ArrayList<>();
    List<Double> train = new ArrayList<>();
    List<Double> test = new ArrayList<>();
    for (String network : Row.distinct(rows, "network")) {
      for (String depth : depths) {
        double[] errors = errors(rows, network, depth, "train_error");
        if (errors.length > 0) {
          labels.add(network + " " + depth);
          train.add(Stats.mean(errors));
          test.add(Stats.mean(errors(rows, network, depth, "test_error")));
        }
      }
    }
    return Chart.bars(
        "Final error, mean over seeds",
        "network",
        "error",
        labels,
        List.of(
            new Chart.Series("training", List.of(), train),
            new Chart.Series("test", List.of(), test)));
  }

  /** By how much the deep network trains worse, for each seed that both were trained with. */
  private static double[] differences(List<Row> rows, String network, String shallow, String deep) {
    List<Double> all = new ArrayList<>();
    for (String seed : Row.distinct(rows, "seed")) {
      List<Row> own = Row.where(rows, "seed", seed);
      double[] low = errors(own, network, shallow, "train_error");
      double[] high = errors(own, network, deep, "train_error");
      if (low.length == 1 && high.length == 1) {
        all.add(high[0] - low[0]);
      }
    }
    return all.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static void claim(
      List<Claim> claims, List<Row> rows, String network, String shallow, String deep) {
    double[] low = errors(rows, network, shallow, "train_error");
    double[] high = errors(rows, network, deep, "train_error");
    double[] differences = differences(rows, network, shallow, deep);
    if (differences.length == 0) {
      return;
    }
    boolean plain = network.equals(Networks.PLAIN);
    double excess = Stats.mean(differences);
    double uncertainty = Stats.interval(differences);
    claims.add(
        Claim.between(
            SOURCE,
            plain
                ? "a deeper plain network has the higher training error (here: by over 3 points)"
                : "a deeper residual network does not (here: by at most 1 point)",
            String.format(
                Locale.ROOT,
                "training error %.2f %% at depth %s, %.2f %% at depth %s: %+.2f points%s",
                100 * Stats.mean(low),
                shallow,
                100 * Stats.mean(high),
                deep,
                100 * excess,
                Double.isNaN(uncertainty)
                    ? ""
                    : String.format(
                        Locale.ROOT,
                        " ± %.2f (95 %% over %d seeds, each depth against the other)",
                        100 * uncertainty,
                        differences.length)),
            plain ? excess - 0.03 : 0.01 - excess,
            uncertainty));
  }
}
