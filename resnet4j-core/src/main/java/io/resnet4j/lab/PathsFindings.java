package io.resnet4j.lab;

import io.resnet4j.lab.Findings.Claim;
import io.resnet4j.random.KeyedRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * What the norms of single paths come to: the mass of a length is the mean norm of its drawn paths
 * times the number of paths of that length. How sure that is comes from drawing again, with
 * replacement, from the paths that were drawn (bootstrap).
 */
final class PathsFindings {
  private static final String SOURCE = "Veit et al. 2016, section 4.3, figure 6";
  private static final int RESAMPLED = 1000;
  private static final double TAIL = 0.025;

  /** The paper's network, and the lengths in which it finds most of the gradient. */
  private static final int BLOCKS = 54;

  private static final int SHORT = 5;
  private static final int LONG = 17;

  /** A line explains what it is to explain from this R^2 on. */
  private static final double EXPLAINED = 0.9;

  private final int blocks;
  private final int[] lengths;
  private final double[][] norms;

  PathsFindings(List<Row> rows) {
    blocks = rows.get(0).integer("blocks");
    lengths = Row.distinct(rows, "length").stream().mapToInt(Integer::parseInt).toArray();
    norms = new double[lengths.length][];
    for (int i = 0; i < lengths.length; i++) {
      norms[i] = Row.column(Row.where(rows, "length", lengths[i]), "norm");
    }
  }

  Findings findings() {
    double[] means = Arrays.stream(norms).mapToDouble(Stats::mean).toArray();
    double[] shares = shares(means);
    Line line = line(means);
    String falls =
        "what one path brings falls exponentially with its length (here: a straight line explains"
            + " at least 90 % of the variance of the logarithm)";
    List<Claim> claims = new ArrayList<>();
    claims.add(
        line.points() < 3
            ? Claim.open(SOURCE, falls)
            : Claim.of(
                SOURCE,
                falls,
                "every further branch multiplies the norm by "
                    + Numbers.text(Math.pow(10, line.slope()))
                    + " (least squares on the logarithm of "
                    + line.points()
                    + " lengths, R^2 = "
                    + Numbers.text(line.explained())
                    + ")",
                line.slope() < 0 && line.explained() >= EXPLAINED));
    int from = quantile(shares, TAIL);
    int to = quantile(shares, 1 - TAIL);
    double[][] again = resampled();
    String shortest =
        "most of the gradient comes along short paths (there: of 54 blocks, through 5 to 17; here:"
            + " 95 % of it through fewer than half of the blocks)";
    if (spacing() > Math.max(2, blocks / 8)) {
      // Too few lengths to say which of them matter.
      claims.add(Claim.open(SOURCE, shortest));
      return new Findings(claims, charts(means, shares), notes());
    }
    claims.add(
        Claim.of(
            SOURCE,
            shortest,
            String.format(
                Locale.ROOT,
                "95 %% of the mass of %d blocks lies in lengths %d to %d, which %s of all paths"
                    + " have (these bounds themselves: %.0f to %.0f and %.0f to %.0f in 95 %% of %d"
                    + " draws with replacement)",
                blocks,
                from,
                to,
                percent(paths(blocks, from, to)),
                at(again[0], TAIL),
                at(again[0], 1 - TAIL),
                at(again[1], TAIL),
                at(again[1], 1 - TAIL),
                RESAMPLED),
            to < 0.5 * blocks));
    if (blocks == BLOCKS) {
      double within = within(shares);
      claims.add(
          Claim.of(
              SOURCE,
              "most of the mass lies in lengths 5 to 17, which "
                  + percent(paths(BLOCKS, SHORT, LONG))
                  + " of all paths have",
              String.format(
                  Locale.ROOT,
                  "%.1f %% of it do (%.1f to %.1f in 95 %% of the draws)",
                  100 * within,
                  100 * at(again[2], TAIL),
                  100 * at(again[2], 1 - TAIL)),
              within > 0.5));
    }
    return new Findings(claims, charts(means, shares), notes());
  }

  /** The widest gap between two lengths that were measured. */
  private int spacing() {
    return IntStream.range(1, lengths.length)
        .map(i -> lengths[i] - lengths[i - 1])
        .max()
        .orElse(blocks);
  }

  private List<Chart> charts(double[] means, double[] shares) {
    List<Double> x = Arrays.stream(lengths).mapToObj(Double::valueOf).toList();
    return List.of(
        Chart.lines(
            "What one path brings",
            "branches on the path",
            "log10 |gradient|",
            List.of(
                new Chart.Series(
                    "mean of draws", x, Arrays.stream(means).map(Math::log10).boxed().toList()))),
        Chart.lines(
            "What all paths of a length bring",
            "branches on the path",
            "share of the mass",
            List.of(new Chart.Series("mass", x, Arrays.stream(shares).boxed().toList()))));
  }

  private static List<String> notes() {
    return List.of(
        "The mass of a length is the mean norm of its drawn paths times their number, as in the"
            + " paper; norms of different paths do not add up to the norm of the gradient.");
  }

  /** Of each length, of the mass of all lengths that were measured. */
  private double[] shares(double[] means) {
    double[] logs =
        IntStream.range(0, means.length)
            .mapToDouble(i -> Math.log(means[i]) + logChoose(blocks, lengths[i]))
            .toArray();
    double most = Arrays.stream(logs).max().orElse(0);
    double[] masses = Arrays.stream(logs).map(log -> Math.exp(log - most)).toArray();
    double total = Arrays.stream(masses).sum();
    return Arrays.stream(masses).map(mass -> mass / total).toArray();
  }

  /** The first length up to which so much of the mass lies. */
  private int quantile(double[] shares, double part) {
    double sum = 0;
    for (int i = 0; i < shares.length; i++) {
      sum += shares[i];
      if (sum >= part) {
        return lengths[i];
      }
    }
    return lengths[lengths.length - 1];
  }

  private double within(double[] shares) {
    return IntStream.range(0, shares.length)
        .filter(i -> lengths[i] >= SHORT && lengths[i] <= LONG)
        .mapToDouble(i -> shares[i])
        .sum();
  }

  /** Sorted: both bounds of the mass, and what lies in the paper's lengths, each time anew. */
  private double[][] resampled() {
    KeyedRandom random = KeyedRandom.of(0, "lab/paths/bootstrap");
    double[][] found = new double[3][RESAMPLED];
    for (int k = 0; k < RESAMPLED; k++) {
      double[] means = new double[norms.length];
      for (int i = 0; i < norms.length; i++) {
        for (int j = 0; j < norms[i].length; j++) {
          means[i] += norms[i][random.nextInt(norms[i].length)] / norms[i].length;
        }
      }
      double[] shares = shares(means);
      found[0][k] = quantile(shares, TAIL);
      found[1][k] = quantile(shares, 1 - TAIL);
      found[2][k] = within(shares);
    }
    Arrays.stream(found).forEach(Arrays::sort);
    return found;
  }

  private static double at(double[] sorted, double part) {
    return sorted[(int) Math.round(part * (sorted.length - 1))];
  }

  /** The share of all paths whose length lies from {@code least} to {@code most}. */
  static double paths(int blocks, int least, int most) {
    return IntStream.rangeClosed(least, most)
        .mapToDouble(length -> Math.exp(logChoose(blocks, length) - blocks * Math.log(2)))
        .sum();
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * share);
  }

  private static double logChoose(int n, int k) {
    double sum = 0;
    for (int i = 1; i <= k; i++) {
      sum += Math.log((double) (n - k + i) / i);
    }
    return sum;
  }

  /**
   * A straight line by least squares.
   *
   * @param points that it goes through
   * @param slope of it
   * @param explained share of the variance, R^2
   */
  private record Line(int points, double slope, double explained) {}

  /** Of the logarithm of the norm by the length; norms that are zero or not finite are left out. */
  private Line line(double[] means) {
    int[] usable =
        IntStream.range(0, means.length)
            .filter(i -> Double.isFinite(Math.log10(means[i])))
            .toArray();
    double x = Arrays.stream(usable).mapToDouble(i -> lengths[i]).average().orElse(0);
    double y = Arrays.stream(usable).mapToDouble(i -> Math.log10(means[i])).average().orElse(0);
    double top = 0;
    double bottom = 0;
    double whole = 0;
    for (int i : usable) {
      double off = Math.log10(means[i]) - y;
      top += (lengths[i] - x) * off;
      bottom += (lengths[i] - x) * (lengths[i] - x);
      whole += off * off;
    }
    return new Line(usable.length, top / bottom, top * top / (bottom * whole));
  }
}
