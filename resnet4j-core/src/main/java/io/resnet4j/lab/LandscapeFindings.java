package io.resnet4j.lab;

import io.resnet4j.lab.Findings.Claim;
import io.resnet4j.lab.Findings.Verdict;
import io.resnet4j.model.Models;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/** What the losses around trained weights come to. */
final class LandscapeFindings {
  private static final String SOURCE = "Li et al. 2018, ";

  /** Layers from which on the paper finds networks without shortcuts chaotic. */
  private static final int DEEP = 56;

  /** A loss that bends downwards at a smaller share of points passes for convex. */
  private static final double CONVEX = 0.1;

  private static final String LOSS = "log10 of the loss";

  /** The paper's contours end at a loss of ten: a cliff further out would hide what is within. */
  private static final double HIGHEST = 1;

  private static final String FIRST = "first principal direction";

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
        if (Networks.isPlain(plain)
            && !Networks.isPlain(residual)
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
    Bend bowl = Bend.of(with);
    claims.add(
        claim(
            "section 5",
            "with shortcuts the region around the minimum is convex (here: bends downwards at under"
                + " 10 % of the inner points)",
            residual + ": " + bowl.words(),
            bowl.most() < CONVEX,
            bowl.least() < CONVEX));
    Bend own = Bend.of(without);
    claims.add(
        depth(plain) < DEEP
            ? claim(
                "section 5",
                "at 20 layers a network without shortcuts is still benign around its minimum"
                    + " (here: under 10 % of the inner points); at 56 it is chaotic",
                plain + ": " + own.words(),
                own.most() < CONVEX,
                own.least() < CONVEX)
            : claim(
                "section 5",
                "without shortcuts a deep network's loss is chaotic (here: it bends downwards at 10"
                    + " % of the inner points or more, and at twice as many as with them)",
                plain + ": " + own.words() + "; " + residual + ": " + bowl.words(),
                own.least() >= Math.max(CONVEX, 2 * bowl.most()),
                own.most() >= Math.max(CONVEX, 2 * bowl.least())));
    double sharp = ring(without) - centre(without);
    double flat = ring(with) - centre(with);
    boolean known = Double.isFinite(sharp) && Double.isFinite(flat);
    claims.add(
        claim(
            "section 6",
            "without shortcuts the loss rises more sharply",
            String.format(
                Locale.ROOT,
                "mean loss %.1f of the way out %s (%s) against %s (%s); at the centre %s and %s",
                1 - 2.0 * square(with.length) / (with.length - 1),
                Numbers.text(ring(without)),
                plain,
                Numbers.text(ring(with)),
                residual,
                Numbers.text(centre(without)),
                Numbers.text(centre(with))),
            known && sharp > flat,
            !known || sharp > flat));
  }

  /** A claim that losses that are not finite may leave open. */
  private static Claim claim(
      String section, String claim, String measured, boolean surely, boolean possibly) {
    return surely == possibly
        ? Claim.of(SOURCE + section, claim, measured, surely)
        : new Claim(
            SOURCE + section,
            claim,
            measured + "; losses that are not finite could decide it",
            Verdict.NOT_MEASURED);
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
   * Where a loss lies above the mean of its neighbours to both sides, which a convex one does
   * nowhere; at the points both of whose coordinates are at most a half.
   *
   * @param downwards so often it does: a half for each of the two directions of a point
   * @param points at which the loss and its neighbours are finite
   * @param broken points at which they are not
   */
  record Bend(double downwards, int points, int broken) {
    static Bend of(double[][] losses) {
      int n = losses.length;
      int from = inner(n);
      double downwards = 0;
      int points = 0;
      int broken = 0;
      for (int i = from; i < n - from; i++) {
        for (int j = from; j < n - from; j++) {
          double twice = 2 * losses[i][j];
          double down = losses[i - 1][j] + losses[i + 1][j];
          double across = losses[i][j - 1] + losses[i][j + 1];
          if (Double.isFinite(twice + down + across)) {
            points++;
            downwards += (twice > down ? 0.5 : 0) + (twice > across ? 0.5 : 0);
          } else {
            broken++;
          }
        }
      }
      return new Bend(downwards, points, broken);
    }

    /** The share, if it did so at none of the broken points. */
    double least() {
      return downwards / (points + broken);
    }

    /** The share, if it did so at all of them. */
    double most() {
      return (downwards + broken) / (points + broken);
    }

    String words() {
      return "at "
          + Numbers.percent(downwards / points)
          + " of "
          + points
          + " points"
          + (broken == 0 ? "" : ", at " + broken + " more a loss there or beside is not finite");
    }
  }

  /** The first of so many points from -1 to 1 that lies at -1/2 or above. */
  private static int inner(int points) {
    return (points + 2) / 4;
  }

  /** The last square of points within half of the way out, or the first around the centre. */
  private static int square(int points) {
    return Math.min(inner(points), points / 2 - 1);
  }

  private static double centre(double[][] losses) {
    return losses[losses.length / 2][losses.length / 2];
  }

  /** The mean on a square half-way between the centre and the edge, or within. */
  private static double ring(double[][] losses) {
    int n = losses.length;
    int from = square(n);
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
    // Three points lie in a plane, whatever they are.
    if (way.size() < 4) {
      return;
    }
    double first = way.get(0).number("first_share");
    double second = way.get(0).number("second_share");
    double random = way.get(0).number("random_share");
    claims.add(
        Claim.of(
            SOURCE + "section 7.2",
            "much of the variation of the way lies in two directions (there: 40 to 90 %; here: at"
                + " least 40 %), next to none of it in a random one (here: under 1 %)",
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
    Chart.Scale scale = Chart.Scale.of(LOSS, all, LandscapeFindings::log).atMost(HIGHEST);
    List<Chart.Series> lines = new ArrayList<>();
    for (String network : networks) {
      List<Row> own = surface(network);
      if (!own.isEmpty()) {
        charts.add(
            Chart.grid(
                "Loss around " + network,
                "first direction",
                "second direction",
                grid(own, "beta", "alpha"),
                scale));
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
      charts.add(Chart.lines("The way of training, which ends at (0, 0)", FIRST, "second", ways));
    }
    planes(charts);
    return charts;
  }

  /** The loss around the ways of training, and the ways as lines over it. */
  private void planes(List<Chart> charts) {
    List<Row> all = Row.where(rows, "part", LandscapeExperiment.PLANE);
    Chart.Scale scale = Chart.Scale.of(LOSS, all, LandscapeFindings::log).atMost(HIGHEST);
    for (String network : networks) {
      List<Row> own = Row.where(all, "network", network);
      List<Row> way = way(network);
      if (!own.isEmpty() && !way.isEmpty()) {
        double[] x = places(way, "first", own);
        double[] y = places(way, "second", own);
        charts.add(
            Chart.grid(
                    "Loss around the way of " + network + ", the line, which ends at the ring",
                    FIRST,
                    "second",
                    grid(own, "second", "first"),
                    scale)
                .under(
                    new Chart.Series(
                        network,
                        DoubleStream.of(x).boxed().toList(),
                        DoubleStream.of(y).boxed().toList())));
      }
    }
  }

  /** Where the way lies, between the first cells of a grid (0) and the last (1). */
  private static double[] places(List<Row> way, String axis, List<Row> grid) {
    DoubleSummaryStatistics cells =
        grid.stream().mapToDouble(row -> row.number(axis)).summaryStatistics();
    double extent = cells.getMax() - cells.getMin();
    return way.stream()
        .mapToDouble(row -> extent == 0 ? 0.5 : (row.number(axis) - cells.getMin()) / extent)
        .toArray();
  }

  private static double log(Row row) {
    return Math.log10(row.number("loss"));
  }

  private static List<Chart.Series> grid(List<Row> surface, String up, String along) {
    return Row.distinct(surface, up).stream()
        .map(
            at ->
                Chart.Series.of(
                    label(at), Row.where(surface, up, at), along, LandscapeFindings::log))
        .toList();
  }

  private static String label(String number) {
    return String.format(Locale.ROOT, "%.3g", Double.parseDouble(number));
  }

  private List<String> notes() {
    return List.of(
        "Directions are Gaussian, each filter scaled to the norm of the network's own; norms,"
            + " biases and running statistics stay. The loss is that of "
            + settings.text("shown")
            + " training pictures, not augmented, by running statistics. Around the way of training,"
            + " too, they are those of its end: the loss there is not the one that training saw."
            + " Colours end at a loss of ten.",
        GivenWeights.words(settings)
            + "; the paper's networks for 300 epochs. A network that has not ended at a"
            + " minimum shows the slope that it stands on, not the bowl that it would reach.");
  }
}
