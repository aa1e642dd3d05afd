package io.resnet4j.lab;

import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Dataset;
import io.resnet4j.infer.Evaluation;
import io.resnet4j.lab.Findings.Claim;
import io.resnet4j.lab.ShortTraining.Trained;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.model.ResNetSpec;
import io.resnet4j.nn.Regularisation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The gap between training and validation pictures, and what narrows it. */
final class OverfitExperiment implements Experiment {
  private static final String ARM = "against";
  private static final String NONE = "none";

  /** What is done against overfitting, and who says that it helps. */
  private static final Map<String, String> MEANS = means();

  private static Map<String, String> means() {
    Map<String, String> means = new LinkedHashMap<>();
    means.put(NONE, "");
    means.put("l1", "Goodfellow, Bengio and Courville 2016, section 7.1.2");
    means.put("l2", "Krogh and Hertz 1991; Goodfellow, Bengio and Courville 2016, section 7.1.1");
    means.put("dropout", "Srivastava et al. 2014; Zagoruyko and Komodakis 2016, arXiv:1605.07146");
    means.put("augmentation", "Krizhevsky, Sutskever and Hinton 2012, section 4.1");
    return means;
  }

  @Override
  public String name() {
    return "overfit";
  }

  @Override
  public String question() {
    return "What narrows the gap between training and validation pictures? The same network and few"
        + " pictures, with nothing, L1, L2, dropout or augmentation against overfitting.";
  }

  @Override
  public String source() {
    return "Goodfellow, Bengio and Courville 2016, Deep Learning, chapter 7";
  }

  @Override
  public Settings settings(boolean full) {
    return Arm.settings(
        name(),
        full ? "0,1,2,3,4" : "0,1,2",
        full ? "20000" : "1000",
        full ? "16000" : "200",
        ShortTraining.USUAL,
        ARM,
        String.join(",", MEANS.keySet()),
        "network",
        full ? "wrn-16-2" : "resnet20",
        "shrink",
        full ? "1" : "3",
        "l1",
        full ? "0.00001" : "0.0001",
        "l2",
        full ? "0.0005" : "0.005",
        "dropout",
        "0.3");
  }

  @Override
  public List<Map<String, Object>> cells(Settings settings) {
    spec(settings);
    for (String number : List.of("l1", "l2", "dropout")) {
      settings.number(number);
    }
    Regularisation.dropout(settings.number("dropout"));
    return Arm.cells(settings, ARM, settings.oneOf(ARM, List.copyOf(MEANS.keySet())));
  }

  @Override
  public void require(Settings settings, DataSplits data) {
    int pictures = Budget.of(settings).pictures();
    if (pictures >= data.train().size()) {
      throw Bench.noneHeld(data);
    }
  }

  private static ResNetSpec spec(Settings settings) {
    return Widths.shortened(Models.resnet(settings.text("network")), settings.integer("shrink", 1));
  }

  private static Arm arm(String against, Settings settings, Bench limited) {
    boolean augmented = against.equals("augmentation");
    boolean decays = against.equals("l2");
    ResNetSpec spec = spec(settings);
    double dropout = against.equals("dropout") ? settings.number("dropout") : 0;
    return new Arm(
        against,
        Networks.fitted(
            spec.with(d -> d.regularisation(Regularisation.dropout(dropout))), limited.data()),
        List.of(
            "weightDecay=" + (decays ? settings.text("l2") : "0"),
            "l1=" + (against.equals("l1") ? settings.text("l1") : "0"),
            "cropPadding=" + (augmented ? "4" : "0"),
            "flip=" + augmented));
  }

  @Override
  public List<Map<String, Object>> measure(
      Map<String, Object> cell, Settings settings, Bench bench) {
    Bench limited = Arm.bench(settings, bench);
    Arm arm = arm((String) cell.get(ARM), settings, limited);
    return arm.measure(
        settings,
        limited,
        (int) cell.get("seed"),
        trained -> gap(trained, arm.training(settings, limited), limited));
  }

  /** Both sets as they are, with the final weights. */
  private static Map<String, Object> gap(Trained trained, ShortTraining training, Bench limited) {
    Evaluation learned = evaluation(trained, limited.data().train(), training);
    Evaluation held = evaluation(trained, limited.held(), training);
    return Rows.row(
        "learned_error", 1 - learned.top1(),
        "learned_loss", learned.loss(),
        "val_error", 1 - held.top1(),
        "val_loss", held.loss(),
        "gap", learned.top1() - held.top1(),
        "loss_gap", held.loss() - learned.loss());
  }

  private static Evaluation evaluation(Trained trained, Dataset data, ShortTraining training) {
    ModelSpec spec = trained.model().spec();
    try (Examiner examiner = new Examiner(spec, data, data.size(), training.normalisation())) {
      return examiner.evaluation(trained.model().state());
    }
  }

  @Override
  public Findings findings(Settings settings, List<Row> rows) {
    List<Claim> claims = new ArrayList<>();
    double[] bare = Arm.last(rows, ARM, NONE, "gap");
    for (String against : Row.distinct(rows, ARM)) {
      if (!against.equals(NONE) && bare.length > 0) {
        double[] gaps = Arm.last(rows, ARM, against, "gap");
        claims.add(
            Claim.between(
                MEANS.get(against),
                against + " narrows the gap between training and validation error",
                words(rows, against) + "; " + words(rows, NONE),
                Stats.mean(bare) - Stats.mean(gaps),
                Math.hypot(Stats.interval(bare), Stats.interval(gaps))));
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
                "Error with the final weights, mean over seeds",
                "error",
                "learned_error",
                "training pictures",
                "val_error",
                "validation pictures",
                "gap",
                "gap"),
            Arm.curves(rows, ARM, "Training loss", "train_loss")),
        List.of(
            "The gap is the validation error less the error on the training pictures, both as they"
                + " are (not augmented, nothing dropped), with the final weights. A narrower gap is"
                + " not a better network: too strong a penalty narrows it by learning less."));
  }

  private static String words(List<Row> rows, String against) {
    return String.format(
        Locale.ROOT,
        "%s: %.2f points (training %.2f %%, validation %.2f %%)",
        against,
        100 * Stats.mean(Arm.last(rows, ARM, against, "gap")),
        100 * Stats.mean(Arm.last(rows, ARM, against, "learned_error")),
        100 * Stats.mean(Arm.last(rows, ARM, against, "val_error")));
  }
}
