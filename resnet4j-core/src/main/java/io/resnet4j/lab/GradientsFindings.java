package io.resnet4j.lab;

import io.resnet4j.lab.Findings.Claim;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** What the numbers of {@link GradientsExperiment} come to. */
final class GradientsFindings {
  private static final String HE_2015 = "He et al. 2015, section 4.1";
  private static final String HE_2016 = "He et al. 2016, equation 5 and section 4.1";

  private final List<Row> all;

  /** Those before the first update, which the claims are about. */
  private final List<Row> rows;

  private final List<Claim> claims = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  GradientsFindings(List<Row> rows) {
    all = rows;
    this.rows = Row.where(rows, GradientsExperiment.STEP, 0);
  }

  Findings findings() {
    List<Chart> charts = new ArrayList<>();
    if (!rows.isEmpty()) {
      String deepest = deepest(rows);
      vanishing(deepest);
      relu(deepest);
      parts();
      underflow();
      charts.addAll(charts(deepest));
      charts.addAll(ratios());
      if (Row.distinct(rows, "initialiser").size() + Row.distinct(rows, "precision").size() > 2) {
        notes.add(
            "Claims and the gradients of single blocks are those of the deepest networks with the"
                + " first initialiser and precision that were given; the charts by depth show"
                + " all.");
      }
    }
    if (all.size() > rows.size()) {
      charts.addAll(along(deepest(all)));
    }
    return new Findings(claims, charts, notes);
  }

  private static String deepest(List<Row> rows) {
    return Row.distinct(rows, "depth").stream()
        .max(Comparator.comparingInt(Integer::parseInt))
        .orElseThrow();
  }

  /** |dL/dx| entering the first unit over that entering the last. */
  private OptionalDouble ratio(Object... which) {
    List<Row> cell = Row.where(rows, which);
    return cell.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(ratio(cell));
  }

  private static double ratio(List<Row> cell) {
    return entering(cell.get(0)) / entering(cell.get(cell.size() - 1));
  }

  /**
   * |dL/dx| where a unit begins: where shortcut and branch part. He et al. 2016 put the activation
   * of the first unit before its split; a plain network's block begins with its input.
   */
  private static double entering(Row row) {
    double parted = row.number("gradient");
    return Double.isNaN(parted) ? row.number("entering") : parted;
  }

  private OptionalDouble ratio(String depth, String network, String activation, String norm) {
    String initialiser = Row.distinct(rows, "initialiser").get(0);
    String precision = Row.distinct(rows, "precision").get(0);
    return ratio(
        "depth",
        depth,
        "network",
        network,
        "activation",
        activation,
        "norm",
        norm,
        "initialiser",
        initialiser,
        "precision",
        precision);
  }

  private void vanishing(String depth) {
    String what = "depth " + depth + ", sigmoid, no batch norm: ";
    double gone = vanished(1e-20, depth);
    String claim =
        "gradients vanish on their way through a plain network (here: a ratio below "
            + Numbers.text(gone)
            + ")";
    ratio(depth, Networks.PLAIN, "sigmoid", "none")
        .ifPresentOrElse(
            r -> claims.add(Claim.of(HE_2015, claim, what + first(r), r < gone)),
            () -> claims.add(Claim.open(HE_2015, claim)));
    String identity =
        "with identity shortcuts and pre-activation the gradient does not vanish, however deep"
            + " (here: a ratio above 0.01)";
    ratio(depth, Networks.PREACTIVATED, "sigmoid", "none")
        .ifPresentOrElse(
            r -> {
              claims.add(Claim.of(HE_2016, identity, what + first(r), r > 1e-2));
              notes.add(
                  "With pre-activation the gradient is not quite unchanged: the units that change"
                      + " the shape, one at the head of each later stage, share their activation"
                      + " with the shortcut, and each of these takes a factor of at most 1/4 with"
                      + " a sigmoid.");
            },
            () -> claims.add(Claim.open(HE_2016, identity)));
    ratio(depth, Networks.RESIDUAL, "sigmoid", "none")
        .ifPresent(
            r ->
                claims.add(
                    Claim.of(
                        HE_2016,
                        "the unit of 2015 keeps no clean path: its activation stands behind the"
                            + " addition (here: a ratio below "
                            + Numbers.text(vanished(1e-6, depth))
                            + ")",
                        what
                            + first(r)
                            + ". Every block multiplies what passes, shortcut and branch alike, by"
                            + " the derivative of the activation behind the sum, at most 1/4 for a"
                            + " sigmoid. The unit of 2016 has nothing behind the sum: its shortcuts"
                            + " are a chain of ones",
                        r < vanished(1e-6, depth))));
  }

  /** A bar of 56 layers, for another depth: by as much a layer. */
  private static double vanished(double bar, String depth) {
    return Math.pow(bar, (Integer.parseInt(depth) - 2) / 54.0);
  }

  private static String first(double ratio) {
    return String.format(
        Locale.ROOT,
        "the gradient entering the first block is %s times that entering the last",
        Numbers.text(ratio));
  }

  private void relu(String depth) {
    ratio(depth, Networks.PLAIN, "relu", "none")
        .ifPresent(
            r -> {
              List<Row> plain = cell(depth, Networks.PLAIN, "none");
              Row last = plain.get(plain.size() - 1);
              claims.add(
                  Claim.of(
                      "He et al. 2015, section 4.1: \"unlikely to be caused by vanishing"
                          + " gradients\"",
                      "with ReLU and He initialisation plain networks do not vanish at the start",
                      "depth " + depth + ", ReLU, no batch norm: " + first(r),
                      r > 1e-3));
              notes.add(
                  "What does go wrong with a plain ReLU network at the start: different pictures"
                      + " become alike. Behind the last block the mean cosine between the features"
                      + " of two pictures is "
                      + Numbers.text(last.number("similarity"))
                      + " at depth "
                      + depth
                      + similarityElsewhere(depth)
                      + "; the gradient arrives, but it says nearly the same of every picture.");
            });
    ratio(depth, Networks.PLAIN, "relu", "batch")
        .ifPresent(
            r ->
                notes.add(
                    "With batch norm a plain ReLU network's gradient grows backwards instead: "
                        + first(r)
                        + " at depth "
                        + depth
                        + ratio(depth, Networks.RESIDUAL, "relu", "batch").stream()
                            .mapToObj(s -> "; with shortcuts " + Numbers.text(s) + " times")
                            .findFirst()
                            .orElse("")
                        + "."));
  }

  private String similarityElsewhere(String depth) {
    List<Row> other = cell(depth, Networks.PREACTIVATED, "none");
    return other.isEmpty()
        ? ""
        : ", with pre-activated blocks "
            + Numbers.text(other.get(other.size() - 1).number("similarity"));
  }

  private List<Row> cell(String depth, String network, String norm) {
    return Row.where(
        rows,
        "depth",
        depth,
        "network",
        network,
        "activation",
        "relu",
        "norm",
        norm,
        "initialiser",
        Row.distinct(rows, "initialiser").get(0),
        "precision",
        Row.distinct(rows, "precision").get(0));
  }

  private void parts() {
    for (String precision : Row.distinct(rows, "precision")) {
      double bar = precision.equals("f64") ? 1e-9 : 1e-5;
      // A plain network's blocks have no parts.
      double[] gaps =
          Row.where(rows, "precision", precision).stream()
              .filter(row -> !row.is("network", Networks.PLAIN))
              .mapToDouble(row -> row.number("gap"))
              .toArray();
      double[] finite = Arrays.stream(gaps).filter(Double::isFinite).toArray();
      int broken = gaps.length - finite.length;
      if (gaps.length > 0) {
        double worst = Arrays.stream(finite).max().orElse(Double.NaN);
        claims.add(
            Claim.of(
                "the chain rule: dH/dx = 1 + dF/dx",
                "at every block input the gradient is what comes through the shortcut plus what"
                    + " comes through the branch",
                precision
                    + ": they differ by at most "
                    + Numbers.text(worst)
                    + " of the gradient"
                    + (broken == 0
                        ? ""
                        : "; at "
                            + broken
                            + " of "
                            + gaps.length
                            + " block inputs the difference is not finite"),
                broken == 0 && worst <= bar));
      }
    }
  }

  /** Gradients that single precision has lost and double precision has not. */
  private void underflow() {
    List<String> lost = new ArrayList<>();
    for (Row row : Row.where(rows, "precision", "f32", "block", 1)) {
      if (entering(row) == 0) {
        lost.add(
            row.text("network")
                + " "
                + row.text("depth")
                + " "
                + row.text("activation")
                + (row.is("norm", "none") ? " without" : " with")
                + " batch norm"
                + double64(row));
      }
    }
    if (!lost.isEmpty()) {
      notes.add(
          "Underflow: in f32, whose smallest number is 1.4e-45, the gradient entering the first"
              + " block is exactly zero in "
              + String.join("; ", lost)
              + ".");
    }
  }

  private String double64(Row row) {
    List<Row> wide =
        Row.where(
            rows,
            "precision",
            "f64",
            "block",
            1,
            "depth",
            row.text("depth"),
            "network",
            row.text("network"),
            "activation",
            row.text("activation"),
            "norm",
            row.text("norm"),
            "initialiser",
            row.text("initialiser"));
    return wide.isEmpty() ? "" : " (f64: " + Numbers.text(entering(wide.get(0))) + ")";
  }

  private List<Chart> charts(String depth) {
    List<Chart> charts = new ArrayList<>();
    List<Row> first =
        Row.where(
            rows,
            "depth",
            depth,
            "precision",
            Row.distinct(rows, "precision").get(0),
            "initialiser",
            Row.distinct(rows, "initialiser").get(0));
    for (String norm : Row.distinct(first, "norm")) {
      for (String activation : Row.distinct(first, "activation")) {
        List<Chart.Series> series = new ArrayList<>();
        for (String network : Row.distinct(first, "network")) {
          series.add(
              Chart.Series.of(
                  network,
                  Row.where(first, "norm", norm, "activation", activation, "network", network),
                  "block",
                  row -> Math.log10(entering(row))));
        }
        charts.add(
            Chart.lines(
                "Gradient entering each block: " + conditions(depth, activation, norm),
                "block",
                "log10 |dL/dx|",
                series));
      }
    }
    for (String activation : Row.distinct(first, "activation")) {
      List<Chart.Series> shares = new ArrayList<>();
      for (String network : Row.distinct(first, "network")) {
        for (String norm : Row.distinct(first, "norm")) {
          List<Row> cell =
              Row.where(first, "norm", norm, "activation", activation, "network", network);
          if (!cell.isEmpty() && !network.equals(Networks.PLAIN)) {
            shares.add(
                Chart.Series.of(
                    network + (norm.equals("none") ? ", no batch norm" : ", batch norm"),
                    cell,
                    "block",
                    row -> row.number("shortcut_share")));
          }
        }
      }
      if (!shares.isEmpty()) {
        charts.add(
            Chart.lines(
                "Share of the gradient that comes through the shortcut: " + activation,
                "block",
                "<g_s, g> / |g|^2",
                shares));
      }
    }
    return charts;
  }

  /** The ratio of the gradients by the depth, of every combination that was measured. */
  private List<Chart> ratios() {
    List<Chart> charts = new ArrayList<>();
    for (String norm : Row.distinct(rows, "norm")) {
      for (String activation : Row.distinct(rows, "activation")) {
        List<Row> own = Row.where(rows, "norm", norm, "activation", activation);
        List<Chart.Series> series = new ArrayList<>();
        for (String network : Row.distinct(own, "network")) {
          for (String initialiser : Row.distinct(own, "initialiser")) {
            for (String precision : Row.distinct(own, "precision")) {
              series.add(
                  by(
                      "depth",
                      String.join(", ", network, initialiser, precision),
                      Row.where(
                          own,
                          "network",
                          network,
                          "initialiser",
                          initialiser,
                          "precision",
                          precision)));
            }
          }
        }
        charts.add(
            Chart.lines(
                "Gradient entering the first block over that entering the last, by depth: "
                    + conditions(activation, norm),
                "depth",
                "log10 of the ratio",
                series));
      }
    }
    return charts;
  }

  /** The ratio of the gradients by the values of a column. */
  private static Chart.Series by(String column, String name, List<Row> own) {
    List<Double> x = new ArrayList<>();
    List<Double> y = new ArrayList<>();
    for (String value : Row.distinct(own, column)) {
      x.add(Double.parseDouble(value));
      y.add(Math.log10(ratio(Row.where(own, column, value))));
    }
    return new Chart.Series(name, x, y);
  }

  /** The ratio of the gradients by the steps of training that were looked at. */
  private List<Chart> along(String depth) {
    List<Row> first =
        Row.where(
            all,
            "depth",
            depth,
            "precision",
            Row.distinct(all, "precision").get(0),
            "initialiser",
            Row.distinct(all, "initialiser").get(0));
    List<Chart> charts = new ArrayList<>();
    for (String norm : Row.distinct(first, "norm")) {
      for (String activation : Row.distinct(first, "activation")) {
        List<Chart.Series> series = new ArrayList<>();
        for (String network : Row.distinct(first, "network")) {
          series.add(
              by(
                  GradientsExperiment.STEP,
                  network,
                  Row.where(first, "norm", norm, "activation", activation, "network", network)));
        }
        charts.add(
            Chart.lines(
                "Gradient entering the first block over that entering the last, along training: "
                    + conditions(depth, activation, norm),
                "step",
                "log10 of the ratio",
                series));
      }
    }
    return charts;
  }

  private static String conditions(String depth, String activation, String norm) {
    return "depth " + depth + ", " + conditions(activation, norm);
  }

  private static String conditions(String activation, String norm) {
    return activation + (norm.equals("none") ? ", no batch norm" : ", batch norm");
  }
}
