package io.resnet4j.lab;

import io.resnet4j.lab.Findings.Claim;
import io.resnet4j.random.KeyedRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoublePredicate;
import java.util.stream.IntStream;

/** Shattered gradients: Balduzzi et al., arXiv:1702.08591, section 2. */
final class ShatteredExperiment implements Experiment {
  /** Layers from which on a plain network counts as deep. */
  private static final int DEEP = 24;

  private static final List<String> NETWORKS =
      List.of("plain", "plain-centred", "plain-bn", "residual", "residual-0.1");
  private static final String SOURCE = "Balduzzi et al. 2017, section 2";
  private static final int LAGS = 15;
  private static final int WIDTH = 200;
  private static final int POINTS = 256;
  private static final int OTHER_SEEDS = 20;

  /** Of some fifty comparisons one in forty times one is farther off by chance. */
  private static final double NOISE = 3.5;

  /**
   * Lag 1 and 5 of {@value #OTHER_SEEDS} seeds of the same experiment, {@value #WIDTH} wide and
   * over {@value #POINTS} points, written independently in NumPy.
   */
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
        String.valueOf(WIDTH),
        "points",
        String.valueOf(POINTS),
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
        DEEP,
        "gradients of deep plain networks, normalised, are white noise (here: below 0.1 at lag 1)",
        mean -> Math.abs(mean) < 0.1);
    int seeds = settings.integer("seeds", 2);
    more(
        claims,
        rows,
        seeds,
        "residual",
        "plain-bn",
        "gradients of residual networks of the same depth are still correlated (here: more than"
            + " those of plain ones with batch norm)");
    more(
        claims,
        rows,
        seeds,
        "residual-0.1",
        "residual",
        "branches scaled down keep more of the correlation");
    compare(
        claims,
        rows,
        "plain",
        2,
        "without centring or batch norm the plain network does not look white (here: above 0.4 at"
            + " lag 1)",
        mean -> mean > 0.4);
    elsewhere(claims, rows, settings);
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
                + " one with batch norm sublinearly.",
            "Centring and the statistics of batch norm are taken as constants when"
                + " differentiating, as the paper's figures need."));
  }

  /** By the standard errors of the differences; of the same network and grid alone. */
  private static void elsewhere(List<Claim> claims, List<Row> rows, Settings settings) {
    String source = "the same experiment in NumPy, " + OTHER_SEEDS + " seeds";
    String claim =
        "the autocorrelations are these, within the noise of the seeds (here: "
            + NOISE
            + " standard errors)";
    if (settings.integer("width", 2) != WIDTH || settings.integer("points", 2) != POINTS) {
      claims.add(Claim.open(source, claim));
      return;
    }
    double both = Math.sqrt(1 + settings.number("seeds") / OTHER_SEEDS);
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
            double noise = both * own.get(0).number("standard_error") + 0.005;
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
              source,
              claim,
              compared
                  + " compared; the farthest is "
                  + Numbers.text(worst)
                  + " standard errors of the difference off ("
                  + where
                  + ")",
              worst < NOISE));
    }
  }

  private static String deepest(List<Row> rows) {
    return Row.distinct(rows, "depth").stream()
        .max(Comparator.comparingInt(Integer::parseInt))
        .orElse("");
  }

  private static double value(List<Row> rows, String network, String depth, int lag) {
    return value(rows, network, depth, lag, "autocorrelation");
  }

  private static double value(
      List<Row> rows, String network, String depth, int lag, String column) {
    List<Row> found = Row.where(rows, "network", network, "depth", depth, "lag", lag);
    return found.isEmpty() ? Double.NaN : found.get(0).number(column);
  }

  /** Whether one network's gradients are correlated more than another's, by their errors. */
  private static void more(
      List<Claim> claims, List<Row> rows, int seeds, String network, String than, String claim) {
    String depth = deepest(rows);
    double one = value(rows, network, depth, 1);
    double other = value(rows, than, depth, 1);
    if (Double.isNaN(one)) {
      return;
    }
    if (Double.isNaN(other)) {
      claims.add(Claim.open(SOURCE, claim));
      return;
    }
    double interval =
        Stats.student(seeds - 1)
            * Math.hypot(
                value(rows, network, depth, 1, "standard_error"),
                value(rows, than, depth, 1, "standard_error"));
    claims.add(
        Claim.between(
            SOURCE,
            claim,
            words(rows, network, depth)
                + "; "
                + words(rows, than, depth)
                + "; the difference at lag 1 is "
                + Numbers.text(one - other)
                + " ± "
                + Numbers.text(interval)
                + " (95 %, "
                + seeds
                + " seeds)",
            one - other,
            interval));
  }

  private static String words(List<Row> rows, String network, String depth) {
    return network
        + ", depth "
        + depth
        + ": "
        + Numbers.text(value(rows, network, depth, 1))
        + " at lag 1, "
        + Numbers.text(value(rows, network, depth, 5))
        + " at lag 5";
  }

  private static void compare(
      List<Claim> claims,
      List<Row> rows,
      String network,
      int least,
      String claim,
      DoublePredicate holds) {
    String depth = deepest(rows);
    double one = value(rows, network, depth, 1);
    if (!Double.isNaN(one)) {
      claims.add(
          Integer.parseInt(depth) < least
              ? Claim.open(SOURCE, claim)
              : Claim.of(SOURCE, claim, words(rows, network, depth), holds.test(one)));
    }
  }
}
