package io.resnet4j.lab;

import io.resnet4j.lab.Findings.Claim;
import io.resnet4j.lab.Findings.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** What errors without blocks, and with blocks in another order, come to. */
final class LesionFindings {
  private static final String SOURCE = "Veit et al. 2016, section 4";

  /** An error within this of guessing is that of guessing. */
  private static final double MARGIN = 0.1;

  /** Numbers of blocks, or orders, from which on a course can be told. */
  private static final int COURSE = 4;

  private final Settings settings;
  private final List<Row> rows;
  private final List<String> networks;

  LesionFindings(Settings settings, List<Row> rows) {
    this.settings = settings;
    this.rows = rows;
    networks = Row.distinct(rows, "network");
  }

  Findings findings() {
    List<Claim> claims = new ArrayList<>();
    for (String network : networks) {
      single(claims, network);
      if (!Networks.isPlain(network)) {
        several(claims, network);
        shuffled(claims, network);
      }
    }
    return new Findings(
        claims,
        List.of(
            singles(),
            chart(
                "Error after several blocks are taken out",
                "blocks taken out",
                LesionExperiment.SEVERAL,
                "count"),
            chart(
                "Error after blocks changed places",
                "Kendall's tau between the order and the trained one",
                LesionExperiment.SHUFFLE,
                "kendall")),
        notes());
  }

  private List<Row> of(String network, String lesion) {
    return Row.where(rows, "network", network, "lesion", lesion);
  }

  /** A claim of a network that has learned something: of another it says nothing. */
  private static Claim of(List<Row> own, String claim, String measured, boolean holds) {
    double whole = own.get(0).number("error");
    return whole > own.get(0).number("chance") - 2 * MARGIN
        ? new Claim(
            SOURCE,
            claim,
            measured + "; whole it is hardly better than guessing",
            Verdict.NOT_MEASURED)
        : Claim.of(SOURCE, claim, measured, holds);
  }

  private void single(List<Claim> claims, String network) {
    List<Row> own = of(network, LesionExperiment.SINGLE);
    if (own.size() < 2) {
      return;
    }
    double whole = own.get(0).number("error");
    double chance = own.get(0).number("chance");
    double[] costs =
        own.stream().skip(1).mapToDouble(row -> row.number("error") - whole).sorted().toArray();
    double median = Stats.median(costs);
    long cheap = Arrays.stream(costs).filter(cost -> cost < 0.02).count();
    boolean plain = Networks.isPlain(network);
    claims.add(
        of(
            own,
            plain
                ? "a plain network falls to chance without any one of its layers (here: at the"
                    + " median to within ten points of it)"
                : "most blocks of a residual network can be taken out singly at little cost (here:"
                    + " under two points)",
            String.format(
                Locale.ROOT,
                "%s: error %.2f %%, by chance %.0f %%; without one block %.2f points more at the"
                    + " median, %.2f at most; %d of %d blocks cost under two points",
                network,
                100 * whole,
                100 * chance,
                100 * median,
                100 * costs[costs.length - 1],
                cheap,
                costs.length),
            plain ? whole + median > chance - MARGIN : 2 * cheap > costs.length));
  }

  /** The mean error of each number of blocks; smooth if no one step makes most of the rise. */
  private void several(List<Claim> claims, String network) {
    List<Row> own = of(network, LesionExperiment.SEVERAL);
    List<String> counts = Row.distinct(own, "count");
    if (counts.size() < COURSE) {
      return;
    }
    double[] errors =
        counts.stream()
            .mapToDouble(count -> Stats.mean(Row.column(Row.where(own, "count", count), "error")))
            .toArray();
    double rise = errors[errors.length - 1] - errors[0];
    int steepest = 1;
    for (int i = 2; i < errors.length; i++) {
      if (errors[i] - errors[i - 1] > errors[steepest] - errors[steepest - 1]) {
        steepest = i;
      }
    }
    double step = errors[steepest] - errors[steepest - 1];
    claims.add(
        of(
            own,
            "the error of a residual network rises smoothly with the number of blocks that are"
                + " taken out (here: no step makes more than half of the rise)",
            String.format(
                Locale.ROOT,
                "%s: from %.2f %% to %.2f %% without %s blocks, mean of %s draws; the steepest"
                    + " step, from %s to %s, is %.2f points",
                network,
                100 * errors[0],
                100 * errors[errors.length - 1],
                counts.get(counts.size() - 1),
                settings.text("draws"),
                counts.get(steepest - 1),
                counts.get(steepest),
                100 * step),
            rise > 0 && step <= rise / 2));
  }

  private void shuffled(List<Claim> claims, String network) {
    List<Row> own = of(network, LesionExperiment.SHUFFLE);
    if (own.size() < COURSE) {
      return;
    }
    double together = correlation(Row.column(own, "kendall"), Row.column(own, "error"));
    Row worst =
        own.stream().min(Comparator.comparingDouble(row -> row.number("kendall"))).orElseThrow();
    claims.add(
        of(
            own,
            "the further the order of a residual network's blocks from the trained one, by"
                + " Kendall's tau, the larger its error (here: a rank correlation of tau and error"
                + " of -0.5 or less)",
            String.format(
                Locale.ROOT,
                "%s: rank correlation %.2f over %d orders; error %.2f %% in the trained order, %.2f"
                    + " %% at the least tau, %.2f",
                network,
                together,
                own.size(),
                100 * own.get(0).number("error"),
                100 * worst.number("error"),
                worst.number("kendall")),
            together <= -0.5));
  }

  /**
   * Rank correlation, which is Kendall's tau once more; pairs that are equal in one of them count
   * for nothing.
   */
  private static double correlation(double[] a, double[] b) {
    int sum = 0;
    int pairs = 0;
    for (int i = 0; i < a.length; i++) {
      for (int j = i + 1; j < a.length; j++) {
        double both = Math.signum(a[i] - a[j]) * Math.signum(b[i] - b[j]);
        sum += (int) both;
        pairs += both == 0 ? 0 : 1;
      }
    }
    return pairs == 0 ? 0 : (double) sum / pairs;
  }

  private Chart singles() {
    List<Chart.Series> series = new ArrayList<>();
    for (String network : networks) {
      List<Double> x = new ArrayList<>();
      List<Double> y = new ArrayList<>();
      for (Row row : Row.where(of(network, LesionExperiment.SINGLE), "count", 1)) {
        x.add(x.size() + 1.0);
        y.add(row.number("error"));
      }
      series.add(new Chart.Series(network, x, y));
    }
    return Chart.lines("Error without one block", "block", "test error", series);
  }

  /** Means over the draws of each number of blocks or swaps, in the order of {@code column}. */
  private Chart chart(String title, String x, String lesion, String column) {
    List<Chart.Series> series = new ArrayList<>();
    for (String network : networks) {
      List<Row> own = of(network, lesion);
      List<double[]> points = new ArrayList<>();
      for (String count : Row.distinct(own, "count")) {
        List<Row> draws = Row.where(own, "count", count);
        points.add(
            new double[] {
              Stats.mean(Row.column(draws, column)), Stats.mean(Row.column(draws, "error"))
            });
      }
      points.sort(Comparator.comparingDouble(point -> point[0]));
      series.add(
          new Chart.Series(
              network,
              points.stream().map(point -> point[0]).toList(),
              points.stream().map(point -> point[1]).toList()));
    }
    return Chart.lines(title, x, "test error, mean of draws", series);
  }

  private List<String> notes() {
    List<String> notes = new ArrayList<>();
    notes.add(
        "Blocks that change the shape hurt most: their branch alone makes half of the channels. A"
            + " plain block is taken out by making it the identity; those that change the shape"
            + " cannot be.");
    notes.add(
        GivenWeights.words(settings)
            + (settings.text(GivenWeights.SETTING).isEmpty()
                ? "; --set weights=resnet4j:resnet56-cifar10,here takes one that is trained better."
                : "."));
    for (String network : networks) {
      List<Row> shuffles = Row.where(rows, "network", network, "lesion", LesionExperiment.SHUFFLE);
      if (!shuffles.isEmpty() && Row.where(shuffles, "what", "swaps").isEmpty()) {
        notes.add(
            network
                + ": nothing is shuffled, since no stage has two blocks that keep the shape and"
                + " could change places.");
      }
    }
    return notes;
  }
}
