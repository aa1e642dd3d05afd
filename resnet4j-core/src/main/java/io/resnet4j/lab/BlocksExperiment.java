package io.resnet4j.lab;

import io.resnet4j.data.DataSplits;
import io.resnet4j.lab.Findings.Claim;
import io.resnet4j.model.Models;
import io.resnet4j.model.ResNetSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Block designs at equal cost, with intervals. */
final class BlocksExperiment implements Experiment {
  private static final String NETWORK = "network";

  /** What papers found of a design and its twin: the twin's name comes of the design's. */
  private record Known(String design, String twin, boolean better, String source, String claim) {}

  private static final List<Known> KNOWN =
      List.of(
          new Known(
              "^plain(.*)$",
              "resnet$1",
              false,
              "He et al. 2015, section 4.1",
              "a network without shortcuts ends with the higher error"),
          new Known(
              "^se(resnet.*)$",
              "$1",
              true,
              "Hu et al. 2018, arXiv:1709.01507, table 4 (ResNet-110 on CIFAR-10: 5.21 against"
                  + " 6.37 %)",
              "squeeze-and-excitation lowers the error"),
          new Known(
              "^pre(resnet.*)$",
              "$1",
              true,
              "He et al. 2016, table 3 (ResNet-110 on CIFAR-10: 6.37 against 6.61 %)",
              "pre-activation lowers the error"),
          new Known(
              "^(.*)-1layer$",
              "$1",
              false,
              "He et al. 2016, table 3 (ResNet-110 on CIFAR-10: 9.90 against 6.61 %)",
              "one convolution a shortcut is worse than two"));

  @Override
  public String name() {
    return "blocks";
  }

  @Override
  public String question() {
    return "Which block is worth its cost? Networks of any designs, made as wide as it takes to"
        + " cost what the first one costs; error and cost over several seeds.";
  }

  @Override
  public String source() {
    return "He et al. 2015, arXiv:1512.03385; He et al. 2016, arXiv:1603.05027; Hu et al. 2018,"
        + " arXiv:1709.01507";
  }

  @Override
  public Settings settings(boolean full) {
    return Arm.settings(
        name(),
        full ? "0,1,2,3,4" : "0,1,2",
        full ? "50000" : "10000",
        full ? "64000" : "100",
        Budget.recipe(full),
        "networks",
        full
            ? "resnet110,plain110,preresnet110,seresnet110,resnet110-1layer"
            : "resnet20,plain20,preresnet20,resnet20-1layer",
        "equal",
        "parameters",
        "shrink",
        full ? "1" : "3");
  }

  private static ResNetSpec spec(String network, Settings settings) {
    ResNetSpec first = Models.resnet(settings.names("networks").get(0));
    int shrink = settings.integer("shrink", 1);
    return Widths.matched(
        Widths.shortened(Models.resnet(network), shrink),
        Widths.shortened(first, shrink),
        settings.oneOf("equal", Widths.MEASURES).get(0));
  }

  @Override
  public List<Map<String, Object>> cells(Settings settings) {
    List<String> networks = settings.names("networks");
    networks.forEach(network -> spec(network, settings));
    return Arm.cells(settings, NETWORK, networks);
  }

  @Override
  public void require(Settings settings, DataSplits data) {
    data.test();
  }

  @Override
  public List<Map<String, Object>> measure(
      Map<String, Object> cell, Settings settings, Bench bench) {
    String network = (String) cell.get(NETWORK);
    ResNetSpec spec = spec(network, settings);
    Bench limited = Arm.bench(settings, bench);
    List<Map<String, Object>> rows =
        Arm.of(network, Networks.fitted(spec, limited.data()))
            .measure(settings, limited, (int) cell.get("seed"));
    rows.forEach(row -> row.put("width", spec.widths().get(0)));
    return rows;
  }

  @Override
  public Findings findings(Settings settings, List<Row> rows) {
    List<String> networks = Row.distinct(rows, NETWORK);
    List<Claim> claims = new ArrayList<>();
    for (String network : networks) {
      for (Known known : KNOWN) {
        String twin = network.replaceFirst(known.design(), known.twin());
        if (!twin.equals(network) && networks.contains(twin)) {
          claims.add(claim(rows, network, twin, known));
        }
      }
    }
    List<String> notes = new ArrayList<>();
    notes.add(
        settings.text("equal").equals(Widths.NONE)
            ? "Widths are the designs' own."
            : "Widths are such that "
                + settings.text("equal")
                + " come as near to those of "
                + networks.get(0)
                + " as whole channels let them.");
    for (String network : networks) {
      Row last = Row.where(rows, "final", true, NETWORK, network).get(0);
      notes.add(
          String.format(
              Locale.ROOT,
              "%s: first stage %d wide, %,.0f parameters, %.2f M multiply-adds; test error %s",
              network,
              last.integer("width"),
              last.number("parameters"),
              last.number("macs") / 1e6,
              error(Arm.last(rows, NETWORK, network, "test_error"))));
    }
    return Arm.findings(
        rows,
        NETWORK,
        claims,
        List.of(
            Arm.bars(
                rows,
                NETWORK,
                "Error at equal cost, mean over seeds",
                "error",
                "test_error",
                "test"),
            Arm.curves(rows, NETWORK, "Training error", "train_error")),
        notes);
  }

  /** A mean with its interval in per cent. */
  private static String error(double[] errors) {
    return String.format(
        Locale.ROOT,
        "%.2f %% %s",
        100 * Stats.mean(errors),
        errors.length > 1
            ? String.format(
                Locale.ROOT,
                "± %.2f (95 %%, %d seeds)",
                100 * Stats.interval(errors),
                errors.length)
            : "(one seed)");
  }

  private static Claim claim(List<Row> rows, String network, String twin, Known known) {
    double[] own = Arm.last(rows, NETWORK, network, "test_error");
    double[] its = Arm.last(rows, NETWORK, twin, "test_error");
    double less = Stats.mean(its) - Stats.mean(own);
    return Claim.between(
        known.source(),
        known.claim(),
        network + " " + error(own) + ", " + twin + " " + error(its),
        known.better() ? less : -less,
        Math.hypot(Stats.interval(own), Stats.interval(its)));
  }
}
