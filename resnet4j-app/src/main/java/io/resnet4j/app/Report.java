package io.resnet4j.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** One page about one run or several, in one file that needs no network. */
final class Report {
  private static final List<String> CURVES =
      List.of("epoch", "train_loss", "val_loss", "train_acc", "val_acc", "lr", "images_per_s");

  private final List<RunFiles> runs;

  private Report(List<RunFiles> runs) {
    this.runs = List.copyOf(runs);
  }

  /** A report of {@code runs}, of which there is at least one. */
  static Report of(List<RunFiles> runs) {
    return new Report(runs);
  }

  /**
   * Writes the page; it appears whole or not at all.
   *
   * @throws IOException if it cannot be written
   */
  void write(Path file) throws IOException {
    String title =
        runs.size() == 1
            ? runs.get(0).model() + ": " + runs.get(0).name()
            : runs.size() + " runs side by side";
    ReportTables tables = new ReportTables(runs);
    ReportInside inside = new ReportInside(runs);
    HtmlPage.of("report.html")
        .put("TITLE", Html.escape(title))
        .put("NUMBERS", tables.numbers())
        .put("CONFIG", tables.config())
        .put("NETWORK", tables.networks())
        .put("INSIDE", inside.html())
        .put("INSIDE_DATA", inside.data())
        .put("CHARTS_DATA", FindingsHtml.script(inside.charts()))
        .put("DATA", data())
        .write(file);
  }

  /** The curves. */
  private String data() {
    ArrayNode all = Json.MAPPER.createArrayNode();
    for (RunFiles run : runs) {
      ObjectNode node = all.addObject();
      node.put("name", runs.size() == 1 ? run.model() : run.name());
      for (String curve : CURVES) {
        ArrayNode values = node.putArray(curve);
        for (JsonNode line : run.metrics()) {
          values.add(line.path(curve).isNumber() ? line.path(curve) : null);
        }
      }
    }
    return HtmlPage.script(all);
  }
}
