package io.resnet4j.lab;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSplits;
import io.resnet4j.lab.Findings.Claim;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.ResNetSpec;
import io.resnet4j.nn.HeadKind;
import io.resnet4j.train.Recipes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Any networks, heads, optimisers, losses and schedules at the same budget. */
final class CompareExperiment implements Experiment {
  private static final String ARM = "arm";
  private static final List<String> FACTORS =
      List.of("model", "head", "optimiser", "loss", "schedule");
  private static final String POOL = "pool";
  private static final String FLATTEN = "flatten";
  private static final List<String> OPTIMISERS =
      List.of("sgd", "adam", "adamw", "rmsprop", "lars", "lamb", "muon");
  private static final Map<String, List<String>> LOSSES =
      Map.of(
          "cross_entropy", List.of(),
          "smoothed", List.of("labelSmoothing=0.1"),
          "focal", List.of("focus=2"),
          "binary_cross_entropy", List.of("loss=binary_cross_entropy"));
  private static final List<String> SCHEDULES =
      List.of("constant", "multistep", "cosine", "polynomial", "exponential", "onecycle");

  /**
   * What is known of two values of a factor.
   *
   * @param factor of which they are
   * @param pair what the two match, written one after the other: the first ends with the lower test
   *     error; names of networks go on alike
   * @param source who claims it
   * @param claim what is claimed
   */
  private record Known(String factor, String pair, String source, String claim) {
    boolean isOf(String lower, String higher) {
      return (lower + " " + higher).matches(pair);
    }
  }

  private static final List<Known> KNOWN =
      List.of(
          new Known(
              "optimiser",
              "sgd(:\\S+)? adamw?(:\\S+)?",
              "Wilson et al. 2017, arXiv:1705.08292, section 4",
              "adaptive methods end with a higher test error than SGD with momentum"),
          new Known(
              "schedule",
              "cosine constant",
              "Bottou, Curtis and Nocedal 2018, arXiv:1606.04838, section 4",
              "a learning rate that falls ends lower than a constant one"),
          new Known(
              "loss",
              "smoothed cross_entropy",
              "Szegedy et al. 2016, arXiv:1512.00567, section 7",
              "label smoothing lowers the test error (there: by 0.2 points)"),
          new Known(
              "model",
              "resnet(\\S+) plain\\1",
              "He et al. 2015, section 4.1",
              "a network without shortcuts ends with the higher error"),
          new Known(
              "head",
              POOL + " " + FLATTEN,
              "Lin, Chen and Yan 2013, arXiv:1312.4400, section 4.6",
              "a global average pool ends with a lower test error than an affine map of all"
                  + " positions"));

  @Override
  public String name() {
    return "compare";
  }

  @Override
  public String question() {
    return "What is better at the same budget? Every combination of the networks, heads,"
        + " optimisers, losses and schedules that are given, the same steps and pictures for each.";
  }

  @Override
  public String source() {
    return "Wilson et al. 2017, arXiv:1705.08292; Szegedy et al. 2016, arXiv:1512.00567;"
        + " Lin, Chen and Yan 2013, arXiv:1312.4400";
  }

  @Override
  public Settings settings(boolean full) {
    return Arm.settings(
        name(),
        "0,1,2",
        full ? "50000" : "10000",
        full ? "8000" : "100",
        ShortTraining.USUAL,
        "models",
        full ? "resnet20,resnet56,plain56" : "resnet20",
        "shrink",
        full ? "1" : "3",
        "heads",
        POOL,
        "optimisers",
        full ? "sgd:0.2,adamw:0.002,muon:0.02" : "sgd:0.2,adamw:0.002",
        "losses",
        "cross_entropy,smoothed",
        "schedules",
        "cosine,constant");
  }

  @Override
  public List<Map<String, Object>> cells(Settings settings) {
    List<String> heads = settings.oneOf("heads", List.of(POOL, FLATTEN));
    for (String model : settings.names("models")) {
      heads.forEach(head -> spec(model, head, settings));
    }
    List<String> optimisers = settings.names("optimisers");
    for (String optimiser : optimisers) {
      settings.requireOne("optimisers", kind(optimiser), OPTIMISERS);
      Recipes.all().get(0).with("learningRate", rate(optimiser, "1"));
    }
    return Arm.cells(settings, "model", settings.names("models")).stream()
        .flatMap(
            cell ->
                Cells.of(cell)
                    .by("head", heads)
                    .by("optimiser", optimisers)
                    .by(
                        "loss",
                        settings.oneOf("losses", LOSSES.keySet().stream().sorted().toList()))
                    .by("schedule", settings.oneOf("schedules", SCHEDULES))
                    .list()
                    .stream())
        .toList();
  }

  private static ModelSpec spec(String model, String head, Settings settings) {
    ModelSpec spec = Widths.shortened(model, settings.integer("shrink", 1));
    if (head.equals(POOL)) {
      return spec;
    }
    if (spec instanceof ResNetSpec resnet) {
      return resnet.with(d -> d.headKind(HeadKind.FLATTEN));
    }
    throw new InvalidInputException(
        "compare: heads="
            + head
            + ": "
            + model
            + " is not a residual network, whose head can be exchanged; give heads=pool, or"
            + " residual networks only");
  }

  private static String kind(String optimiser) {
    return optimiser.split(":", 2)[0];
  }

  private static String rate(String optimiser, String otherwise) {
    int colon = optimiser.indexOf(':');
    return colon < 0 ? otherwise : optimiser.substring(colon + 1);
  }

  @Override
  public void require(Settings settings, DataSplits data) {
    data.test();
  }

  @Override
  public List<Map<String, Object>> measure(
      Map<String, Object> cell, Settings settings, Bench bench) {
    String optimiser = (String) cell.get("optimiser");
    List<String> changes = new ArrayList<>(LOSSES.get((String) cell.get("loss")));
    changes.add("optimiser=" + kind(optimiser));
    if (optimiser.contains(":")) {
      changes.add("learningRate=" + rate(optimiser, ""));
    }
    changes.add("schedule=" + cell.get("schedule"));
    String name = String.join(" ", FACTORS.stream().map(f -> String.valueOf(cell.get(f))).toList());
    Bench limited = Arm.bench(settings, bench);
    List<Map<String, Object>> rows =
        new Arm(
                name,
                Networks.fitted(
                    spec((String) cell.get("model"), (String) cell.get("head"), settings),
                    limited.data()),
                changes)
            .measure(settings, limited, (int) cell.get("seed"));
    rows.forEach(row -> row.put(ARM, name));
    return rows;
  }

  @Override
  public Findings findings(Settings settings, List<Row> rows) {
    List<Claim> claims = new ArrayList<>();
    List<Row> last = Row.where(rows, "final", true);
    for (Known known : KNOWN) {
      List<String> values = Row.distinct(rows, known.factor());
      for (String lower : values) {
        for (String higher : values) {
          if (known.isOf(lower, higher)) {
            effect(claims, last, known, lower, higher);
          }
        }
      }
    }
    return Arm.findings(
        rows,
        ARM,
        claims,
        List.of(
            Arm.bars(
                rows,
                ARM,
                "Error at the same budget, mean over seeds",
                "error",
                "test_error",
                "test",
                "train_error",
                "training"),
            Arm.curves(rows, ARM, "Training error", "train_error")),
        notes(rows));
  }

  private static List<String> notes(List<Row> rows) {
    List<String> notes = new ArrayList<>();
    notes.add(
        "Rates are given, not searched: an optimiser's place depends on its rate as much as on its"
            + " rule. Losses are compared by the error they lead to; their own values are not"
            + " comparable.");
    if (Row.distinct(rows, "head").contains(FLATTEN)) {
      notes.add(
          "A head that flattens has more weights, one for each position, channel and class; the"
              + " column parameters says how many.");
    }
    return notes;
  }

  /**
   * The difference between two values of a factor, all else being equal: a number for each pair.
   *
   * @param last of one seed
   */
  private static double[] differences(List<Row> last, String factor, String lower, String higher) {
    List<Double> found = new ArrayList<>();
    for (Row row : Row.where(last, factor, lower)) {
      last.stream()
          .filter(other -> other.is(factor, higher))
          .filter(
              other ->
                  FACTORS.stream()
                      .filter(f -> !f.equals(factor))
                      .allMatch(f -> other.is(f, row.text(f))))
          .forEach(other -> found.add(other.number("test_error") - row.number("test_error")));
    }
    return found.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static String sureness(double[] gains, int pairs) {
    String alike = "; pairs that are alike in all else: " + pairs + ")";
    return gains.length > 1
        ? String.format(
                Locale.ROOT,
                " ± %.2f (95 %% over %d seeds",
                100 * Stats.interval(gains),
                gains.length)
            + alike
        : " (one seed" + alike;
  }

  /** A mean over its pairs is one number of each seed: pairs of a seed share its chance. */
  private static void effect(
      List<Claim> claims, List<Row> last, Known known, String lower, String higher) {
    List<double[]> found =
        Row.distinct(last, "seed").stream()
            .map(seed -> Row.where(last, "seed", seed))
            .map(own -> differences(own, known.factor(), lower, higher))
            .filter(pairs -> pairs.length > 0)
            .toList();
    double[] gains = found.stream().mapToDouble(Stats::mean).toArray();
    if (gains.length > 0) {
      claims.add(
          Claim.between(
              known.source(),
              known.claim(),
              String.format(
                      Locale.ROOT,
                      "%s ends %.2f points below %s",
                      lower,
                      100 * Stats.mean(gains),
                      higher)
                  + sureness(gains, found.stream().mapToInt(pairs -> pairs.length).sum()),
              Stats.mean(gains),
              Stats.interval(gains)));
    }
  }
}
