package io.resnet4j.lab;

import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Dataset;
import io.resnet4j.lab.Findings.Claim;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What survives of early features, and what can be read off each block. */
final class FeaturesExperiment implements Experiment {
  private static final String PROBE = "probe";
  private static final String SIMILARITY = "similarity";

  @Override
  public String name() {
    return "features";
  }

  @Override
  public String question() {
    return "What survives of early features? How alike what leaves any two blocks is, and how well"
        + " a linear classifier tells the classes apart behind every block; plain against"
        + " residual.";
  }

  @Override
  public String source() {
    return "Alain and Bengio 2016, arXiv:1610.01644; Kornblith et al. 2019, arXiv:1905.00414; He et"
        + " al. 2016, arXiv:1603.05027, equation 4";
  }

  @Override
  public Settings settings(boolean full) {
    return Subject.settings(
        name(), full, "probed", full ? "10000" : "1000", "alike", full ? "500" : "200");
  }

  @Override
  public List<Map<String, Object>> cells(Settings settings) {
    settings.integer("probed", 2);
    settings.integer("alike", 3);
    return Cells.of("network", Subject.networks(settings)).list();
  }

  @Override
  public void require(Settings settings, DataSplits data) {
    data.test();
    Subject.require(settings, data);
  }

  @Override
  public List<Map<String, Object>> measure(
      Map<String, Object> cell, Settings settings, Bench bench) {
    return Subject.of((String) cell.get("network"), settings, bench, List.of())
        .map(subject -> rows(subject, settings))
        .orElse(List.of());
  }

  private static List<Map<String, Object>> rows(Subject subject, Settings settings) {
    BlockFeatures learned = features(subject, subject.bench().data().train(), settings);
    BlockFeatures tested = features(subject, subject.bench().data().test(), settings);
    int classes = subject.model().spec().classes();
    List<Map<String, Object>> rows = new ArrayList<>();
    int blocks = learned.paths().size();
    for (int i = 0; i < blocks; i++) {
      double error =
          new LinearProbe(learned.pooled().get(i), learned.labels(), classes)
              .error(tested.pooled().get(i), tested.labels());
      rows.add(
          Rows.row("part", PROBE, "block", i + 1, "path", learned.paths().get(i), "error", error));
    }
    for (int i = 0; i < blocks; i++) {
      for (int j = 0; j < blocks; j++) {
        rows.add(
            Rows.row(
                "part",
                SIMILARITY,
                "block",
                i + 1,
                "other",
                j + 1,
                "cka",
                Cka.alignment(tested.grams().get(i), tested.grams().get(j))));
      }
    }
    return rows;
  }

  private static BlockFeatures features(Subject subject, Dataset data, Settings settings) {
    return BlockFeatures.of(
        subject.model(),
        data,
        settings.integer("probed", 2),
        settings.integer("alike", 3),
        subject.bench().normalisation());
  }

  @Override
  public Findings findings(Settings settings, List<Row> rows) {
    List<String> networks = Row.distinct(rows, "network");
    List<Claim> claims = new ArrayList<>();
    for (String network : networks) {
      claims.add(deeper(rows, network));
    }
    for (String plain : networks) {
      String residual = plain.replaceFirst("^plain", "resnet");
      if (!plain.equals(residual) && networks.contains(residual)) {
        claims.add(survival(rows, plain, residual));
      }
    }
    List<Chart> charts = new ArrayList<>();
    List<Chart.Series> probes = new ArrayList<>();
    List<Chart.Series> alike = new ArrayList<>();
    for (String network : networks) {
      probes.add(
          Chart.Series.of(
              network,
              Row.where(rows, "network", network, "part", PROBE),
              "block",
              row -> row.number("error")));
      alike.add(Chart.Series.of(network, early(rows, network), "other", row -> row.number("cka")));
    }
    charts.add(Chart.lines("Error of a linear probe behind each block", "block", "error", probes));
    charts.add(Chart.lines("Likeness to what leaves the first block", "block", "CKA", alike));
    for (String network : networks) {
      charts.add(
          Chart.grid(
              "Likeness of blocks, " + network,
              "block",
              "block",
              grid(Row.where(rows, "network", network, "part", SIMILARITY)),
              new Chart.Scale("linear CKA", 0, 1)));
    }
    return new Findings(claims, charts, notes(settings));
  }

  private static List<String> notes(Settings settings) {
    return List.of(
        "Likeness is linear CKA of everything that leaves a block, over "
            + settings.text("alike")
            + " test pictures. A probe is ridge regression on the means over pixels, learned on "
            + settings.text("probed")
            + " training pictures and tested on as many test pictures.",
        GivenWeights.words(settings) + ".");
  }

  private static List<Row> early(List<Row> rows, String network) {
    return Row.where(rows, "network", network, "part", SIMILARITY, "block", 1);
  }

  private static List<Chart.Series> grid(List<Row> rows) {
    return Row.distinct(rows, "block").stream()
        .map(
            block ->
                Chart.Series.of(
                    block, Row.where(rows, "block", block), "other", row -> row.number("cka")))
        .toList();
  }

  private static Claim deeper(List<Row> rows, String network) {
    double[] errors = Row.column(Row.where(rows, "network", network, "part", PROBE), "error");
    int falling = 0;
    int pairs = 0;
    for (int i = 0; i < errors.length; i++) {
      for (int j = i + 1; j < errors.length; j++) {
        pairs++;
        falling += errors[j] < errors[i] ? 1 : 0;
      }
    }
    return Claim.of(
        "Alain and Bengio 2016, section 4",
        "the deeper the layer, the better a linear probe tells the classes apart (here: in nine of"
            + " ten pairs of blocks)",
        String.format(
            Locale.ROOT,
            "%s: in %d of %d pairs; error %.1f %% behind the first block, %.1f %% behind the last",
            network,
            falling,
            pairs,
            100 * errors[0],
            100 * errors[errors.length - 1]),
        falling >= 0.9 * pairs);
  }

  private static Claim survival(List<Row> rows, String plain, String residual) {
    double with = Stats.mean(Row.column(early(rows, residual), "cka"));
    double without = Stats.mean(Row.column(early(rows, plain), "cka"));
    return Claim.between(
        "He et al. 2016, equation 4 (x_L is x_l and what branches add)",
        "with shortcuts more of the first block's features survives in later ones",
        String.format(
            Locale.ROOT,
            "mean CKA of the blocks with the first one %.3f (%s), %.3f (%s)",
            with,
            residual,
            without,
            plain),
        with - without,
        // Each network is trained once.
        Double.NaN);
  }
}
