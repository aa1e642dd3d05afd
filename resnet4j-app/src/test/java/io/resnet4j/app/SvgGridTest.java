package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.lab.Chart;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A plane of colours. */
class SvgGridTest {
  private static final Chart.Scale SCALE = new Chart.Scale("loss", 0, 10);

  private static Chart chart(double... values) {
    return chart(List.of(), values);
  }

  private static Chart chart(List<Chart.Series> over, double... values) {
    return new Chart(
        "a <b>",
        "x",
        "y",
        Chart.Kind.GRID,
        List.of(),
        List.of(
            new Chart.Series("-1", List.of(0.0, 1.0), List.of(values[0], values[1])),
            new Chart.Series("1", List.of(0.0, 1.0), List.of(values[2], values[3]))),
        over,
        SCALE,
        false);
  }

  private static String svg(double... values) {
    return new SvgGrid(chart(values), SCALE).svg();
  }

  /** The colours of the cells, from the lowest row. */
  private static List<String> colours(String svg) {
    return java.util.regex.Pattern.compile("fill=\"(#\\w+)\"><title>")
        .matcher(svg)
        .results()
        .map(found -> found.group(1))
        .toList();
  }

  @Test
  void aValueHasTheSameColourInEveryPicture() {
    List<String> one = colours(svg(0, 5, 10, 99));
    List<String> two = colours(svg(10, 10, 5, 5));
    assertEquals(4, one.size());
    assertEquals(one.get(2), two.get(0));
    assertEquals(one.get(1), two.get(2));
    assertEquals(one.get(2), one.get(3), "what is above the scale has its last colour");
    assertEquals("#440154", one.get(0));
    assertEquals("#fde725", one.get(2));
  }

  @Test
  void whatIsNoNumberIsGrey() {
    assertEquals("#888", colours(svg(Double.NaN, 1, 2, 3)).get(0));
    assertEquals("#888", colours(svg(Double.POSITIVE_INFINITY, 1, 2, 3)).get(0));
    assertEquals("#888", colours(svg(Double.NEGATIVE_INFINITY, 1, 2, 3)).get(0));
    String page = FindingsHtml.charts(List.of(chart(1, Double.POSITIVE_INFINITY, 2, 3)), 0);
    assertTrue(page.contains("Grey stands for no finite number. -1 at x 1: Infinity.</p>"), page);
  }

  /**
   * Of two columns the centres lie at 56 + 80 and 56 + 240, of two rows at 10 + 240 and 10 + 80.
   */
  @Test
  void aLineLiesBetweenTheCentresOfTheFirstAndTheLastCells() {
    Chart.Series line = new Chart.Series("way", List.of(0.0, 0.5, 1.0), List.of(0.0, 0.0, 1.0));
    String svg = new SvgGrid(chart(List.of(line), 0, 1, 2, 3), SCALE).svg();
    assertTrue(svg.contains("<polyline points=\"136.0,250.0 216.0,250.0 296.0,90.0 \""), svg);
    assertTrue(svg.contains("<circle cx=\"296.0\" cy=\"90.0\" r=\"6\" fill=\"white\""), svg);
    assertFalse(svg(0, 1, 2, 3).contains("polyline"));
  }

  @Test
  void namesAreEscaped() {
    String svg = svg(0, 1, 2, 3);
    assertTrue(svg.contains("a &lt;b&gt;"));
    assertFalse(svg.contains("<b>"));
  }
}
