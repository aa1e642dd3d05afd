package io.resnet4j.lab;

import io.resnet4j.backend.Backends;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.data.DataSplits;
import io.resnet4j.graph.Graph;
import io.resnet4j.lab.Findings.Claim;
import io.resnet4j.lab.Findings.Verdict;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.ResNetSpec;
import io.resnet4j.plan.MemoryMode;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What depth costs, in time and memory of a training step, and what it brings: the error of
 * networks of several depths trained at the same budget.
 */
final class DepthExperiment implements Experiment {
  private static final String PART = "part";
  private static final String COST = "cost";
  private static final String ERROR = "error";
  private static final String DEPTH = "depth";
  private static final String NONE = "none";
  private static final String TABLE = "He et al. 2015, table 6";

  /** Test errors on CIFAR-10 in per cent by depth; of 110 layers the best of five runs. */
  private static final Map<Integer, Double> PAPER =
      Map.of(20, 8.75, 32, 7.51, 44, 7.17, 56, 6.97, 110, 6.43, 1202, 7.93);

  private static final int PAPERS_STEPS = 64_000;

  @Override
  public String name() {
    return "depth";
  }

  @Override
  public String question() {
    return "What does depth cost, and what does it bring? Time and memory of a training step,"
        + " forward and backward, from 20 to 1202 layers, with everything kept for the gradients"
        + " and with little; and the error of some depths trained at the same budget.";
  }

  @Override
  public String source() {
    return "He et al. 2015, arXiv:1512.03385, table 6; Chen et al. 2016, arXiv:1604.06174";
  }

  @Override
  public Settings settings(boolean full) {
    return Arm.settings(
        name(),
        full ? "0,1,2,3,4" : "0",
        full ? "50000" : "10000",
        full ? Integer.toString(PAPERS_STEPS) : "200",
        // That of 2015 with a warm-up, which the paper needs from 110 layers on.
        full ? "cifar10-he2016" : ShortTraining.USUAL,
        "depths",
        full ? "20,32,44,56,110,218,434,866,1202" : "20,56,110,1202",
        "memories",
        "keep,lean",
        "batch",
        full ? "128" : "16",
        "timed",
        full ? "20" : "3",
        "trained",
        full ? "20,32,44,56,110,1202" : "20,56,110",
        "side",
        full ? "32" : "16");
  }

  @Override
  public List<Map<String, Object>> cells(Settings settings) {
    settings.integer("batch", 2);
    settings.integer("timed", 1);
    settings.integer("side", 8);
    Budget.of(settings);
    List<Map<String, Object>> cells =
        Cells.of(PART, List.of(COST))
            .by(DEPTH, Networks.depths(settings, "depths"))
            .by("memory", settings.oneOf("memories", List.of("keep", "lean")))
            .list();
    cells.addAll(
        Cells.of(PART, List.of(ERROR))
            .by(DEPTH, trained(settings))
            .by("seed", Arm.seeds(settings))
            .list());
    return cells;
  }

  private static List<Integer> trained(Settings settings) {
    String depths = settings.text("trained");
    return depths.isEmpty() || depths.equals(NONE)
        ? List.of()
        : Networks.depths(settings, "trained");
  }

  @Override
  public void require(Settings settings, DataSplits data) {
    if (!trained(settings).isEmpty()) {
      data.test();
    }
  }

  @Override
  public List<Map<String, Object>> measure(
      Map<String, Object> cell, Settings settings, Bench bench) {
    if (cell.get(PART).equals(COST)) {
      return cost(cell, settings, bench);
    }
    Bench limited = Arm.bench(settings, bench).atMost(settings.integer("side", 8));
    ResNetSpec spec = Networks.of(Networks.RESIDUAL, (int) cell.get(DEPTH), limited.data());
    return Arm.of(spec.name(), spec).measure(settings, limited, (int) cell.get("seed"));
  }

  private static List<Map<String, Object>> cost(
      Map<String, Object> cell, Settings settings, Bench bench) {
    int batch = settings.integer("batch", 2);
    ResNetSpec spec = Networks.of(Networks.RESIDUAL, (int) cell.get(DEPTH), bench.data());
    Model model = spec.initialise(bench.seed());
    Pictures pictures = bench.pictures(batch);
    Map<String, Object> row =
        Rows.row("parameters", spec.counts().parameters(), "macs", spec.counts().macs());
    try (Session session = Backends.named(Backends.DEFAULT).open()) {
      long begin = System.nanoTime();
      Graph graph = spec.trainingGraph(pictures.count(), 0);
      Executable plan =
          session.prepare(
              Planner.plan(
                  Program.training(graph, ModelSpec.LOSS, Precision.F32)
                      .keeping(MemoryMode.named((String) cell.get("memory")))));
      row.put("plan_seconds", (System.nanoTime() - begin) * 1e-9);
      model.state().forEach((path, tensor) -> session.write(Program.MODEL, path, tensor));
      plan.feed(ModelSpec.IMAGES, pictures.images());
      plan.feed(ModelSpec.TARGETS, pictures.targets());
      plan.run(bench.seed(), 0);
      double[] seconds = new double[settings.integer("timed", 1)];
      for (int i = 0; i < seconds.length; i++) {
        begin = System.nanoTime();
        plan.run(bench.seed(), i + 1);
        seconds[i] = (System.nanoTime() - begin) * 1e-9;
      }
      Arrays.sort(seconds);
      row.put("step_seconds", seconds[seconds.length / 2]);
      row.put("images_per_s", pictures.count() / seconds[seconds.length / 2]);
      row.put("activation_mib", plan.arenaBytes() / 1048576.0);
      row.put("total_mib", session.bytes() / 1048576.0);
    }
    return List.of(row);
  }

  @Override
  public Findings findings(Settings settings, List<Row> rows) {
    List<Claim> claims = new ArrayList<>();
    List<Chart> charts = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    List<Row> costs = Row.where(rows, PART, COST);
    if (!costs.isEmpty()) {
      costs(claims, costs);
      charts.add(chart("Time of a step", "seconds", costs, "step_seconds"));
      charts.add(chart("Working memory of a step", "MiB", costs, "activation_mib"));
      notes.add(
          "Steps are timed with batch "
              + settings.text("batch")
              + ", f32. Times beside other work on the machine are worth little.");
    }
    List<Row> errors = Row.where(rows, PART, ERROR);
    if (errors.isEmpty()) {
      return new Findings(claims, charts, notes);
    }
    errors(claims, settings, errors);
    charts.add(
        Arm.bars(
            errors,
            DEPTH,
            "Error by depth after " + settings.text("steps") + " steps, mean over seeds",
            "error",
            "train_error",
            "training",
            "test_error",
            "test"));
    charts.add(Arm.curves(errors, DEPTH, "Training error by depth", "train_error"));
    notes.add(
        "Trained for "
            + settings.text("steps")
            + " steps on "
            + settings.text("pictures")
            + " pictures, none longer than "
            + settings.text("side")
            + " pixels, with "
            + Row.distinct(errors, "seed").size()
            + " seed(s); the paper's networks for 64,000 on 45,000 or 50,000 of 32 pixels. Early in"
            + " training the shallower network is often ahead.");
    return Arm.findings(errors, DEPTH, claims, charts, notes);
  }

  /** Each depth against the one before it; what the paper finds at the end is judged there only. */
  private static void errors(List<Claim> claims, Settings settings, List<Row> errors) {
    List<Integer> depths =
        Row.distinct(errors, DEPTH).stream()
            .map(Integer::valueOf)
            .filter(PAPER::containsKey)
            .sorted()
            .toList();
    int steps = settings.integer("steps", 1);
    for (int i = 1; i < depths.size(); i++) {
      int low = depths.get(i - 1);
      int high = depths.get(i);
      double[] shallow = Arm.last(errors, DEPTH, Integer.toString(low), "test_error");
      double[] deep = Arm.last(errors, DEPTH, Integer.toString(high), "test_error");
      boolean better = PAPER.get(high) < PAPER.get(low);
      double less = Stats.mean(shallow) - Stats.mean(deep);
      String claim =
          String.format(
              Locale.ROOT,
              "%d layers have the %s test error than %d: %.2f %% against %.2f %%",
              high,
              better ? "smaller" : "larger",
              low,
              PAPER.get(high),
              PAPER.get(low));
      String measured =
          String.format(
              Locale.ROOT,
              "%.2f %% against %.2f %% after %d steps",
              100 * Stats.mean(deep),
              100 * Stats.mean(shallow),
              steps);
      claims.add(
          steps < PAPERS_STEPS
              ? new Claim(
                  TABLE,
                  claim,
                  measured + "; the paper's 64,000 are what it is claimed of",
                  Verdict.NOT_MEASURED)
              : Claim.between(
                  TABLE,
                  claim,
                  measured,
                  better ? less : -less,
                  Math.hypot(Stats.interval(shallow), Stats.interval(deep))));
    }
  }

  private static void costs(List<Claim> claims, List<Row> rows) {
    List<Row> keep = Row.where(rows, "memory", "keep");
    if (keep.size() > 1) {
      Row shallow = keep.get(0);
      Row deep = keep.get(keep.size() - 1);
      double work = deep.number("macs") / shallow.number("macs");
      double time = deep.number("step_seconds") / shallow.number("step_seconds");
      claims.add(
          Claim.of(
              "arithmetic",
              "time grows in proportion to the multiply-adds",
              String.format(
                  Locale.ROOT,
                  "%s against %s layers: %.1f times the multiply-adds, %.1f times the time",
                  deep.text(DEPTH),
                  shallow.text(DEPTH),
                  work,
                  time),
              time > work / 2 && time < work * 2));
    }
    for (Row lean : Row.where(rows, "memory", "lean")) {
      List<Row> kept = Row.where(keep, DEPTH, lean.text(DEPTH));
      if (!kept.isEmpty() && lean == lastOf(Row.where(rows, "memory", "lean"))) {
        double memory = lean.number("activation_mib") / kept.get(0).number("activation_mib");
        double time = lean.number("step_seconds") / kept.get(0).number("step_seconds");
        claims.add(
            Claim.of(
                "Chen et al. 2016",
                "activations computed again cost about one more forward pass and save most memory",
                String.format(
                    Locale.ROOT,
                    "%s layers: %.0f %% of the memory, %.0f %% of the time",
                    lean.text(DEPTH),
                    100 * memory,
                    100 * time),
                memory < 0.5 && time < 1.6));
      }
    }
  }

  private static Row lastOf(List<Row> rows) {
    return rows.get(rows.size() - 1);
  }

  private static Chart chart(String title, String y, List<Row> rows, String column) {
    List<Chart.Series> series = new ArrayList<>();
    for (String memory : Row.distinct(rows, "memory")) {
      series.add(
          Chart.Series.of(
              memory,
              Row.where(rows, "memory", memory),
              DEPTH,
              row -> Math.log10(row.number(column))));
    }
    return Chart.lines(title, "layers", "log10 " + y, series);
  }
}
