package io.resnet4j.app;

import io.resnet4j.lab.Chart;
import java.util.List;
import java.util.Locale;

/**
 * A plane of coloured cells as SVG, with the scale of its colours beside it. The colours are in
 * bands, whose borders are the contours; they are viridis', which is told apart in grey and by the
 * colour-blind too.
 */
final class SvgGrid {
  private static final int SIDE = 320;
  private static final int LEFT = 56;
  private static final int TOP = 10;
  private static final int BOTTOM = 44;
  private static final int BAR = 18;
  private static final int RIGHT = 92;
  private static final int BANDS = 14;
  private static final int TICKS = 4;
  private static final String NO_NUMBER = "#888";

  /** Viridis (matplotlib, CC0) at nine equal distances. */
  private static final int[] COLOURS = {
    0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c, 0x28ae80, 0x5ec962, 0xaddc30, 0xfde725
  };

  private final Chart chart;
  private final Chart.Scale scale;

  SvgGrid(Chart chart, Chart.Scale scale) {
    this.chart = chart;
    this.scale = scale;
  }

  /** The picture; text has the colour of the page. */
  String svg() {
    StringBuilder svg = new StringBuilder();
    int width = LEFT + SIDE + RIGHT;
    int height = TOP + SIDE + BOTTOM;
    add(
        svg,
        "<svg class=grid viewBox=\"0 0 %d %d\" role=img aria-label=\"%s; the numbers stand below\""
            + " font-size=\"12\" fill=\"currentColor\">",
        width,
        height,
        Html.escape(chart.title()));
    cells(svg);
    chart.over().forEach(line -> line(svg, line));
    axes(svg);
    bar(svg);
    return svg.append("</svg>").toString();
  }

  private void cells(StringBuilder svg) {
    List<Chart.Series> rows = chart.series();
    for (int r = 0; r < rows.size(); r++) {
      Chart.Series row = rows.get(r);
      double high = (double) SIDE / rows.size();
      double wide = (double) SIDE / row.y().size();
      for (int c = 0; c < row.y().size(); c++) {
        double value = row.y().get(c);
        // A hair larger than the cell, so that no seams show.
        add(
            svg,
            "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"%s\">"
                + "<title>%.4g, %s: %.4g</title></rect>",
            LEFT + c * wide,
            TOP + SIDE - (r + 1) * high,
            wide + 0.3,
            high + 0.3,
            colour(value),
            row.x().get(c),
            Html.escape(row.name()),
            value);
      }
    }
  }

  /**
   * In black on white, which is seen on every colour; a point for each place, a ring at the last.
   */
  private void line(StringBuilder svg, Chart.Series line) {
    int last = line.x().size() - 1;
    int columns = chart.series().get(0).x().size();
    double[] x = new double[last + 1];
    double[] y = new double[last + 1];
    StringBuilder points = new StringBuilder();
    for (int i = 0; i <= last; i++) {
      x[i] = LEFT + (line.x().get(i) * (columns - 1) + 0.5) * SIDE / columns;
      double up = (line.y().get(i) * (chart.series().size() - 1) + 0.5) / chart.series().size();
      y[i] = TOP + SIDE - up * SIDE;
      add(points, "%.1f,%.1f ", x[i], y[i]);
    }
    for (String stroke : List.of("white\" stroke-width=\"5", "black\" stroke-width=\"2")) {
      add(svg, "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\"/>", points, stroke);
    }
    for (int i = 0; i <= last; i++) {
      add(
          svg,
          "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%d\" fill=\"%s\" stroke=\"black\" stroke-width=\"2\"/>",
          x[i],
          y[i],
          i == last ? 6 : 3,
          i == last ? "white" : "black");
    }
  }

  private String colour(double value) {
    if (!Double.isFinite(value)) {
      return NO_NUMBER;
    }
    double range = scale.high() - scale.low();
    double share = range > 0 ? (value - scale.low()) / range : 0;
    int band = (int) Math.min(BANDS - 1, Math.max(0, Math.floor(share * BANDS)));
    return band(band);
  }

  private static String band(int band) {
    double place = (COLOURS.length - 1.0) * band / (BANDS - 1);
    int below = (int) Math.min(COLOURS.length - 2, Math.floor(place));
    double share = place - below;
    int mixed = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      double from = COLOURS[below] >> shift & 0xff;
      double to = COLOURS[below + 1] >> shift & 0xff;
      mixed |= (int) Math.round(from + share * (to - from)) << shift;
    }
    return String.format(Locale.ROOT, "#%06x", mixed);
  }

  private void axes(StringBuilder svg) {
    List<Chart.Series> rows = chart.series();
    List<Double> x = rows.isEmpty() ? List.of() : rows.get(0).x();
    for (int at : List.of(0, x.size() / 2, x.size() - 1)) {
      if (at >= 0 && at < x.size()) {
        text(
            svg, LEFT + (at + 0.5) * SIDE / x.size(), TOP + SIDE + 16, "middle", "%.3g", x.get(at));
      }
    }
    for (int at : List.of(0, rows.size() / 2, rows.size() - 1)) {
      if (at >= 0 && at < rows.size()) {
        double y = TOP + SIDE - (at + 0.5) * SIDE / rows.size() + 4;
        text(svg, LEFT - 6, y, "end", "%s", Html.escape(rows.get(at).name()));
      }
    }
    text(svg, LEFT + SIDE / 2.0, TOP + SIDE + 36, "middle", "%s", Html.escape(chart.x()));
    add(
        svg,
        "<text transform=\"translate(14 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>",
        TOP + SIDE / 2,
        Html.escape(chart.y()));
  }

  private void bar(StringBuilder svg) {
    int left = LEFT + SIDE + 16;
    for (int band = 0; band < BANDS; band++) {
      double high = (double) SIDE / BANDS;
      add(
          svg,
          "<rect x=\"%d\" y=\"%.2f\" width=\"%d\" height=\"%.2f\" fill=\"%s\"/>",
          left,
          TOP + SIDE - (band + 1) * high,
          BAR,
          high + 0.3,
          band(band));
    }
    for (int i = 0; i <= TICKS; i++) {
      double value = scale.low() + (scale.high() - scale.low()) * i / TICKS;
      double y = TOP + SIDE - (double) SIDE * i / TICKS + (i == TICKS ? 10 : i == 0 ? 0 : 4);
      text(svg, left + BAR + 4, y, "start", "%.3g", value);
    }
    text(svg, left + BAR, TOP + SIDE + 36, "middle", "%s", Html.escape(scale.name()));
  }

  private static void text(
      StringBuilder svg, double x, double y, String anchor, String format, Object value) {
    add(svg, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
    add(svg, format, value);
    svg.append("</text>");
  }

  private static void add(StringBuilder svg, String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values));
  }
}
