package io.resnet4j.lab;

import io.resnet4j.lab.Findings.Claim;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What steps to a loss and drifts on the way come to. */
final class ConvergenceFindings {
  private static final String BATCH = "batch";
  private static final String NONE = "none";

  private final Settings settings;
  private final List<Row> rows;

  ConvergenceFindings(Settings settings, List<Row> rows) {
    this.settings = settings;
    this.rows = rows;
  }

  /**
   * The rows of a network with or without batch norm, at every rate.
   *
   * @param name in legends
   * @param rows of all parts
   */
  private record Runs(String name, List<Row> rows) {
    private List<Row> part(String part) {
      return Row.where(rows, "part", part);
    }

    /** The best rate's: the fewest steps, or where none got there the least loss. */
    Optional<Row> best() {
      return part(ConvergenceExperiment.RESULT).stream()
          .min(
              Comparator.comparing((Row row) -> !row.is("reached", true))
                  .thenComparingDouble(row -> row.number("steps"))
                  .thenComparingDouble(row -> row.number("least_loss")));
    }

    /** The rates at which it did not diverge. */
    List<String> rates() {
      return Row.distinct(Row.where(part(ConvergenceExperiment.RESULT), "diverged", false), "rate");
    }

    List<Row> curve(String rate) {
      return Row.where(part(ConvergenceExperiment.CURVE), "rate", rate);
    }

    List<Row> drifts(String rate) {
      return Row.where(part(ConvergenceExperiment.DRIFT), "rate", rate);
    }
  }

  private Runs runs(String network, String norm) {
    return new Runs(
        network + (norm.equals(BATCH) ? ", batch norm" : ", no norm"),
        Row.where(rows, "network", network, "norm", norm));
  }

  Findings findings() {
    List<Claim> claims = new ArrayList<>();
    for (String norm : Row.distinct(rows, "norm")) {
      faster(
          claims,
          "He et al. 2015, section 4.1",
          "shortcuts bring faster convergence at the early stage",
          runs(Networks.RESIDUAL, norm).best(),
          runs(Networks.PLAIN, norm).best());
    }
    for (String network : Row.distinct(rows, "network")) {
      faster(
          claims,
          "Ioffe and Szegedy 2015, section 4.2",
          "batch norm takes fewer steps to the same result",
          runs(network, BATCH).best(),
          runs(network, NONE).best());
    }
    Row.distinct(rows, "network").forEach(network -> drift(claims, network));
    return new Findings(claims, charts(), notes());
  }

  private void faster(
      List<Claim> claims, String source, String claim, Optional<Row> fast, Optional<Row> slow) {
    if (fast.isEmpty() || slow.isEmpty()) {
      return;
    }
    Row a = fast.get();
    Row b = slow.get();
    boolean neither = !a.is("reached", true) && !b.is("reached", true);
    double gain = neither ? least(b) - least(a) : b.number("steps") - a.number("steps");
    claims.add(Claim.of(source, claim, words(a) + " against " + words(b), gain > 0));
  }

  /** The least mean loss; the largest number where it diverged before there was one. */
  private static double least(Row row) {
    double least = row.number("least_loss");
    return Double.isFinite(least) ? least : Double.MAX_VALUE;
  }

  private String words(Row row) {
    return row.text("network")
        + (row.is("norm", BATCH) ? " with" : " without")
        + " batch norm "
        + (row.is("reached", true)
            ? row.text("steps") + " steps to a loss of " + settings.text("target")
            : "not within "
                + settings.text("steps")
                + " steps (least loss "
                + Numbers.text(row.number("least_loss"))
                + (row.is("diverged", true) ? ", diverged" : "")
                + ")")
        + " at rate "
        + row.text("rate");
  }

  /** Both at the largest rate at which neither diverged, since drift grows with the rate. */
  private void drift(List<Claim> claims, String network) {
    Optional<String> rate = commonRate(network);
    if (rate.isEmpty()) {
      return;
    }
    List<Row> with = runs(network, BATCH).drifts(rate.get());
    List<Row> without = runs(network, NONE).drifts(rate.get());
    if (with.isEmpty() || without.isEmpty()) {
      return;
    }
    String where = network + " at rate " + rate.get() + ": ";
    double a = median(with, "shift");
    double b = median(without, "shift");
    claims.add(
        Claim.of(
            "Ioffe and Szegedy 2015, section 2",
            "with batch norm the inputs of layers drift less from update to update",
            String.format(
                Locale.ROOT,
                "%stheir means move by %s of a deviation with it, %s without (median over layers"
                    + " and steps)",
                where,
                Numbers.text(a),
                Numbers.text(b)),
            a < b));
    double turned = median(with, "cosine");
    double straight = median(without, "cosine");
    claims.add(
        Claim.of(
            "Santurkar et al. 2018, section 2.2",
            "with batch norm a layer's gradient turns as much or more when the layers before it"
                + " move: its gain is not a smaller covariate shift",
            String.format(
                Locale.ROOT,
                "%scosine between the gradients before and after %.3f with it, %.3f without;"
                    + " relative change %s and %s (medians)",
                where,
                turned,
                straight,
                Numbers.text(median(with, "change")),
                Numbers.text(median(without, "change"))),
            turned <= straight));
  }

  private Optional<String> commonRate(String network) {
    List<String> without = runs(network, NONE).rates();
    return runs(network, BATCH).rates().stream()
        .filter(without::contains)
        .max(Comparator.comparingDouble(Double::parseDouble));
  }

  private static double median(List<Row> rows, String column) {
    return Stats.median(Row.column(rows, column));
  }

  private List<Chart> charts() {
    List<Chart.Series> curves = new ArrayList<>();
    List<Chart.Series> shifts = new ArrayList<>();
    List<Chart.Series> cosines = new ArrayList<>();
    for (String network : Row.distinct(rows, "network")) {
      for (String norm : Row.distinct(rows, "norm")) {
        Runs runs = runs(network, norm);
        runs.best()
            .map(row -> row.text("rate"))
            .ifPresent(
                rate ->
                    curves.add(
                        Chart.Series.of(
                            runs.name + ", rate " + rate,
                            runs.curve(rate),
                            "step",
                            each -> each.number("loss"))));
        commonRate(network)
            .ifPresent(
                rate -> {
                  shifts.add(byStep(runs.name, runs.drifts(rate), "shift"));
                  cosines.add(byStep(runs.name, runs.drifts(rate), "cosine"));
                });
      }
    }
    return List.of(
        Chart.lines("Training loss, each at its best rate", "step", "loss", curves),
        Chart.lines(
            "How far the means of layers' inputs move in an update",
            "step",
            "deviations, median of layers",
            shifts),
        Chart.lines(
            "How a layer's gradient turns when the layers before it move",
            "step",
            "cosine, median of layers",
            cosines));
  }

  private static Chart.Series byStep(String name, List<Row> drifts, String column) {
    List<Double> x = new ArrayList<>();
    List<Double> y = new ArrayList<>();
    for (String step : Row.distinct(drifts, "step")) {
      x.add(Double.parseDouble(step));
      y.add(median(Row.where(drifts, "step", step), column));
    }
    return new Chart.Series(name, x, y);
  }

  private List<String> notes() {
    return List.of(
        "Losses are means over the last "
            + settings.text("window")
            + " steps, at a rate that is constant after the recipe's warm-up; each network counts"
            + " at the best of the rates "
            + settings.text("rates")
            + ".",
        "The explanation of batch norm by a smaller internal covariate shift is contested: both"
            + " measures stand here, the drift of the inputs' means as the one paper words it and"
            + " the turn of the gradient as the other defines it. They need not agree.");
  }
}
