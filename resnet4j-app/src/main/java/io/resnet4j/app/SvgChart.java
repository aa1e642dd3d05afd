package io.resnet4j.app;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A small chart of lines over a numeric axis, as SVG that stands alone. */
final class SvgChart {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 400;
  private static final int LEFT = 64;
  private static final int RIGHT = 16;
  private static final int TOP = 40;
  private static final int BOTTOM = 52;
  private static final int TICKS = 5;
  private static final List<String> COLOURS = List.of("#9aa7b5", "#1f6fb2", "#c8553d", "#3a8f5c");

  private record Series(String name, double[] x, double[] y) {}

  private final String title;
  private final String across;
  private final String up;
  private final List<Series> series = new ArrayList<>();
  private boolean logarithmic;
  private @Nullable String marked;
  private double mark;

  /**
   * @param across what the horizontal axis shows
   * @param up what the vertical one shows
   */
  SvgChart(String title, String across, String up) {
    this.title = title;
    this.across = across;
    this.up = up;
  }

  /** A horizontal axis on which tens are equally far apart. */
  SvgChart logarithmic() {
    logarithmic = true;
    return this;
  }

  SvgChart line(String name, double[] x, double[] y) {
    series.add(new Series(name, x, y));
    return this;
  }

  /** An upright line at {@code x}. */
  SvgChart mark(String name, double x) {
    marked = name;
    mark = x;
    return this;
  }

  private double place(double x) {
    return logarithmic ? Math.log10(x) : x;
  }

  private static double least(List<double[]> all) {
    return all.stream().flatMapToDouble(Arrays::stream).min().orElse(0);
  }

  private static double most(List<double[]> all) {
    return all.stream().flatMapToDouble(Arrays::stream).max().orElse(1);
  }

  String svg() {
    List<double[]> xs =
        series.stream().map(s -> Arrays.stream(s.x()).map(this::place).toArray()).toList();
    List<double[]> ys = series.stream().map(Series::y).toList();
    double x0 = least(xs);
    double x1 = Math.max(most(xs), x0 + 1e-9);
    double y0 = least(ys);
    double y1 = Math.max(most(ys), y0 + 1e-9);
    StringBuilder svg = new StringBuilder();
    add(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\""
            + " font-family=\"sans-serif\" font-size=\"13\"><title>%s</title>"
            + "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>"
            + "<text x=\"%d\" y=\"20\" font-weight=\"bold\">%s</text>",
        WIDTH,
        HEIGHT,
        Html.escape(title),
        LEFT,
        Html.escape(title));
    for (int i = 0; i <= TICKS; i++) {
      double y = y0 + (y1 - y0) * i / TICKS;
      double at = HEIGHT - BOTTOM - (double) (HEIGHT - TOP - BOTTOM) * i / TICKS;
      add(
          svg,
          "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>"
              + "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.3g</text>",
          LEFT,
          WIDTH - RIGHT,
          at,
          at,
          LEFT - 6,
          at + 4,
          y);
      double x = x0 + (x1 - x0) * i / TICKS;
      double value = logarithmic ? Math.pow(10, x) : x;
      add(
          svg,
          "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
          across(x, x0, x1),
          HEIGHT - BOTTOM + 18,
          String.format(Locale.ROOT, logarithmic ? "%.1e" : "%.2g", value));
    }
    add(
        svg,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>"
            + "<text transform=\"translate(16 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>",
        (LEFT + WIDTH - RIGHT) / 2,
        HEIGHT - 12,
        Html.escape(across),
        (TOP + HEIGHT - BOTTOM) / 2,
        Html.escape(up));
    for (int i = 0; i < series.size(); i++) {
      draw(svg, series.get(i), i, xs.get(i), new double[] {x0, x1, y0, y1});
    }
    if (marked != null) {
      double at = across(place(mark), x0, x1);
      add(
          svg,
          "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#c8553d\""
              + " stroke-dasharray=\"4 3\"/><text x=\"%.1f\" y=\"%d\" fill=\"#c8553d\""
              + " text-anchor=\"end\">%s</text>",
          at,
          at,
          TOP,
          HEIGHT - BOTTOM,
          at - 4,
          TOP + 14,
          Html.escape(marked));
    }
    return svg.append("</svg>\n").toString();
  }

  private void draw(StringBuilder svg, Series one, int index, double[] xs, double[] range) {
    String colour = COLOURS.get(index % COLOURS.size());
    StringBuilder points = new StringBuilder();
    for (int i = 0; i < xs.length; i++) {
      add(
          points,
          "%.1f,%.1f ",
          across(xs[i], range[0], range[1]),
          up(one.y()[i], range[2], range[3]));
    }
    add(
        svg,
        "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" points=\"%s\"/>",
        colour,
        index == 0 ? "1" : "2",
        points.toString().strip());
    add(
        svg,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"end\" fill=\"%s\">%s</text>",
        WIDTH - RIGHT,
        18 + 14 * index,
        colour,
        Html.escape(one.name()));
  }

  private static double across(double x, double x0, double x1) {
    return LEFT + (x - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT);
  }

  private static double up(double y, double y0, double y1) {
    return HEIGHT - BOTTOM - (y - y0) / (y1 - y0) * (HEIGHT - TOP - BOTTOM);
  }

  private static void add(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values));
  }
}
