package io.resnet4j.lab;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Every combination of values by name, in the order in which the names were given, the last of them
 * changing fastest.
 */
final class Cells {
  private final List<Map<String, Object>> cells;

  private Cells(List<Map<String, Object>> cells) {
    this.cells = cells;
  }

  /** A cell for each value. */
  static Cells of(String name, List<?> values) {
    return of(Map.of()).by(name, values);
  }

  /** One cell, to be multiplied. */
  static Cells of(Map<String, Object> cell) {
    return new Cells(List.of(cell));
  }

  /** A cell for each of these and each value. */
  Cells by(String name, List<?> values) {
    List<Map<String, Object>> product = new ArrayList<>();
    for (Map<String, Object> cell : cells) {
      for (Object value : values) {
        Map<String, Object> longer = new LinkedHashMap<>(cell);
        longer.put(name, value);
        product.add(longer);
      }
    }
    return new Cells(product);
  }

  /**
   * The same cells with their names in another order, which is that of columns and of saved cells.
   */
  Cells in(String... names) {
    List<Map<String, Object>> ordered = new ArrayList<>();
    for (Map<String, Object> cell : cells) {
      Map<String, Object> other = new LinkedHashMap<>();
      for (String name : names) {
        other.put(name, cell.get(name));
      }
      ordered.add(other);
    }
    return new Cells(ordered);
  }

  /** The cells. */
  List<Map<String, Object>> list() {
    return cells;
  }
}
