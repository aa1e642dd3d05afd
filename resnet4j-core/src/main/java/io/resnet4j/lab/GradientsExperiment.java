package io.resnet4j.lab;

import io.resnet4j.model.Model;
import io.resnet4j.model.ResNetSpec;
import io.resnet4j.plan.Precision;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How gradients pass through deep networks, at the start of training and along it. */
final class GradientsExperiment implements Experiment {
  static final String STEP = "step";
  private static final String STEPS = "steps";

  @Override
  public String name() {
    return "gradients";
  }

  @Override
  public String question() {
    return "Do gradients reach the first layers? Depth, shortcuts, non-linearity, batch norm and"
        + " initialisation, one against the other, before the first update, and at further steps"
        + " where they are asked for.";
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
        full ? "32" : "4",
        STEPS,
        full ? "0,100,1000" : "0",
        "recipe",
        Budget.recipe(full));
  }

  @Override
  public List<Map<String, Object>> cells(Settings settings) {
    settings.integer("pictures", 2);
    return Cells.of(STEP, settings.integers(STEPS, 0))
        .by("precision", settings.oneOf("precisions", List.of("f64", "f32")))
        .by("depth", Networks.depths(settings, "depths"))
        .by("activation", settings.oneOf("activations", Networks.ACTIVATIONS))
        .by("norm", settings.oneOf("norms", Networks.NORMS))
        .by("initialiser", settings.oneOf("initialisers", Networks.INITIALISERS))
        .by("network", settings.oneOf("networks", Networks.KINDS))
        .in("depth", "network", "activation", "norm", "initialiser", "precision", STEP)
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
    Model fresh =
        spec.initialise(Networks.initialisation((String) cell.get("initialiser")), bench.seed());
    List<Integer> steps = settings.integers(STEPS, 0);
    int last = Collections.max(steps);
    ShortTraining training = new ShortTraining(bench, settings.text("recipe"), Math.max(1, last));
    int step = (int) cell.get(STEP);
    Optional<Model> model =
        step == 0
            ? Optional.of(fresh)
            : trained(fresh, step, steps, training, run(spec, cell), bench.seed());
    if (model.isEmpty()) {
      return List.of();
    }
    int count = settings.integer("pictures", 2);
    Pictures pictures =
        last == 0
            ? bench.pictures(count)
            : Pictures.of(bench.data().train(), count, training.normalisation());
    Reading reading =
        Look.at(
            model.get(),
            Precision.named((String) cell.get("precision")),
            pictures,
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

  /** One training for both precisions, which are those of the reading. */
  private static String run(ResNetSpec spec, Map<String, Object> cell) {
    return spec.name()
        + "-"
        + cell.get("activation")
        + "-"
        + cell.get("norm")
        + "-"
        + cell.get("initialiser");
  }

  /** The network after so many steps of a training that keeps it at all of {@code steps}. */
  private static Optional<Model> trained(
      Model fresh, int step, List<Integer> steps, ShortTraining training, String run, long seed) {
    try {
      if (training.model(run, fresh, seed, List.of(Snapshots.ofState(steps))).isEmpty()) {
        return Optional.empty();
      }
    } catch (DivergedException e) {
      // What was kept before is a reading like any other.
      if (e.step() <= step) {
        throw e;
      }
    }
    return Optional.of(fresh.withState(Snapshots.read(training.folder(run)).get(step)));
  }

  @Override
  public Findings findings(Settings settings, List<Row> rows) {
    return new GradientsFindings(rows).findings();
  }
}
