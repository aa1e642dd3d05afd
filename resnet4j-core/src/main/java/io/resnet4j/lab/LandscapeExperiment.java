package io.resnet4j.lab;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSplits;
import io.resnet4j.infer.Evaluation;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** The loss around trained weights: Li et al. 2018. */
final class LandscapeExperiment implements Experiment {
  static final String SURFACE = "surface";
  static final String TRAJECTORY = "trajectory";

  /** The plane in which the way lies most. */
  static final String PLANE = "plane";

  /** So much of the way's extent lies beyond it, to either side. */
  private static final double MARGIN = 0.2;

  @Override
  public String name() {
    return "landscape";
  }

  @Override
  public String question() {
    return "What does the loss look like around trained weights, with shortcuts and without? Along"
        + " two random directions, each filter as long as the network's own; and the way that"
        + " training took, and the loss around it, in the two directions in which it varies most.";
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
        cells.addAll(
            own.by("part", List.of(PLANE))
                .by("line", IntStream.range(0, points).boxed().toList())
                .list());
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
    int steps = settings.integer("steps", 1);
    int every = Math.max(1, steps / settings.integer("snapshots", 3));
    return Subject.of(
            (String) cell.get("network"),
            settings,
            bench,
            List.of(Snapshots.ofFilters(every, steps)))
        .map(
            subject ->
                switch ((String) cell.get("part")) {
                  case TRAJECTORY -> trajectory(subject);
                  case PLANE -> plane((int) cell.get("line"), settings, subject);
                  default -> line((double) cell.get("beta"), settings, subject);
                })
        .orElse(List.of());
  }

  private static Direction direction(Subject subject, String name) {
    return Direction.drawn(
        subject.model().state(), KeyedRandom.of(subject.bench().seed(), "lab/landscape/" + name));
  }

  private static List<Map<String, Object>> line(double beta, Settings settings, Subject subject) {
    int points = settings.integer("points", 3);
    double[] alphas = IntStream.range(0, points).mapToDouble(i -> at(i, points)).toArray();
    return losses(
        subject, settings, "alpha", alphas, direction(subject, "a"), beta, direction(subject, "b"));
  }

  private static List<Map<String, Object>> plane(int line, Settings settings, Subject subject) {
    Trajectory way = way(subject);
    List<Trajectory.Point> points = way.view().points();
    int count = settings.integer("points", 3);
    double[] across = places(count, points.stream().mapToDouble(Trajectory.Point::first));
    double second = places(count, points.stream().mapToDouble(Trajectory.Point::second))[line];
    List<Map<String, Object>> rows =
        losses(subject, settings, "first", across, way.principal(0), second, way.principal(1));
    rows.forEach(row -> row.put("second", second));
    return rows;
  }

  /** So many at equal distances, over all of the way and beyond. */
  private static double[] places(int count, DoubleStream way) {
    DoubleSummaryStatistics all = way.summaryStatistics();
    double margin = MARGIN * (all.getMax() - all.getMin());
    return IntStream.range(0, count)
        .mapToDouble(
            i ->
                all.getMin()
                    - margin
                    + i * (all.getMax() - all.getMin() + 2 * margin) / (count - 1))
        .toArray();
  }

  /** At weights + place x + y b, for each place, which its row has under a name. */
  private static List<Map<String, Object>> losses(
      Subject subject,
      Settings settings,
      String name,
      double[] places,
      Direction a,
      double y,
      Direction b) {
    Map<String, Tensor> state = subject.model().state();
    List<Map<String, Object>> rows = new ArrayList<>();
    try (Examiner examiner =
        new Examiner(
            subject.model().spec(),
            subject.bench().data().train(),
            settings.integer("shown", 1),
            subject.bench().normalisation())) {
      examiner.evaluation(state);
      for (double place : places) {
        Evaluation found = examiner.evaluation(Direction.moved(state, a, place, b, y));
        rows.add(Rows.row(name, place, "loss", found.loss(), "error", 1 - found.top1()));
      }
    }
    return rows;
  }

  private static Trajectory way(Subject subject) {
    return new Trajectory(
        List.copyOf(Snapshots.read(subject.run()).values()), direction(subject, "a"));
  }

  private static List<Map<String, Object>> trajectory(Subject subject) {
    List<Integer> steps = new ArrayList<>(Snapshots.read(subject.run()).keySet());
    Trajectory.View view = way(subject).view();
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
