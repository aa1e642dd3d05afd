package io.resnet4j.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.lab.Chart;
import io.resnet4j.lab.Findings;
import io.resnet4j.lab.LabRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The page of an experiment. */
final class LabReport {
  private final LabRun.Outcome outcome;
  private final String command;
  private final String data;

  /**
   * @param command that makes it again
   * @param data what the pictures are
   */
  LabReport(LabRun.Outcome outcome, String command, String data) {
    this.outcome = outcome;
    this.command = command;
    this.data = data;
  }

  void write(Path file) throws IOException {
    Findings findings = outcome.findings();
    HtmlPage.of("lab.html")
        .put("TITLE", "The lab: " + Html.escape(outcome.experiment().name()))
        .put("QUESTION", Html.escape(outcome.experiment().question()))
        .put("SOURCE", Html.escape(outcome.experiment().source()))
        .put("UNFINISHED", unfinished())
        .put("CLAIMS", claims(findings.claims()))
        .put("NOTES", notes(findings.notes()))
        .put("CHARTS", charts(findings.charts()))
        .put("COMMAND", Html.escape(command))
        .put("DATA_WORDS", Html.escape("Pictures: " + data + "."))
        .put("SETTINGS", settings())
        .put("DATA", HtmlPage.script(tree(findings.charts())))
        .write(file);
  }

  private String unfinished() {
    return outcome.stopped()
        ? "<p><b>Not finished: "
            + outcome.done()
            + " of "
            + outcome.cells()
            + " cells are measured; the same command goes on.</b></p>"
        : "";
  }

  private static String claims(List<Findings.Claim> claims) {
    StringBuilder rows =
        new StringBuilder(
            "<table class=claims><thead><tr><th>source</th><th>claim</th><th>measured here</th>"
                + "<th>verdict</th></tr></thead><tbody>");
    for (Findings.Claim claim : claims) {
      rows.append("<tr>");
      cell(rows, "source", claim.source());
      cell(rows, "claim", claim.claim());
      cell(rows, "measured", claim.measured());
      rows.append("<td class=verdict data-name=verdict>")
          .append(verdict(claim.verdict()))
          .append("</td></tr>");
    }
    return rows.append("</tbody></table>").toString();
  }

  private static void cell(StringBuilder rows, String name, String text) {
    rows.append("<td data-name=")
        .append(name)
        .append('>')
        .append(Html.escape(text))
        .append("</td>");
  }

  private static String verdict(Findings.Verdict verdict) {
    return switch (verdict) {
      case AGREES -> "&#10003; agrees";
      case DIFFERS -> "&#10007; differs";
      case NOT_MEASURED -> "&ndash; not measured";
    };
  }

  private static String notes(List<String> notes) {
    StringBuilder list = new StringBuilder("<ul class=notes>");
    notes.forEach(note -> list.append("<li>").append(Html.escape(note)).append("</li>"));
    return list.append("</ul>").toString();
  }

  private static String charts(List<Chart> charts) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < charts.size(); i++) {
      Chart chart = charts.get(i);
      String title = Html.escape(chart.title());
      all.append("<div class=chart id=chart").append(i).append("><h3>").append(title);
      all.append("</h3>").append(plot(chart, title));
      all.append("<details><summary>numbers</summary><div class=scroll>");
      all.append(numbers(chart)).append("</div></details></div>");
    }
    return all.toString();
  }

  /** A grid is drawn here; a place for the others, which a script of the page draws. */
  private static String plot(Chart chart, String title) {
    Chart.Scale scale = chart.scale();
    return scale != null
        ? new SvgGrid(chart, scale).svg()
        : "<div class=plot><canvas tabindex=0 role=img aria-label=\""
            + title
            + "; the numbers stand below\"></canvas></div><div class=legend></div>";
  }

  private static String numbers(Chart chart) {
    StringBuilder rows = new StringBuilder("<table><thead><tr><th></th><th>");
    Chart.Scale scale = chart.scale();
    rows.append(Html.escape(chart.x())).append("</th><th>");
    rows.append(Html.escape(scale == null ? chart.y() : scale.name()));
    rows.append("</th></tr></thead><tbody>");
    String before = chart.kind() == Chart.Kind.GRID ? chart.y() + " " : "";
    for (Chart.Series series : chart.series()) {
      for (int i = 0; i < series.y().size(); i++) {
        String x =
            chart.kind() == Chart.Kind.BAR
                ? chart.labels().get(i)
                : String.format(Locale.ROOT, "%.4g", series.x().get(i));
        rows.append("<tr><th scope=row>").append(Html.escape(before + series.name()));
        rows.append("</th><td>");
        rows.append(Html.escape(x)).append("</td><td>");
        rows.append(String.format(Locale.ROOT, "%.4g", series.y().get(i))).append("</td></tr>");
      }
    }
    return rows.append("</tbody></table>").toString();
  }

  private String settings() {
    StringBuilder rows =
        new StringBuilder("<table><thead><tr><th>setting</th><th>value</th></tr></thead><tbody>");
    outcome
        .settings()
        .values()
        .forEach(
            (name, value) ->
                rows.append("<tr><th scope=row>")
                    .append(Html.escape(name))
                    .append("</th><td>")
                    .append(Html.escape(value))
                    .append("</td></tr>"));
    return rows.append("</tbody></table>").toString();
  }

  private static ArrayNode tree(List<Chart> charts) {
    ArrayNode all = Json.MAPPER.createArrayNode();
    for (Chart chart : charts) {
      ObjectNode node = all.addObject();
      node.put("x", chart.x());
      node.put("y", chart.y());
      node.put("kind", chart.kind().name());
      node.set("labels", Json.MAPPER.valueToTree(chart.labels()));
      boolean drawn = chart.kind() == Chart.Kind.GRID;
      node.set("series", Json.MAPPER.valueToTree(drawn ? List.of() : chart.series()));
    }
    return all;
  }
}
