package io.resnet4j.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.lab.Chart;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One page about one run or several, in one file that needs no network; beside it every number that
 * it draws, as CSV and as JSON.
 */
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
   * Writes the page and its numbers; each file appears whole or not at all.
   *
   * @throws IOException if one cannot be written
   */
  void write(Path file) throws IOException {
    String title =
        runs.size() == 1
            ? runs.get(0).model() + ": " + runs.get(0).name()
            : runs.size() + " runs side by side";
    ReportTables tables = new ReportTables(runs);
    ReportOrigin origin = new ReportOrigin(runs);
    List<Chart> charts = new ArrayList<>(new ReportCurves(runs).charts());
    ReportInside inside = new ReportInside(runs);
    ObjectNode colours = inside.numbers();
    HtmlPage page =
        HtmlPage.of("report.html")
            .put("TITLE", Html.escape(title))
            .put("FAILURES", tables.failures())
            .put("NUMBERS", tables.numbers())
            .put("PAPERS", new ReportPapers(runs).html())
            .put("CURVES", FindingsHtml.charts(charts, 0))
            .put("INSIDE", inside.html(charts.size()))
            .put("COMMANDS", origin.commands())
            .put("ORIGIN", origin.table())
            .put("CSV", Html.escape(beside(file, ".csv").getFileName().toString()))
            .put("JSON", Html.escape(beside(file, ".json").getFileName().toString()))
            .put("NETWORK", tables.networks())
            .put("CONFIG", tables.config())
            .put("INSIDE_DATA", HtmlPage.script(colours));
    charts.addAll(inside.charts());
    ReportNumbers numbers = new ReportNumbers(charts, colours);
    OutputFile.write(beside(file, ".csv"), numbers.csv());
    OutputFile.write(beside(file, ".json"), numbers.json(origin.json()));
    page.put("CHARTS_DATA", FindingsHtml.script(charts)).write(file);
  }

  /** The page's name with another ending: {@code report.csv} for {@code report.html}. */
  private static Path beside(Path page, String ending) {
    String name = page.getFileName().toString();
    return page.resolveSibling(name.replaceAll("(?i)\\.html?$", "") + ending);
  }
}
