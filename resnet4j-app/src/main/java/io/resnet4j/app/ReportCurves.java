package io.resnet4j.app;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.lab.Chart;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The curves of runs, epoch by epoch. Of one run a chart lays what it learned from beside what was
 * held out; of several each has a chart of its own, so that a run has the same colour, dash and
 * points in all of them.
 */
final class ReportCurves {
  private static final String TRAINING = "training set";
  private static final String LEARNED = "train_loss";
  private static final String HELD_OUT = "held out";
  private static final String AVERAGE = "held out, averaged weights";

  private final List<RunFiles> runs;
  private final List<Chart> charts = new ArrayList<>();

  /** A field of metrics.jsonl, and what a line of it is called. */
  private record Field(String key, String words) {}

  ReportCurves(List<RunFiles> runs) {
    this.runs = runs;
    parted(
        "Loss",
        List.of(
            new Field(LEARNED, TRAINING),
            new Field("val_loss", HELD_OUT),
            new Field("ema_val_loss", AVERAGE)));
    parted(
        "Accuracy",
        List.of(
            new Field("train_acc", TRAINING),
            new Field("val_acc", HELD_OUT),
            new Field("ema_val_acc", AVERAGE)));
    add(ofRuns("Learning rate", "learning rate", "lr").beginningAtZero());
    add(ofRuns("Speed of training", "pictures a second", "images_per_s").beginningAtZero());
  }

  /** The charts that have anything to show, in their order on the page. */
  List<Chart> charts() {
    return charts;
  }

  private void parted(String title, List<Field> fields) {
    String y = title.toLowerCase(Locale.ROOT);
    if (runs.size() == 1) {
      List<Chart.Series> series =
          fields.stream()
              .map(field -> series(field.words(), runs.get(0), field.key()))
              .filter(one -> !one.y().isEmpty())
              .toList();
      add(Chart.lines(title, "epoch", y, series));
    } else {
      fields.forEach(field -> add(ofRuns(title + ", " + field.words(), y, field.key())));
    }
  }

  /** A line for each run, also where it is empty: its place decides how the next one looks. */
  private Chart ofRuns(String title, String y, String key) {
    List<Chart.Series> series =
        runs.stream()
            .map(run -> series(runs.size() == 1 ? run.model() : run.name(), run, key))
            .toList();
    return Chart.lines(title, "epoch", y, series);
  }

  private void add(Chart chart) {
    if (chart.series().stream().anyMatch(series -> !series.y().isEmpty())) {
      charts.add(chart);
    }
  }

  private static Chart.Series series(String name, RunFiles run, String key) {
    List<Double> epochs = new ArrayList<>();
    List<Double> values = new ArrayList<>();
    for (JsonNode line : run.metrics()) {
      JsonNode value = line.path(key);
      if (value.isNumber() || value.isTextual()) {
        epochs.add(line.path("epoch").asDouble());
        values.add(Json.number(value));
      }
    }
    @Nullable JsonNode failure = run.failure();
    if (key.equals(LEARNED) && failure != null) {
      // That epoch has no line of metrics, since it did not end.
      epochs.add(failure.path("epoch").asDouble());
      values.add(Double.NaN);
    }
    return new Chart.Series(name, epochs, values);
  }
}
