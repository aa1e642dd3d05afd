package io.resnet4j.lab;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSplits;
import io.resnet4j.lab.Findings.Claim;
import io.resnet4j.model.Model;
import io.resnet4j.model.ResNetSpec;
import io.resnet4j.plan.Precision;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Standard deviations of layer responses of trained networks: He et al. 2015, figure 7. */
final class ResponsesExperiment implements Experiment {
  private static final String SOURCE = "He et al. 2015, figure 7";

  @Override
  public String name() {
    return "responses";
  }

  @Override
  public String question() {
    return "How strongly do layers respond? The standard deviation of what every 3x3 layer puts"
        + " out, after its batch norm and before the non-linearity or the addition, in networks"
        + " that have been trained.";
  }

  @Override
  public String source() {
    return "He et al. 2015, arXiv:1512.03385, section 4.2, figure 7";
  }

  @Override
  public Settings settings(boolean full) {
    return Settings.of(
        name(),
        "depths",
        full ? "20,56,110" : "20,56",
        "networks",
        "plain,residual",
        "seeds",
        full ? "0,1,2" : "0",
        "steps",
        full ? "64000" : "200",
        "recipe",
        Budget.recipe(full),
        "pictures",
        full ? "256" : "64",
        GivenWeights.SETTING,
        "");
  }

  @Override
  public List<Map<String, Object>> cells(Settings settings) {
    settings.integer("steps", 0);
    settings.integer("pictures", 2);
    given(settings);
    List<Integer> seeds = settings.integers("seeds", 0);
    if (seeds.size() > 1 && !settings.text(GivenWeights.SETTING).isEmpty()) {
      throw new InvalidInputException(
          name() + ": weights that are given are the same with every seed; give one seed");
    }
    return Cells.of("seed", seeds)
        .by("depth", Networks.depths(settings, "depths"))
        .by("network", settings.oneOf("networks", Networks.KINDS))
        .list();
  }

  /** The files are in the order of depths, and of networks for each. */
  private static GivenWeights given(Settings settings) {
    List<String> names = new ArrayList<>();
    for (int depth : Networks.depths(settings, "depths")) {
      settings.names("networks").forEach(kind -> names.add(kind + depth));
    }
    return new GivenWeights(settings, names);
  }

  @Override
  public void require(Settings settings, DataSplits data) {
    for (int depth : Networks.depths(settings, "depths")) {
      for (String kind : settings.names("networks")) {
        ResNetSpec spec = Networks.of(kind, depth, data);
        given(settings).model(spec.name(), spec);
      }
    }
  }

  @Override
  public List<Map<String, Object>> measure(
      Map<String, Object> cell, Settings settings, Bench bench) {
    ResNetSpec spec =
        Networks.of((String) cell.get("network"), (int) cell.get("depth"), bench.data());
    int steps = settings.integer("steps", 0);
    long seed = bench.seed() + (int) cell.get("seed");
    String run = spec.name() + "-seed" + cell.get("seed");
    Optional<Model> given = given(settings).model(spec.name(), spec);
    Optional<Model> model =
        given.isPresent()
            ? given
            : steps == 0
                ? Optional.of(spec.initialise(seed))
                : Budget.onAll(settings, bench).model(run, spec, seed);
    if (model.isEmpty()) {
      return List.of();
    }
    Reading reading =
        Look.at(
            model.get(),
            Precision.F32,
            bench.seenBy(model.get()).pictures(settings.integer("pictures", 2)),
            EnumSet.of(Probe.SIGNALS),
            bench.seed());
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Reading.Layer layer : reading.layers()) {
      // The 3x3 layers, as in the figure: no projections, no head.
      if (layer.path().contains("conv")) {
        rows.add(
            Rows.row("layer", rows.size() + 1, "path", layer.path(), "response", layer.response()));
      }
    }
    return rows;
  }

  @Override
  public Findings findings(Settings settings, List<Row> rows) {
    List<Claim> claims = new ArrayList<>();
    List<String> depths = Row.distinct(rows, "depth");
    for (String depth : depths) {
      compare(
          claims,
          "residual networks respond less than plain ones of the same depth",
          "depth " + depth + ": ",
          Row.where(rows, "depth", depth, "network", Networks.RESIDUAL),
          "residual",
          Row.where(rows, "depth", depth, "network", Networks.PLAIN),
          "plain");
    }
    for (int i = 1; i < depths.size(); i++) {
      compare(
          claims,
          "the deeper a residual network, the less its layers respond",
          "",
          Row.where(rows, "depth", depths.get(i), "network", Networks.RESIDUAL),
          "depth " + depths.get(i),
          Row.where(rows, "depth", depths.get(i - 1), "network", Networks.RESIDUAL),
          "depth " + depths.get(i - 1));
    }
    return new Findings(
        claims,
        List.of(
            chart("Responses in the order of the layers", rows, false),
            chart("Responses, the largest first", rows, true)),
        List.of(
            trained(settings)
                + "; responses move away from one, where batch norm starts them, as training goes"
                + " on."));
  }

  private static String trained(Settings settings) {
    String papers = "The paper's networks were trained for 64,000 steps";
    return settings.text(GivenWeights.SETTING).isEmpty()
        ? papers
            + ", these for "
            + settings.text("steps")
            + " by the recipe "
            + settings.text("recipe")
        : papers + ". " + GivenWeights.words(settings);
  }

  private static void compare(
      List<Claim> claims,
      String claim,
      String where,
      List<Row> less,
      String lessName,
      List<Row> more,
      String moreName) {
    if (less.isEmpty() || more.isEmpty()) {
      return;
    }
    double[] a = means(less);
    double[] b = means(more);
    claims.add(
        Claim.below(
            SOURCE,
            claim,
            where
                + "mean over layers "
                + Numbers.mean(a)
                + " ("
                + lessName
                + ") against "
                + Numbers.mean(b)
                + " ("
                + moreName
                + ")",
            a,
            b));
  }

  /** Over the layers, a number for each seed. */
  private static double[] means(List<Row> rows) {
    return Row.distinct(rows, "seed").stream()
        .mapToDouble(seed -> Stats.mean(Row.column(Row.where(rows, "seed", seed), "response")))
        .toArray();
  }

  private static Chart chart(String title, List<Row> rows, boolean sorted) {
    List<Chart.Series> series = new ArrayList<>();
    for (String depth : Row.distinct(rows, "depth")) {
      for (String network : Row.distinct(rows, "network")) {
        List<Row> cell = Row.where(rows, "depth", depth, "network", network);
        List<Double> x = new ArrayList<>();
        List<Double> y = new ArrayList<>();
        for (String layer : Row.distinct(cell, "layer")) {
          y.add(Stats.mean(Row.column(Row.where(cell, "layer", layer), "response")));
        }
        if (sorted) {
          y.sort(Comparator.reverseOrder());
        }
        for (int i = 0; i < y.size(); i++) {
          x.add(i + 1.0);
        }
        series.add(new Chart.Series(network + " " + depth, x, y));
      }
    }
    return Chart.lines(title, "layer", "standard deviation, mean of seeds", series);
  }
}
