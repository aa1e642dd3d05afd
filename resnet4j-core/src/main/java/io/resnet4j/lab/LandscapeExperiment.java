package io.resnet4j.lab;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSplits;
import io.resnet4j.infer.Evaluation;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The loss around trained weights: Li et al. 2018. */
final class LandscapeExperiment implements Experiment {
  static final String SURFACE = "surface";
  static final String TRAJECTORY = "trajectory";

  @Override
  public String name() {
    return "landscape";
  }

  @Override
  public String question() {
    return "What does the loss look like around trained weights, with shortcuts and without? Along"
        + " two random directions, each filter as long as the network's own; and the way that"
        + " training took, in the two directions in which it varies most.";
  }

  @Override
  public String source() {
    return "Li, Xu, Taylor, Studer and Goldstein 2018, arXiv:1712.09913, sections 4, 5 and 7";
  }

  @Override
  public Settings settings(boolean full) {
    return Subject.settings(
        name(),
        full,
        "points",
        full ? "51" : "11",
        "shown",
        full ? "10000" : "300",
        "snapshots",
        full ? "40" : "10");
  }

  @Override
  public List<Map<String, Object>> cells(Settings settings) {
    settings.integer("shown", 1);
    settings.integer("snapshots", 3);
    int points = settings.integer("points", 3);
    if (points % 2 == 0) {
      throw new InvalidInputException(
          name() + ": points=" + points + ": expected an odd number, so that one is the centre");
    }
    List<Map<String, Object>> cells = new ArrayList<>();
    for (String network : Subject.networks(settings)) {
      Cells own = Cells.of("network", List.of(network));
      if (!Subject.given(settings).has(network)) {
        // A file of weights does not tell which way they came.
        cells.addAll(own.by("part", List.of(TRAJECTORY)).list());
      }
      cells.addAll(
          own.by("part", List.of(SURFACE))
              .by("beta", IntStream.range(0, points).mapToObj(i -> at(i, points)).toList())
              .list());
    }
    return cells;
  }

  @Override
  public void require(Settings settings, DataSplits data) {
    Subject.require(settings, data);
  }

  /** From -1 to 1. */
  private static double at(int i, int points) {
    return 2.0 * i / (points - 1) - 1;
  }

  @Override
  public List<Map<String, Object>> measure(
      Map<String, Object> cell, Settings settings, Bench bench) {
    int every = Math.max(1, settings.integer("steps", 1) / settings.integer("snapshots", 3));
    return Subject.of(
            (String) cell.get("network"), settings, bench, List.of(Snapshots.ofFilters(every)))
        .map(
            subject ->
                cell.get("part").equals(TRAJECTORY)
                    ? trajectory(subject)
                    : line((double) cell.get("beta"), settings, subject))
        .orElse(List.of());
  }

  private static Direction direction(Subject subject, String name) {
    return Direction.drawn(
        subject.model().state(), KeyedRandom.of(subject.bench().seed(), "lab/landscape/" + name));
  }

  private static List<Map<String, Object>> line(double beta, Settings settings, Subject subject) {
    int points = settings.integer("points", 3);
    Map<String, Tensor> state = subject.model().state();
    Direction a = direction(subject, "a");
    Direction b = direction(subject, "b");
    List<Map<String, Object>> rows = new ArrayList<>();
    try (Examiner examiner =
        new Examiner(
            subject.model().spec(),
            subject.bench().data().train(),
            settings.integer("shown", 1),
            subject.bench().normalisation())) {
      examiner.evaluation(state);
      for (int i = 0; i < points; i++) {
        Evaluation found = examiner.evaluation(Direction.moved(state, a, at(i, points), b, beta));
        rows.add(Rows.row("alpha", at(i, points), "loss", found.loss(), "error", 1 - found.top1()));
      }
    }
    return rows;
  }

  private static List<Map<String, Object>> trajectory(Subject subject) {
    Map<Integer, Map<String, Tensor>> kept = Snapshots.read(subject.run());
    List<Map<String, Tensor>> weights = new ArrayList<>(kept.values());
    List<Integer> steps = new ArrayList<>(kept.keySet());
    Trajectory.View view = new Trajectory(weights, direction(subject, "a")).view();
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      Map<String, Object> row = Rows.row("step", steps.get(i));
      row.putAll(Rows.of(view.points().get(i)));
      row.putAll(
          Rows.row(
              "first_share", view.shares()[0],
              "second_share", view.shares()[1],
              "random_share", view.random()));
      rows.add(row);
    }
    return rows;
  }

  @Override
  public Findings findings(Settings settings, List<Row> rows) {
    return new LandscapeFindings(settings, rows).findings();
  }
}
