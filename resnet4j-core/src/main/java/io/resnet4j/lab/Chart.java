package io.resnet4j.lab;

import java.util.ArrayList;
import java.util.List;

/**
 * A picture of numbers, to be drawn by whoever shows it.
 *
 * @param title what it shows
 * @param x what runs along
 * @param y what stands up
 * @param kind how it is drawn
 * @param labels of the bars; empty for lines
 * @param series what is drawn
 */
public record Chart(
    String title, String x, String y, Kind kind, List<String> labels, List<Series> series) {
  /** Ways to draw. */
  public enum Kind {
    /** Points joined by lines. */
    LINE,
    /** Bars side by side, one for each label. */
    BAR
  }

  /**
   * One curve, or one colour of bars.
   *
   * @param name in the legend
   * @param x empty for bars
   * @param y as many as x, or as labels; what is not finite is left out
   */
  public record Series(String name, List<Double> x, List<Double> y) {
    /** Copies the lists. */
    public Series {
      x = List.copyOf(x);
      y = List.copyOf(y);
    }

    static Series of(
        String name, List<Row> rows, String x, java.util.function.ToDoubleFunction<Row> y) {
      List<Double> xs = new ArrayList<>();
      List<Double> ys = new ArrayList<>();
      for (Row row : rows) {
        xs.add(row.number(x));
        ys.add(y.applyAsDouble(row));
      }
      return new Series(name, xs, ys);
    }
  }

  /** Copies the lists. */
  public Chart {
    labels = List.copyOf(labels);
    series = List.copyOf(series);
  }

  static Chart lines(String title, String x, String y, List<Series> series) {
    return new Chart(title, x, y, Kind.LINE, List.of(), series);
  }

  static Chart bars(String title, String x, String y, List<String> labels, List<Series> series) {
    return new Chart(title, x, y, Kind.BAR, labels, series);
  }
}
