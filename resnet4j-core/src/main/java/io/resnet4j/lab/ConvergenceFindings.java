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
  private static final String STEPS = "steps";
  private static final String LOSS = "least_loss";

  private final Settings settings;
  private final List<Row> rows;

  ConvergenceFindings(Settings settings, List<Row> rows) {
    this.settings = settings;
    this.rows = rows;
  }

  /**
   * The rows of a network with or without batch norm, at every rate and with every seed.
   *
   * @param name in legends
   * @param rows of all parts
   */
  private record Runs(String name, List<Row> rows) {
    private List<Row> part(String part) {
      return Row.where(rows, "part", part);
    }

    /** A row for each seed. */
    List<Row> results(String rate) {
      return Row.where(part(ConvergenceExperiment.RESULT), "rate", rate);
    }

    /** The best rate: the fewest steps, or where no seed got there the least loss. */
    Optional<String> best() {
      return Row.distinct(part(ConvergenceExperiment.RESULT), "rate").stream()
          .min(
              Comparator.comparing((String rate) -> reached(results(rate)) == 0)
                  .thenComparingDouble(rate -> mean(rate, STEPS))
                  .thenComparingDouble(rate -> mean(rate, LOSS)));
    }

    private double mean(String rate, String column) {
      return Stats.mean(Row.column(results(rate), column));
    }

    /** The rates at which it diverged with no seed. */
    List<String> rates() {
      return Row.distinct(part(ConvergenceExperiment.RESULT), "rate").stream()
          .filter(rate -> results(rate).stream().allMatch(row -> row.is("diverged", false)))
          .toList();
    }

    List<Row> curve(String rate, String seed) {
      return Row.where(part(ConvergenceExperiment.CURVE), "rate", rate, "seed", seed);
    }

    List<Row> drifts(String rate) {
      return Row.where(part(ConvergenceExperiment.DRIFT), "rate", rate);
    }
  }

  private static long reached(List<Row> results) {
    return results.stream().filter(row -> row.is("reached", true)).count();
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
          runs(Networks.RESIDUAL, norm),
          runs(Networks.PLAIN, norm));
    }
    for (String network : Row.distinct(rows, "network")) {
      faster(
          claims,
          "Ioffe and Szegedy 2015, section 4.2",
          "batch norm takes fewer steps to the same result",
          runs(network, BATCH),
          runs(network, NONE));
    }
    Row.distinct(rows, "network").forEach(network -> drift(claims, network));
    return new Findings(claims, charts(), notes());
  }

  /** By the steps; where neither gets there with any seed, by the losses that they come to. */
  private void faster(List<Claim> claims, String source, String claim, Runs fast, Runs slow) {
    Optional<String> rate = fast.best();
    Optional<String> other = slow.best();
    if (rate.isEmpty() || other.isEmpty()) {
      return;
    }
    List<Row> a = fast.results(rate.get());
    List<Row> b = slow.results(other.get());
    String column = reached(a) + reached(b) == 0 ? LOSS : STEPS;
    claims.add(
        Claim.below(
            source,
            claim,
            words(a) + " against " + words(b),
            Row.column(a, column),
            Row.column(b, column)));
  }

  private String words(List<Row> results) {
    Row one = results.get(0);
    long missed = results.size() - reached(results);
    String least = Numbers.mean(Row.column(results, LOSS));
    return one.text("network")
        + (one.is("norm", BATCH) ? " with" : " without")
        + " batch norm "
        + (missed == results.size()
            ? "not within " + settings.text("steps") + " steps, least loss " + least
            : Numbers.mean(Row.column(results, STEPS))
                + " steps to a loss of "
                + settings.text("target")
                + (missed == 0
                    ? ""
                    : ", of which "
                        + missed
                        + " of "
                        + results.size()
                        + " seeds never got there and count with "
                        + settings.text("steps")))
        + (Row.where(results, "diverged", true).isEmpty() ? "" : ", diverged")
        + ", at rate "
        + one.text("rate");
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
    double[] a = medians(with, "shift");
    double[] b = medians(without, "shift");
    claims.add(
        Claim.below(
            "Ioffe and Szegedy 2015, section 2",
            "with batch norm the inputs of layers drift less from update to update",
            String.format(
                Locale.ROOT,
                "%stheir means move by %s of a deviation with it, %s without (median over layers"
                    + " and steps)",
                where,
                Numbers.mean(a),
                Numbers.mean(b)),
            a,
            b));
    double[] turned = medians(with, "cosine");
    double[] straight = medians(without, "cosine");
    claims.add(
        Claim.below(
            "Santurkar et al. 2018, section 2.2",
            "with batch norm a layer's gradient turns as much or more when the layers before it"
                + " move: its gain is not a smaller covariate shift",
            String.format(
                Locale.ROOT,
                "%scosine between the gradients before and after %s with it, %s without;"
                    + " relative change %s and %s (medians)",
                where,
                Numbers.mean(turned),
                Numbers.mean(straight),
                Numbers.text(median(with, "change")),
                Numbers.text(median(without, "change"))),
            turned,
            straight));
  }

  private Optional<String> commonRate(String network) {
    List<String> without = runs(network, NONE).rates();
    return runs(network, BATCH).rates().stream()
        .filter(without::contains)
        .max(Comparator.comparingDouble(Double::parseDouble));
  }

  /** Of each seed. */
  private static double[] medians(List<Row> rows, String column) {
    return Row.distinct(rows, "seed").stream()
        .mapToDouble(seed -> median(Row.where(rows, "seed", seed), column))
        .toArray();
  }

  private static double median(List<Row> rows, String column) {
    return Stats.median(Row.column(rows, column));
  }

  private List<Chart> charts() {
    String seed = Row.distinct(rows, "seed").get(0);
    List<Chart.Series> curves = new ArrayList<>();
    List<Chart.Series> shifts = new ArrayList<>();
    List<Chart.Series> cosines = new ArrayList<>();
    for (String network : Row.distinct(rows, "network")) {
      for (String norm : Row.distinct(rows, "norm")) {
        Runs runs = runs(network, norm);
        runs.best()
            .ifPresent(
                rate ->
                    curves.add(
                        Chart.Series.of(
                            runs.name + ", rate " + rate,
                            runs.curve(rate, seed),
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
        Chart.lines("Training loss, each at its best rate, seed " + seed, "step", "loss", curves),
        Chart.lines(
            "How far the means of layers' inputs move in an update",
            "step",
            "deviations, median of layers and seeds",
            shifts),
        Chart.lines(
            "How a layer's gradient turns when the layers before it move",
            "step",
            "cosine, median of layers and seeds",
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
            + " at the rate of "
            + settings.text("rates")
            + " that is best over its seeds.",
        "The explanation of batch norm by a smaller internal covariate shift is contested: both"
            + " measures stand here, the drift of the inputs' means as the one paper words it and"
            + " the turn of the gradient as the other defines it. They need not agree.");
  }
}
