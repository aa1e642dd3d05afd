package io.resnet4j.lab;

import io.resnet4j.lab.Findings.Claim;
import io.resnet4j.model.Models;
import io.resnet4j.nn.Shortcut;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What the losses around trained weights come to. */
final class LandscapeFindings {
  private static final String SOURCE = "Li et al. 2018, ";

  /** Layers from which on the paper finds networks without shortcuts chaotic. */
  private static final int DEEP = 56;

  private final Settings settings;
  private final List<Row> rows;
  private final List<String> networks;

  LandscapeFindings(Settings settings, List<Row> rows) {
    this.settings = settings;
    this.rows = rows;
    networks = Row.distinct(rows, "network");
  }

  Findings findings() {
    List<Claim> claims = new ArrayList<>();
    for (String plain : networks) {
      for (String residual : networks) {
        if (shortcut(plain) == Shortcut.NONE
            && shortcut(residual) != Shortcut.NONE
            && depth(plain) == depth(residual)) {
          shapes(claims, plain, residual);
        }
      }
    }
    for (String network : networks) {
      trajectory(claims, network);
    }
    return new Findings(claims, charts(), notes());
  }

  private static Shortcut shortcut(String network) {
    return Models.resnet(network).block().shortcut();
  }

  /** Convolutions on the longest way, and the head: 20 of resnet20. */
  private static int depth(String network) {
    var spec = Models.resnet(network);
    int blocks = spec.blocks().stream().mapToInt(Integer::intValue).sum();
    return 2 + blocks * spec.block().kind().convolutions();
  }

  private void shapes(List<Claim> claims, String plain, String residual) {
    double[][] with = losses(residual);
    double[][] without = losses(plain);
    if (with.length < 3 || without.length < 3) {
      return;
    }
    double bowl = concave(with, true);
    claims.add(
        Claim.of(
            SOURCE + "section 5",
            "with shortcuts the region around the minimum is convex (here: bends downwards at under"
                + " 10 % of the inner points)",
            residual + ": at " + Numbers.percent(bowl),
            bowl < 0.1));
    double own = concave(without, true);
    boolean deep = depth(plain) >= DEEP;
    claims.add(
        Claim.of(
            SOURCE + "section 5",
            deep
                ? "without shortcuts a deep network's loss is chaotic: it bends downwards at more"
                    + " points than with them"
                : "at 20 layers a network without shortcuts is still benign around its minimum"
                    + " (here: under 10 % of the inner points); at 56 it is chaotic",
            plain + ": at " + Numbers.percent(own) + " of the inner points",
            deep ? own > bowl : own < 0.1));
    claims.add(
        Claim.of(
            SOURCE + "section 6",
            "without shortcuts the loss rises more sharply",
            String.format(
                Locale.ROOT,
                "mean loss half-way out %s (%s) against %s (%s); at the centre %s and %s",
                Numbers.text(ring(without)),
                plain,
                Numbers.text(ring(with)),
                residual,
                Numbers.text(centre(without)),
                Numbers.text(centre(with))),
            ring(without) - centre(without) > ring(with) - centre(with)));
  }

  /** Losses [beta][alpha]; empty where rows are missing. */
  private double[][] losses(String network) {
    List<Row> own = surface(network);
    int points = settings.integer("points", 3);
    if (own.size() != points * points) {
      return new double[0][];
    }
    double[][] losses = new double[points][points];
    for (int i = 0; i < own.size(); i++) {
      losses[i / points][i % points] = own.get(i).number("loss");
    }
    return losses;
  }

  private List<Row> surface(String network) {
    return Row.where(rows, "network", network, "part", LandscapeExperiment.SURFACE);
  }

  /**
   * The share of points at which the loss lies above the mean of its neighbours to both sides,
   * along either direction: none in a convex function.
   *
   * @param inner only where both coordinates are at most a half
   */
  static double concave(double[][] losses, boolean inner) {
    int n = losses.length;
    int found = 0;
    int all = 0;
    int margin = inner ? Math.max(1, (n - 1) / 4) : 1;
    for (int i = margin; i < n - margin; i++) {
      for (int j = margin; j < n - margin; j++) {
        all += 2;
        found += 2 * losses[i][j] > losses[i - 1][j] + losses[i + 1][j] ? 1 : 0;
        found += 2 * losses[i][j] > losses[i][j - 1] + losses[i][j + 1] ? 1 : 0;
      }
    }
    return (double) found / all;
  }

  private static double centre(double[][] losses) {
    return losses[losses.length / 2][losses.length / 2];
  }

  /** The mean on the square half-way between the centre and the edge. */
  private static double ring(double[][] losses) {
    int n = losses.length;
    int from = (n - 1) / 4;
    int to = n - 1 - from;
    double sum = 0;
    int count = 0;
    for (int i = from; i <= to; i++) {
      for (int j = from; j <= to; j++) {
        if (i == from || i == to || j == from || j == to) {
          sum += losses[i][j];
          count++;
        }
      }
    }
    return sum / count;
  }

  private void trajectory(List<Claim> claims, String network) {
    List<Row> way = way(network);
    if (way.size() < 3) {
      return;
    }
    double first = way.get(0).number("first_share");
    double second = way.get(0).number("second_share");
    double random = way.get(0).number("random_share");
    claims.add(
        Claim.of(
            SOURCE + "section 7.2",
            "40 to 90 % of the variation of the way lies in two directions (here: at least 40 %),"
                + " next to none of it in a random one",
            String.format(
                Locale.ROOT,
                "%s: %.0f %% and %.0f %% in the two principal directions, %s in a random one",
                network,
                100 * first,
                100 * second,
                Numbers.percent(random)),
            first + second >= 0.4 && random < 0.01));
  }

  private List<Row> way(String network) {
    return Row.where(rows, "network", network, "part", LandscapeExperiment.TRAJECTORY);
  }

  private List<Chart> charts() {
    List<Chart> charts = new ArrayList<>();
    List<Row> all = Row.where(rows, "part", LandscapeExperiment.SURFACE);
    Chart.Scale scale = Chart.Scale.of("log10 of the loss", all, LandscapeFindings::log);
    List<Chart.Series> lines = new ArrayList<>();
    for (String network : networks) {
      List<Row> own = surface(network);
      if (!own.isEmpty()) {
        charts.add(
            Chart.grid(
                "Loss around " + network, "first direction", "second direction", grid(own), scale));
      }
      List<Row> middle = own.stream().filter(row -> row.number("beta") == 0).toList();
      if (!middle.isEmpty()) {
        lines.add(Chart.Series.of(network, middle, "alpha", row -> row.number("loss")));
      }
    }
    if (!lines.isEmpty()) {
      charts.add(Chart.lines("Loss along the first direction", "first direction", "loss", lines));
    }
    List<Chart.Series> ways = new ArrayList<>();
    for (String network : networks) {
      if (!way(network).isEmpty()) {
        ways.add(Chart.Series.of(network, way(network), "first", row -> row.number("second")));
      }
    }
    if (!ways.isEmpty()) {
      charts.add(
          Chart.lines(
              "The way of training, which ends at (0, 0)",
              "first principal direction",
              "second",
              ways));
    }
    return charts;
  }

  private static double log(Row row) {
    return Math.log10(row.number("loss"));
  }

  private static List<Chart.Series> grid(List<Row> surface) {
    return Row.distinct(surface, "beta").stream()
        .map(
            beta ->
                Chart.Series.of(
                    beta, Row.where(surface, "beta", beta), "alpha", LandscapeFindings::log))
        .toList();
  }

  private List<String> notes() {
    return List.of(
        "Directions are Gaussian, each filter scaled to the norm of the network's own; norms,"
            + " biases and running statistics stay. The loss is that of "
            + settings.text("shown")
            + " training pictures, not augmented, by running statistics.",
        "Trained here for "
            + settings.text("steps")
            + " steps; the paper's networks for 300 epochs. A network that has not ended at a"
            + " minimum shows the slope that it stands on, not the bowl that it would reach.");
  }
}
