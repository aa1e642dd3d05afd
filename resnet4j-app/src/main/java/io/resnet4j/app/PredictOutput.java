package io.resnet4j.app;

import io.resnet4j.infer.Prediction;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What {@code predict} writes for each picture. */
enum PredictOutput {
  /** A line a picture, as people read it. */
  WORDS,
  /** A line of JSON a picture. */
  JSON,
  /** Columns, once all is known. */
  TABLE;

  /** Writes to one console. */
  static final class Writer {
    private final PredictOutput form;
    private final Console console;
    private final Optional<TextTable> table;
    private int rows;

    /**
     * @param top classes a picture, at most
     */
    Writer(PredictOutput form, int top, Console console) {
      this.form = form;
      this.console = console;
      this.table =
          form == TABLE ? Optional.of(new TextTable("l" + "lr".repeat(top))) : Optional.empty();
      table.ifPresent(t -> t.row(header(top)));
    }

    private static String[] header(int top) {
      String[] cells = new String[1 + 2 * top];
      cells[0] = "file";
      for (int i = 0; i < top; i++) {
        cells[1 + 2 * i] = i == 0 ? "class" : "next";
        cells[2 + 2 * i] = "share";
      }
      return cells;
    }

    /**
     * A picture's result.
     *
     * @param features to be shown; empty where they are not wanted here
     */
    void picture(String file, List<Prediction> best, Optional<float[]> features) {
      switch (form) {
        case JSON -> console.result(json(file, best, features));
        case WORDS -> {
          List<String> parts = new ArrayList<>();
          best.forEach(each -> parts.add(each.label() + " " + Text.percent(each.probability())));
          console.result(file + ": " + String.join(", ", parts));
        }
        case TABLE -> {
          List<String> cells = new ArrayList<>(List.of(file));
          for (Prediction each : best) {
            cells.add(each.label());
            cells.add(Text.percent(each.probability()));
          }
          table.orElseThrow().row(cells.toArray(String[]::new));
          rows++;
        }
      }
    }

    private static String json(String file, List<Prediction> best, Optional<float[]> features) {
      List<Object> classes = new ArrayList<>();
      for (Prediction each : best) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("class", each.label());
        one.put("probability", each.probability());
        classes.add(one);
      }
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("file", file);
      line.put("top", classes);
      features.ifPresent(numbers -> line.put("features", numbers));
      return Json.line(line);
    }

    void end() {
      if (rows > 0) {
        console.result(table.orElseThrow().toString());
      }
    }
  }
}
