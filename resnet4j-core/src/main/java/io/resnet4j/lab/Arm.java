package io.resnet4j.lab;

import io.resnet4j.lab.Findings.Claim;
import io.resnet4j.lab.ShortTraining.Trained;
import io.resnet4j.model.Counts;
import io.resnet4j.model.ModelSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * One of several ways to train that an experiment compares at the same budget.
 *
 * @param name in cells, rows and charts
 * @param spec of the network
 * @param changes of the recipe, each {@code key=value}
 */
record Arm(String name, ModelSpec spec, List<String> changes) {
  private static final String SEEDS = "seeds";

  /** Copies the list. */
  Arm {
    changes = List.copyOf(changes);
  }

  /** An arm that the recipe is left alone in. */
  static Arm of(String name, ModelSpec spec) {
    return new Arm(name, spec, List.of());
  }

  /** The settings of an experiment's own, and those that every comparison of arms has. */
  static Settings settings(
      String experiment,
      String seeds,
      String pictures,
      String steps,
      String recipe,
      String... own) {
    List<String> all = new ArrayList<>(List.of(own));
    all.addAll(List.of(SEEDS, seeds));
    all.addAll(Budget.settings(pictures, steps, recipe));
    return Settings.of(experiment, all.toArray(String[]::new));
  }

  /** Cells of seeds and arms, the settings that every comparison has being checked. */
  static List<Map<String, Object>> cells(Settings settings, String what, List<String> names) {
    Budget.of(settings);
    return Cells.of("seed", seeds(settings)).by(what, names).list();
  }

  /** The seeds that every arm is trained with. */
  static List<Integer> seeds(Settings settings) {
    return settings.integers(SEEDS, 0);
  }

  /** What to train on. */
  static Bench bench(Settings settings, Bench bench) {
    return Budget.of(settings).bench(bench);
  }

  /** The way to train, as the settings and this arm have it. */
  ShortTraining training(Settings settings, Bench limited) {
    return Budget.of(settings).training(limited).with(changes);
  }

  /** Trains it once: the rows of {@link #measure(Settings, Bench, int, Function)}. */
  List<Map<String, Object>> measure(Settings settings, Bench limited, int seed) {
    return measure(settings, limited, seed, trained -> Map.of());
  }

  /**
   * Trains it once.
   *
   * @param more what else the last row is to have
   * @return rows along the run, as {@link ShortTraining#rows} has them, the last with what the
   *     network costs; of a run that diverged one row, in which the error is that of guessing; none
   *     where it was asked to stop
   */
  List<Map<String, Object>> measure(
      Settings settings, Bench limited, int seed, Function<Trained, Map<String, Object>> more) {
    Counts counts = spec.counts();
    List<Map<String, Object>> rows;
    try {
      var trained =
          training(settings, limited).train(folder(seed), spec, limited.seed() + seed, List.of());
      if (trained.isEmpty()) {
        return List.of();
      }
      rows = ShortTraining.rows(trained.get());
      rows.get(rows.size() - 1).putAll(more.apply(trained.get()));
    } catch (DivergedException e) {
      double guess = 1 - 1.0 / spec.classes();
      rows = new ArrayList<>();
      rows.add(
          Rows.row(
              "step",
              e.step(),
              "final",
              true,
              "train_error",
              guess,
              "test_error",
              guess,
              "diverged",
              true));
    }
    rows.get(rows.size() - 1)
        .putAll(Rows.row("parameters", counts.parameters(), "macs", counts.macs()));
    return rows;
  }

  /** A run folder's name on any system. */
  private String folder(int seed) {
    return name.replaceAll("[^A-Za-z0-9.-]+", "_") + "-seed" + seed;
  }

  /** A column of the last rows of an arm, a number for each seed. */
  static double[] last(List<Row> rows, String what, String name, String column) {
    return Row.column(Row.where(rows, "final", true, what, name), column);
  }

  /** Curves of the first seed, a line for each arm. */
  static Chart curves(List<Row> rows, String what, String title, String column) {
    List<Chart.Series> series = new ArrayList<>();
    String seed = Row.distinct(rows, "seed").get(0);
    for (String name : Row.distinct(rows, what)) {
      series.add(
          Chart.Series.of(
              name, Row.where(rows, what, name, "seed", seed), "step", row -> row.number(column)));
    }
    return Chart.lines(title + ", seed " + seed, "step", column.replace('_', ' '), series);
  }

  /**
   * Bars of the means over seeds, side by side for each arm.
   *
   * @param columnsAndLegends columns of the last rows and their names in the legend, in turn
   */
  static Chart bars(
      List<Row> rows, String what, String title, String y, String... columnsAndLegends) {
    List<String> names = Row.distinct(rows, what);
    List<Chart.Series> series = new ArrayList<>();
    for (int i = 0; i < columnsAndLegends.length; i += 2) {
      String column = columnsAndLegends[i];
      series.add(
          new Chart.Series(
              columnsAndLegends[i + 1],
              List.of(),
              names.stream().map(name -> Stats.mean(last(rows, what, name, column))).toList()));
    }
    return Chart.bars(title, what, y, names, series);
  }

  /** What arms come to: notes end with the runs that diverged, where some did. */
  static Findings findings(
      List<Row> rows, String what, List<Claim> claims, List<Chart> charts, List<String> notes) {
    List<String> diverged =
        Row.where(rows, "diverged", true).stream()
            .map(row -> what + " " + row.text(what) + " at step " + row.text("step"))
            .toList();
    List<String> all = new ArrayList<>(notes);
    if (!diverged.isEmpty()) {
      all.add(
          "The loss became infinite or not a number: "
              + String.join("; ", diverged)
              + ". Such a run counts with the error of guessing.");
    }
    return new Findings(claims, charts, all);
  }
}
