package io.resnet4j.lab;

import io.resnet4j.data.DataSplits;
import java.util.List;
import java.util.Map;

/**
 * An experiment: cells to measure one by one, and what their numbers come to. A cell depends on
 * nothing but itself, the settings and the seed, so that an interrupted experiment goes on with the
 * cells it lacks.
 */
public interface Experiment {
  /** The name on the command line. */
  String name();

  /** What it asks. */
  String question();

  /** Whose experiment it is, or whose claim it tries. */
  String source();

  /**
   * Its settings.
   *
   * @param full as in its source; otherwise what ends within minutes on two cores
   */
  Settings settings(boolean full);

  /**
   * What is to be measured: each cell a choice of values by name.
   *
   * @throws io.resnet4j.InvalidInputException if a setting is wrong
   */
  List<Map<String, Object>> cells(Settings settings);

  /**
   * Refuses, before anything is measured, what the settings give and the data do not fit.
   *
   * @throws io.resnet4j.InvalidInputException if there is such a thing
   */
  default void require(Settings settings, DataSplits data) {}

  /**
   * Measures one cell.
   *
   * @return rows of numbers and texts by name, besides those of the cell
   */
  List<Map<String, Object>> measure(Map<String, Object> cell, Settings settings, Bench bench);

  /** What the rows of all cells measured so far come to; there is at least one. */
  Findings findings(Settings settings, List<Row> rows);
}
