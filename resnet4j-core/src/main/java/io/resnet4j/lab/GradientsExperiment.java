package io.resnet4j.lab;

import io.resnet4j.model.ResNetSpec;
import io.resnet4j.plan.Precision;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
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
    List<Map<String, Object>> cells = new ArrayList<>();
    for (String precision : settings.oneOf("precisions", List.of("f64", "f32"))) {
      for (int depth : settings.integers("depths", 8)) {
        for (String activation : settings.oneOf("activations", Networks.ACTIVATIONS)) {
          for (String norm : settings.oneOf("norms", Networks.NORMS)) {
            for (String initialiser : settings.oneOf("initialisers", Networks.INITIALISERS)) {
              for (String network : settings.oneOf("networks", Networks.KINDS)) {
                Map<String, Object> cell = new LinkedHashMap<>();
                cell.put("depth", Networks.requireDepth(depth));
                cell.put("network", network);
                cell.put("activation", activation);
                cell.put("norm", norm);
                cell.put("initialiser", initialiser);
                cell.put("precision", precision);
                cells.add(cell);
              }
            }
          }
        }
      }
    }
    return cells;
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
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("block", i + 1);
      row.put("loss", reading.loss());
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
