package io.resnet4j.lab;

import io.resnet4j.lab.Findings.Claim;
import io.resnet4j.random.KeyedRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoublePredicate;
import java.util.stream.IntStream;

/** Shattered gradients: Balduzzi et al., arXiv:1702.08591, section 2. */
final class ShatteredExperiment implements Experiment {
  private static final List<String> NETWORKS =
      List.of("plain", "plain-centred", "plain-bn", "residual", "residual-0.1");
  private static final String SOURCE = "Balduzzi et al. 2017, section 2";
  private static final int LAGS = 15;

  /** Lag 1 and 5 of 20 seeds of the same experiment, written independently in NumPy. */
  private static final Map<String, double[][]> ELSEWHERE =
      Map.of(
          "plain", new double[][] {{2, .97, .87}, {10, .94, .77}, {24, .85, .59}, {50, .74, .45}},
          "plain-centred",
              new double[][] {{2, .97, .84}, {10, .74, .21}, {24, -.05, 0}, {50, 0, -.02}},
          "plain-bn",
              new double[][] {{2, .95, .77}, {10, .43, -.07}, {24, -.04, .02}, {50, 0, -.01}},
          "residual",
              new double[][] {{2, .83, .48}, {10, .58, .19}, {24, .42, .11}, {50, .37, .05}},
          "residual-0.1",
              new double[][] {{2, .89, .71}, {10, .84, .55}, {24, .76, .5}, {50, .62, .31}});

  @Override
  public String name() {
    return "shattered";
  }

  @Override
  public String question() {
    return "Do gradients of neighbouring inputs resemble each other? The autocorrelation of df/dx"
        + " over a grid of inputs of random networks from a number to a number.";
  }

  @Override
  public String source() {
    return "Balduzzi et al. 2017, arXiv:1702.08591, section 2, figures 1 and 2";
  }

  @Override
  public Settings settings(boolean full) {
    return Settings.of(
        name(),
        "depths",
        "2,4,10,24,50",
        "networks",
        String.join(",", NETWORKS),
        "width",
        "200",
        "points",
        "256",
        "seeds",
        full ? "100" : "20");
  }

  @Override
  public List<Map<String, Object>> cells(Settings settings) {
    settings.integer("width", 2);
    settings.integer("points", 2 * LAGS);
    settings.integer("seeds", 2);
    return Cells.of("network", settings.oneOf("networks", NETWORKS))
        .by("depth", settings.integers("depths", 1))
        .list();
  }

  @Override
  public List<Map<String, Object>> measure(
      Map<String, Object> cell, Settings settings, Bench bench) {
    int seeds = settings.integer("seeds", 2);
    String network = (String) cell.get("network");
    int depth = (int) cell.get("depth");
    double[][] curves =
        IntStream.range(0, seeds)
            .parallel()
            .mapToObj(
                i -> {
                  KeyedRandom random =
                      KeyedRandom.of(bench.seed(), "lab/shattered/" + network).child(depth);
                  return autocorrelation(
                      new RandomFunction(
                              network,
                              depth,
                              settings.integer("width", 2),
                              settings.integer("points", 2 * LAGS),
                              random.child(i))
                          .derivative());
                })
            .toArray(double[][]::new);
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int lag = 0; lag <= LAGS; lag++) {
      int at = lag;
      double[] values = Arrays.stream(curves).mapToDouble(curve -> curve[at]).toArray();
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("lag", lag);
      row.put("autocorrelation", Stats.mean(values));
      row.put("standard_error", Stats.deviation(values) / Math.sqrt(seeds - 1));
      rows.add(row);
    }
    return rows;
  }

  /** Sum z_i z_{i+k} / sum z^2 for k up to {@value #LAGS}, z the values less their mean. */
  static double[] autocorrelation(double[] values) {
    double mean = Stats.mean(values);
    double[] result = new double[LAGS + 1];
    for (int lag = 0; lag <= LAGS; lag++) {
      for (int i = 0; i + lag < values.length; i++) {
        result[lag] += (values[i] - mean) * (values[i + lag] - mean);
      }
    }
    double whole = result[0];
    for (int lag = 0; lag <= LAGS; lag++) {
      result[lag] /= whole;
    }
    return result;
  }

  @Override
  public Findings findings(Settings settings, List<Row> rows) {
    List<Claim> claims = new ArrayList<>();
    compare(
        claims,
        rows,
        "plain-bn",
        "gradients of deep plain networks, normalised, are white noise",
        mean -> Math.abs(mean) < 0.1);
    compare(
        claims,
        rows,
        "residual",
        "gradients of residual networks of the same depth are still correlated",
        mean -> mean > 0.2);
    compare(
        claims,
        rows,
        "residual-0.1",
        "branches scaled down keep more of the correlation",
        mean -> mean > value(rows, "residual", deepest(rows), 1));
    compare(
        claims,
        rows,
        "plain",
        "without centring or batch norm the plain network does not look white",
        mean -> mean > 0.4);
    elsewhere(claims, rows);
    List<Chart> charts = new ArrayList<>();
    for (String network : Row.distinct(rows, "network")) {
      List<Chart.Series> series = new ArrayList<>();
      for (String depth : Row.distinct(rows, "depth")) {
        series.add(
            Chart.Series.of(
                "depth " + depth,
                Row.where(rows, "network", network, "depth", depth),
                "lag",
                row -> row.number("autocorrelation")));
      }
      charts.add(Chart.lines(network, "lag", "autocorrelation of df/dx", series));
    }
    return new Findings(
        claims,
        charts,
        List.of(
            "Theory: the correlation of a plain network falls like 2^-L, that of a residual"
                + " one with batch norm slower than any power (sublinear in L).",
            "Centring and the statistics of batch norm are taken as constants when"
                + " differentiating, as the paper's figures need."));
  }

  /** Within three deviations of the difference of two means of as many seeds. */
  private static void elsewhere(List<Claim> claims, List<Row> rows) {
    int compared = 0;
    double worst = 0;
    String where = "";
    for (String network : Row.distinct(rows, "network")) {
      for (double[] other : ELSEWHERE.getOrDefault(network, new double[0][])) {
        for (int k = 0; k < 2; k++) {
          List<Row> own =
              Row.where(rows, "network", network, "depth", (int) other[0], "lag", k == 0 ? 1 : 5);
          if (!own.isEmpty()) {
            // Two digits were noted.
            double noise = Math.sqrt(2) * own.get(0).number("standard_error") + 0.005;
            double off = Math.abs(own.get(0).number("autocorrelation") - other[1 + k]) / noise;
            compared++;
            if (off > worst) {
              worst = off;
              where = network + ", depth " + (int) other[0] + ", lag " + (k == 0 ? 1 : 5);
            }
          }
        }
      }
    }
    if (compared > 0) {
      claims.add(
          Claim.of(
              "the same experiment in NumPy, 20 seeds",
              "the autocorrelations are these, within the noise of the seeds",
              compared
                  + " compared; the farthest is "
                  + Numbers.text(worst)
                  + " standard errors of the difference off ("
                  + where
                  + ")",
              worst < 3.5));
    }
  }

  private static String deepest(List<Row> rows) {
    List<String> depths = Row.distinct(rows, "depth");
    return depths.isEmpty() ? "" : depths.get(depths.size() - 1);
  }

  private static double value(List<Row> rows, String network, String depth, int lag) {
    List<Row> found = Row.where(rows, "network", network, "depth", depth, "lag", lag);
    return found.isEmpty() ? Double.NaN : found.get(0).number("autocorrelation");
  }

  private static void compare(
      List<Claim> claims, List<Row> rows, String network, String claim, DoublePredicate holds) {
    String depth = deepest(rows);
    double one = value(rows, network, depth, 1);
    if (!Double.isNaN(one)) {
      claims.add(
          Claim.of(
              SOURCE,
              claim,
              network
                  + ", depth "
                  + depth
                  + ": "
                  + Numbers.text(one)
                  + " at lag 1, "
                  + Numbers.text(value(rows, network, depth, 5))
                  + " at lag 5",
              holds.test(one)));
    }
  }
}
