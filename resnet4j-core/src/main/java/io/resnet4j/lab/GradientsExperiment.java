package io.resnet4j.lab;

import io.resnet4j.model.ResNetSpec;
import io.resnet4j.plan.Precision;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;

/** How gradients pass through deep networks at the start of training. */
final class GradientsExperiment implements Experiment {
  @Override
  public String name() {
    return "gradients";
  }

  @Override
  public String question() {
    return "Do gradients reach the first layers? Depth, shortcuts, non-linearity, batch norm and"
        + " initialisation, one against the other, before the first update.";
  }

  @Override
  public String source() {
    return "He et al. 2015, arXiv:1512.03385, sections 1 and 4.1; He et al. 2016, arXiv:1603.05027,"
        + " equations 5 and 8";
  }

  @Override
  public Settings settings(boolean full) {
    return Settings.of(
        name(),
        "depths",
        full ? "20,32,44,56,110" : "20,56",
        "networks",
        String.join(",", Networks.KINDS),
        "activations",
        "relu,sigmoid,tanh",
        "norms",
        "none,batch",
        "initialisers",
        full ? "he,xavier,orthogonal" : "he",
        "precisions",
        "f64,f32",
        "pictures",
        full ? "32" : "4");
  }

  @Override
  public List<Map<String, Object>> cells(Settings settings) {
    settings.integer("pictures", 2);
    return Cells.of("precision", settings.oneOf("precisions", List.of("f64", "f32")))
        .by("depth", Networks.depths(settings, "depths"))
        .by("activation", settings.oneOf("activations", Networks.ACTIVATIONS))
        .by("norm", settings.oneOf("norms", Networks.NORMS))
        .by("initialiser", settings.oneOf("initialisers", Networks.INITIALISERS))
        .by("network", settings.oneOf("networks", Networks.KINDS))
        .in("depth", "network", "activation", "norm", "initialiser", "precision")
        .list();
  }

  @Override
  public List<Map<String, Object>> measure(
      Map<String, Object> cell, Settings settings, Bench bench) {
    ResNetSpec spec =
        Networks.of((String) cell.get("network"), (int) cell.get("depth"), bench.data())
            .withBlock(
                b ->
                    b.activation(Networks.activation((String) cell.get("activation")))
                        .norm(Networks.norm((String) cell.get("norm"))));
    Reading reading =
        Look.at(
            spec.initialise(
                Networks.initialisation((String) cell.get("initialiser")), bench.seed()),
            Precision.named((String) cell.get("precision")),
            bench.pictures(settings.integer("pictures", 2)),
            EnumSet.of(Probe.GRADIENTS, Probe.SIGNALS),
            bench.seed(),
            true);
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = 0; i < reading.blocks().size(); i++) {
      Map<String, Object> row = Rows.row("block", i + 1, "loss", reading.loss());
      row.putAll(Rows.of(reading.blocks().get(i)));
      rows.add(row);
    }
    return rows;
  }

  @Override
  public Findings findings(Settings settings, List<Row> rows) {
    return new GradientsFindings(rows).findings();
  }
}
