package io.resnet4j.app;

import io.resnet4j.lab.Chart;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** One page about one run or several, in one file that needs no network. */
final class Report {
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
    List<Chart> charts = new ArrayList<>(new ReportCurves(runs).charts());
    ReportInside inside = new ReportInside(runs);
    HtmlPage page =
        HtmlPage.of("report.html")
            .put("TITLE", Html.escape(title))
            .put("NUMBERS", tables.numbers())
            .put("CURVES", FindingsHtml.charts(charts, 0))
            .put("INSIDE", inside.html(charts.size()))
            .put("NETWORK", tables.networks())
            .put("CONFIG", tables.config())
            .put("INSIDE_DATA", inside.data());
    charts.addAll(inside.charts());
    page.put("CHARTS_DATA", FindingsHtml.script(charts)).write(file);
  }
}
