package io.resnet4j.lab;

import io.resnet4j.backend.Backends;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.graph.Graph;
import io.resnet4j.lab.Findings.Claim;
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

/** What depth costs: time and memory of a training step from 20 to 1202 layers. */
final class DepthExperiment implements Experiment {
  @Override
  public String name() {
    return "depth";
  }

  @Override
  public String question() {
    return "What does depth cost? Time and memory of a training step, forward and backward, from"
        + " 20 to 1202 layers, with everything kept for the gradients and with little.";
  }

  @Override
  public String source() {
    return "He et al. 2015, arXiv:1512.03385, table 6; Chen et al. 2016, arXiv:1604.06174";
  }

  @Override
  public Settings settings(boolean full) {
    return Settings.of(
        name(),
        "depths",
        full ? "20,32,44,56,110,218,434,866,1202" : "20,56,110,1202",
        "memories",
        "keep,lean",
        "batch",
        full ? "128" : "16",
        "steps",
        full ? "20" : "3");
  }

  @Override
  public List<Map<String, Object>> cells(Settings settings) {
    settings.integer("batch", 2);
    settings.integer("steps", 1);
    return Cells.of("depth", Networks.depths(settings, "depths"))
        .by("memory", settings.oneOf("memories", List.of("keep", "lean")))
        .list();
  }

  @Override
  public List<Map<String, Object>> measure(
      Map<String, Object> cell, Settings settings, Bench bench) {
    int batch = settings.integer("batch", 2);
    ResNetSpec spec = Networks.of(Networks.RESIDUAL, (int) cell.get("depth"), bench.data());
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
      double[] seconds = new double[settings.integer("steps", 1)];
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
    if (rows.isEmpty()) {
      return Findings.NONE;
    }
    List<Claim> claims = new ArrayList<>();
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
                  deep.text("depth"),
                  shallow.text("depth"),
                  work,
                  time),
              time > work / 2 && time < work * 2));
    }
    for (Row lean : Row.where(rows, "memory", "lean")) {
      List<Row> kept = Row.where(keep, "depth", lean.text("depth"));
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
                    lean.text("depth"),
                    100 * memory,
                    100 * time),
                memory < 0.5 && time < 1.6));
      }
    }
    return new Findings(
        claims,
        List.of(
            chart("Time of a step", "seconds", rows, "step_seconds"),
            chart("Working memory of a step", "MiB", rows, "activation_mib")),
        List.of(
            "Batch "
                + settings.text("batch")
                + ", f32. Times beside other work on the machine are"
                + " worth little."));
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
              "depth",
              row -> Math.log10(row.number(column))));
    }
    return Chart.lines(title, "layers", "log10 " + y, series);
  }
}
