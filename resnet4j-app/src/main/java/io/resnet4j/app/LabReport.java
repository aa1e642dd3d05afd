package io.resnet4j.app;

import io.resnet4j.lab.Findings;
import io.resnet4j.lab.LabRun;
import java.io.IOException;
import java.nio.file.Path;

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
        .put("CLAIMS", FindingsHtml.claims(findings.claims()))
        .put("NOTES", FindingsHtml.notes(findings.notes()))
        .put("CHARTS", FindingsHtml.charts(findings.charts(), 0))
        .put("COMMAND", Html.escape(command))
        .put("DATA_WORDS", Html.escape("Pictures: " + data + "."))
        .put("SETTINGS", settings())
        .put("CHARTS_DATA", FindingsHtml.script(findings.charts()))
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
}
