package io.resnet4j.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.lab.Chart;
import io.resnet4j.lab.Findings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What an experiment found, as parts of a page. */
final class FindingsHtml {
  /** A chart of nothing but such points should not be followed by all of them. */
  private static final int MOST_PLACES = 3;

  private FindingsHtml() {}

  /** A table: who claims what, what was measured, the verdict. */
  static String claims(List<Findings.Claim> claims) {
    return claims(claims, ClaimWords.ENGLISH);
  }

  /** The same with a head and verdicts in other words. */
  static String claims(List<Findings.Claim> claims, ClaimWords words) {
    StringBuilder rows = new StringBuilder("<table class=claims><thead><tr>");
    for (String head : List.of(words.source(), words.claim(), words.measured(), words.verdict())) {
      rows.append("<th>").append(Html.escape(head)).append("</th>");
    }
    rows.append("</tr></thead><tbody>");
    for (Findings.Claim claim : claims) {
      rows.append("<tr>");
      cell(rows, words.source(), claim.source());
      cell(rows, words.claim(), claim.claim());
      cell(rows, words.measured(), claim.measured());
      rows.append("<td class=verdict data-name=\"").append(Html.escape(words.verdict()));
      rows.append("\">").append(words.of(claim.verdict())).append("</td></tr>");
    }
    return rows.append("</tbody></table>").toString();
  }

  /** A cell of a table of claims, with the name of its column for narrow screens. */
  static void cell(StringBuilder rows, String name, String text) {
    rows.append("<td data-name=\"")
        .append(Html.escape(name))
        .append("\">")
        .append(Html.escape(text))
        .append("</td>");
  }

  /** A list. */
  static String notes(List<String> notes) {
    StringBuilder list = new StringBuilder("<ul class=notes>");
    notes.forEach(note -> list.append("<li>").append(Html.escape(note)).append("</li>"));
    return list.append("</ul>").toString();
  }

  /**
   * Places for charts, each with its numbers below.
   *
   * @param before how many charts stand earlier on the page
   */
  static String charts(List<Chart> charts, int before) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < charts.size(); i++) {
      Chart chart = charts.get(i);
      String title = Html.escape(chart.title());
      all.append("<div class=chart id=chart").append(before + i).append("><h3>").append(title);
      all.append("</h3>").append(plot(chart, title)).append(unplaced(chart));
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

  /** In words what has no place on an axis, and no colour. */
  private static String unplaced(Chart chart) {
    List<String> places = new ArrayList<>();
    for (Chart.Series series : chart.series()) {
      for (int i = 0; i < series.y().size(); i++) {
        double y = series.y().get(i);
        if (!Double.isFinite(y)) {
          places.add(series.name() + " at " + chart.x() + " " + x(chart, series, i) + ": " + y);
        }
      }
    }
    if (places.isEmpty()) {
      return "";
    }
    int more = places.size() - MOST_PLACES;
    return "<p class=hint>"
        + (chart.kind() == Chart.Kind.GRID ? "Grey" : "&times; at the edge")
        + " stands for no finite number. "
        + Html.escape(String.join("; ", places.stream().limit(MOST_PLACES).toList()))
        + (more > 0 ? "; and " + more + " more" : "")
        + ".</p>";
  }

  /** What a point or bar stands over. */
  private static String x(Chart chart, Chart.Series series, int i) {
    if (chart.kind() == Chart.Kind.BAR) {
      return chart.labels().get(i);
    }
    double x = series.x().get(i);
    return String.format(Locale.ROOT, Math.rint(x) == x && x < 1e9 ? "%.0f" : "%.4g", x);
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
        rows.append("<tr><th scope=row>").append(Html.escape(before + series.name()));
        rows.append("</th><td>");
        rows.append(Html.escape(x(chart, series, i))).append("</td><td>");
        rows.append(String.format(Locale.ROOT, "%.4g", series.y().get(i))).append("</td></tr>");
      }
    }
    return rows.append("</tbody></table>").toString();
  }

  /** What the script of the page draws: all charts of it, in their order. */
  static String script(List<Chart> charts) {
    ArrayNode all = Json.MAPPER.createArrayNode();
    for (Chart chart : charts) {
      ObjectNode node = all.addObject();
      node.put("x", chart.x());
      node.put("y", chart.y());
      node.put("kind", chart.kind().name());
      node.put("fromZero", chart.fromZero());
      node.set("labels", Json.MAPPER.valueToTree(chart.labels()));
      boolean drawn = chart.kind() == Chart.Kind.GRID;
      node.set("series", Json.MAPPER.valueToTree(drawn ? List.of() : chart.series()));
    }
    return HtmlPage.script(all);
  }
}
