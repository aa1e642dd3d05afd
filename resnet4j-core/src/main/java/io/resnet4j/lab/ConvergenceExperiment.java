package io.resnet4j.lab;

import io.resnet4j.model.ResNetSpec;
import io.resnet4j.train.TrainListener;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/** Steps to a loss with and without shortcuts and batch norm, and what moves meanwhile. */
final class ConvergenceExperiment implements Experiment {
  static final String CURVE = "curve";
  static final String DRIFT = "drift";
  static final String RESULT = "result";

  @Override
  public String name() {
    return "convergence";
  }

  @Override
  public String question() {
    return "How many steps does a loss take, with and without shortcuts and batch norm, each at its"
        + " best learning rate? And does batch norm keep the inputs of layers still?";
  }

  @Override
  public String source() {
    return "He et al. 2015, arXiv:1512.03385; Ioffe and Szegedy 2015, arXiv:1502.03167; Santurkar"
        + " et al. 2018, arXiv:1805.11604";
  }

  @Override
  public Settings settings(boolean full) {
    return Settings.of(
        name(),
        "depth",
        full ? "56" : "14",
        "networks",
        "plain,residual",
        "norms",
        "batch,none",
        "rates",
        full ? "0.3,0.1,0.03,0.01,0.003" : "0.1,0.01",
        "seeds",
        "0,1,2",
        "target",
        full ? "0.5" : "1.8",
        "window",
        "20",
        "pictures",
        full ? "50000" : "10000",
        "steps",
        full ? "20000" : "80",
        "every",
        full ? "200" : "20");
  }

  @Override
  public List<Map<String, Object>> cells(Settings settings) {
    for (String name : List.of("window", "pictures", "steps", "every")) {
      settings.integer(name, 1);
    }
    settings.number("target");
    settings.numbers("rates");
    return Cells.of("seed", settings.integers("seeds", 0))
        .by("depth", List.of(Networks.requireDepth(settings.integer("depth", 8))))
        .by("network", settings.oneOf("networks", Networks.KINDS))
        .by("norm", settings.oneOf("norms", Networks.NORMS))
        .by("rate", settings.names("rates"))
        .list();
  }

  /** The mean loss of the last steps, and when it reached the target. */
  private static final class Descent implements TrainListener {
    private final int window;
    private final double target;
    private final int every;
    private final Deque<Double> losses = new ArrayDeque<>();
    private final List<Map<String, Object>> curve = new ArrayList<>();
    private double least = Double.POSITIVE_INFINITY;
    private long reached = -1;

    Descent(Settings settings) {
      window = settings.integer("window", 1);
      target = settings.number("target");
      every = Math.max(1, settings.integer("steps", 1) / 50);
    }

    @Override
    public void stepDone(StepDone event) {
      losses.add(event.loss());
      if (losses.size() > window) {
        losses.remove();
      }
      double mean = losses.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
      if (event.totalStep() % every == 0) {
        curve.add(Rows.row("part", CURVE, "step", event.totalStep(), "loss", mean));
      }
      if (losses.size() == window) {
        least = Math.min(least, mean);
        if (reached < 0 && mean <= target) {
          reached = event.totalStep();
        }
      }
    }
  }

  @Override
  public List<Map<String, Object>> measure(
      Map<String, Object> cell, Settings settings, Bench bench) {
    ResNetSpec spec =
        Networks.of((String) cell.get("network"), (int) cell.get("depth"), bench.data())
            .withBlock(b -> b.norm(Networks.norm((String) cell.get("norm"))));
    Bench limited = bench.limited(name(), settings.integer("pictures", 1));
    DriftProbe probe = new DriftProbe(settings.integer("every", 1));
    Descent descent = new Descent(settings);
    int seed = (int) cell.get("seed");
    String run = spec.name() + "-" + cell.get("norm") + "-" + cell.get("rate") + "-seed" + seed;
    boolean diverged = false;
    try {
      if (new ShortTraining(limited, settings.integer("steps", 1))
          .with("schedule", "constant")
          .with("learningRate", (String) cell.get("rate"))
          .train(run, spec, bench.seed() + seed, List.of(probe), descent)
          .isEmpty()) {
        return List.of();
      }
    } catch (DivergedException e) {
      diverged = true;
    }
    List<Map<String, Object>> rows = new ArrayList<>(descent.curve);
    for (DriftProbe.Drift drift : probe.drifts()) {
      Map<String, Object> row = Rows.row("part", DRIFT);
      row.putAll(Rows.of(drift));
      rows.add(row);
    }
    rows.add(
        Rows.row(
            "part",
            RESULT,
            "reached",
            descent.reached >= 0,
            "steps",
            descent.reached >= 0 ? descent.reached : settings.integer("steps", 1),
            "least_loss",
            descent.least,
            "diverged",
            diverged));
    return rows;
  }

  @Override
  public Findings findings(Settings settings, List<Row> rows) {
    return new ConvergenceFindings(settings, rows).findings();
  }
}
