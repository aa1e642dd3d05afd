package io.resnet4j.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * A picture of numbers, to be drawn by whoever shows it.
 *
 * @param title what it shows
 * @param x what runs along
 * @param y what stands up
 * @param kind how it is drawn
 * @param labels of the bars; empty for others
 * @param series what is drawn
 * @param over lines over a grid, whose places lie between its first row or column (0) and its last
 *     (1); empty for others
 * @param scale what the colours of a grid stand for; null for others
 * @param fromZero whether the upright axis of lines begins at zero, so that what hardly moves looks
 *     so
 */
public record Chart(
    String title,
    String x,
    String y,
    Kind kind,
    List<String> labels,
    List<Series> series,
    List<Series> over,
    @Nullable Scale scale,
    boolean fromZero) {
  /** Ways to draw. */
  public enum Kind {
    /** Points joined by lines. */
    LINE,
    /** Bars side by side, one for each label. */
    BAR,
    /** A plane of coloured cells: a series for each row, from the lowest. */
    GRID
  }

  /**
   * One curve, one colour of bars, or one row of a grid.
   *
   * @param name in the legend; of a row of a grid where it lies
   * @param x empty for bars
   * @param y as many as x, or as labels; what is not finite has no place and is marked
   */
  public record Series(String name, List<Double> x, List<Double> y) {
    /** Copies the lists. */
    public Series {
      x = List.copyOf(x);
      y = List.copyOf(y);
    }

    static Series of(String name, List<Row> rows, String x, ToDoubleFunction<Row> y) {
      List<Double> xs = new ArrayList<>();
      List<Double> ys = new ArrayList<>();
      for (Row row : rows) {
        xs.add(row.number(x));
        ys.add(y.applyAsDouble(row));
      }
      return new Series(name, xs, ys);
    }
  }

  /**
   * What colours stand for, the same in every grid that is to be compared.
   *
   * @param name of the quantity
   * @param low value of the first colour
   * @param high value of the last one
   */
  public record Scale(String name, double low, double high) {
    /** From the least to the largest finite value of rows. */
    static Scale of(String name, List<Row> rows, ToDoubleFunction<Row> value) {
      double[] values =
          rows.stream().mapToDouble(value).filter(Double::isFinite).sorted().toArray();
      return values.length == 0
          ? new Scale(name, 0, 1)
          : new Scale(name, values[0], values[values.length - 1]);
    }

    /** The same, what lies above {@code most} in the last colour. */
    Scale atMost(double most) {
      return new Scale(name, Math.min(low, most), Math.min(high, most));
    }
  }

  /** Copies the lists. */
  public Chart {
    labels = List.copyOf(labels);
    series = List.copyOf(series);
    over = List.copyOf(over);
  }

  /** Of lines. */
  public static Chart lines(String title, String x, String y, List<Series> series) {
    return new Chart(title, x, y, Kind.LINE, List.of(), series, List.of(), null, false);
  }

  /** The same with an upright axis that begins at zero. */
  public Chart beginningAtZero() {
    return new Chart(title, x, y, kind, labels, series, over, scale, true);
  }

  static Chart bars(String title, String x, String y, List<String> labels, List<Series> series) {
    return new Chart(title, x, y, Kind.BAR, labels, series, List.of(), null, true);
  }

  static Chart grid(String title, String x, String y, List<Series> rows, Scale scale) {
    return new Chart(title, x, y, Kind.GRID, List.of(), rows, List.of(), scale, false);
  }

  /** A grid with a line over it. */
  Chart under(Series line) {
    return new Chart(title, x, y, kind, labels, series, List.of(line), scale, fromZero);
  }
}
