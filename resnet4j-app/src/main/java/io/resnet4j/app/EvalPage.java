package io.resnet4j.app;

import io.resnet4j.app.picture.Png;
import io.resnet4j.app.picture.Sheets;
import io.resnet4j.data.Dataset;
import io.resnet4j.infer.Assessment;
import io.resnet4j.infer.Calibration;
import io.resnet4j.infer.Interval;
import io.resnet4j.lab.Chart;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/**
 * The page of an evaluation.
 *
 * @param title what was evaluated on what
 * @param figures in words
 * @param data that was evaluated on
 * @param seen class by class
 * @param calibrations as the network is, and at a fitted temperature where there is one
 * @param mistakes the pictures with the highest loss, the highest first
 */
record EvalPage(
    String title,
    TextTable figures,
    Dataset data,
    Assessment seen,
    List<Calibration> calibrations,
    List<Assessment.Mistake> mistakes) {
  /** A table of more classes is not one that anyone reads; the files have them all. */
  private static final int MOST_CLASSES = 60;

  private static final int MOST_PICTURES = 24;
  private static final int SIDE = 96;

  /**
   * Writes the page; it appears whole or not at all.
   *
   * @throws IOException if it cannot be written
   */
  void write(Path file) throws IOException {
    List<Chart> charts = List.of(reliability());
    HtmlPage.of("eval.html")
        .put("TITLE", Html.escape(title))
        .put("FIGURES", figures.html())
        .put("CALIBRATION", FindingsHtml.charts(charts, 0))
        .put("CHARTS_DATA", FindingsHtml.script(charts))
        .put("MISTAKES", pictures())
        .put("CONFUSION", confusion())
        .put("CLASSES", classes())
        .write(file);
  }

  /** As confident as right is the diagonal; a bin without pictures has no point. */
  private Chart reliability() {
    List<Chart.Series> lines = new ArrayList<>();
    for (Calibration calibration : calibrations) {
      List<Calibration.Bin> bins =
          calibration.bins().stream().filter(bin -> bin.count() > 0).toList();
      lines.add(
          new Chart.Series(
              calibration.temperature() == 1
                  ? "the network's own confidence"
                  : String.format(Locale.ROOT, "at temperature %.3f", calibration.temperature()),
              bins.stream().map(Calibration.Bin::confidence).toList(),
              bins.stream().map(Calibration.Bin::accuracy).toList()));
    }
    List<Double> ends = List.of(0.0, 1.0);
    lines.add(new Chart.Series("as confident as right", ends, ends));
    return Chart.lines("Reliability", "mean confidence of a bin", "accuracy", lines)
        .beginningAtZero();
  }

  private String pictures() {
    if (mistakes.isEmpty()) {
      return "<p>None was taken for another class.</p>";
    }
    StringBuilder figures = new StringBuilder("<div class=tiles>");
    for (Assessment.Mistake mistake :
        mistakes.subList(0, Math.min(MOST_PICTURES, mistakes.size()))) {
      byte[] png = Png.of(Sheets.of(List.of(data.whole(mistake.index())), SIDE));
      figures
          .append("<figure><img alt=\"\" src=\"data:image/png;base64,")
          .append(Base64.getEncoder().encodeToString(png))
          .append("\"><figcaption><b>")
          .append(Html.escape(name(mistake.truth())))
          .append("</b>, named ")
          .append(Html.escape(name(mistake.named())))
          .append(" (")
          .append(Text.percent(mistake.confidence()))
          .append(")<small>")
          .append(Html.escape(data.title(mistake.index())))
          .append(", loss ")
          .append(Text.decimal(mistake.loss()))
          .append("</small></figcaption></figure>");
    }
    return figures.append("</div>").toString();
  }

  private String confusion() {
    StringBuilder table = new StringBuilder("<table class=confusion><thead><tr><th></th>");
    int shown = Math.min(MOST_CLASSES, seen.confusion().size());
    for (int named = 0; named < shown; named++) {
      table.append("<th>").append(Html.escape(name(named))).append("</th>");
    }
    table.append("</tr></thead><tbody>");
    for (int truth = 0; truth < shown; truth++) {
      int pictures = Math.max(1, seen.classes().get(truth).pictures());
      table.append("<tr><th scope=row>").append(Html.escape(name(truth))).append("</th>");
      for (int named = 0; named < shown; named++) {
        int count = seen.confusion().get(truth).get(named);
        String colour = named == truth ? "0,114,178" : "213,94,0";
        table.append(
            String.format(
                Locale.ROOT,
                "<td style=\"background:rgba(%s,%.2f)\">%d</td>",
                colour,
                0.8 * count / pictures,
                count));
      }
      table.append("</tr>");
    }
    return table.append("</tbody></table>").toString();
  }

  private String classes() {
    StringBuilder table =
        new StringBuilder("<table><thead><tr><th>class</th><th>pictures</th><th>precision</th>")
            .append("<th>recall</th><th>recall, 95 %</th><th>F1</th></tr></thead><tbody>");
    List<Assessment.ClassScore> all = seen.classes();
    for (Assessment.ClassScore score : all.subList(0, Math.min(MOST_CLASSES, all.size()))) {
      table.append("<tr><th scope=row>").append(Html.escape(score.name())).append("</th>");
      for (String cell :
          List.of(
              Text.count(score.pictures()),
              Text.percent(score.precision()),
              Text.percent(score.recall()),
              between(score.recallInterval()),
              Text.decimal(score.f1()))) {
        table.append("<td>").append(cell).append("</td>");
      }
      table.append("</tr>");
    }
    return table.append("</tbody></table>").toString();
  }

  /** An interval in words. */
  static String between(Interval of) {
    return String.format(Locale.ROOT, "%.2f to %.2f %%", 100 * of.low(), 100 * of.high());
  }

  private String name(int k) {
    return data.classes().get(k);
  }
}
