package io.resnet4j.lab;

import io.resnet4j.InvalidInputException;
import io.resnet4j.infer.Evaluation;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.random.KeyedRandom;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    return Settings.of(
        name(),
        "networks",
        full ? "resnet56,plain56" : "resnet20,plain20",
        "pictures",
        full ? "50000" : "10000",
        "steps",
        full ? "64000" : "100",
        "recipe",
        full ? "cifar10-he2015" : ShortTraining.USUAL,
        "points",
        full ? "51" : "11",
        "shown",
        full ? "10000" : "300",
        "snapshots",
        full ? "40" : "10");
  }

  @Override
  public List<Map<String, Object>> cells(Settings settings) {
    for (String name : List.of("pictures", "steps", "shown")) {
      settings.integer(name, 1);
    }
    settings.integer("snapshots", 3);
    int points = settings.integer("points", 3);
    if (points % 2 == 0) {
      throw new InvalidInputException(
          name() + ": points=" + points + ": expected an odd number, so that one is the centre");
    }
    List<String> networks = settings.texts("networks");
    networks.forEach(network -> Block.required(Models.named(network).graph(1), network));
    List<Map<String, Object>> cells = new ArrayList<>();
    for (String network : networks) {
      Cells own = Cells.of("network", List.of(network));
      cells.addAll(own.by("part", List.of(TRAJECTORY)).list());
      cells.addAll(
          own.by("part", List.of(SURFACE))
              .by("beta", IntStream.range(0, points).mapToObj(i -> at(i, points)).toList())
              .list());
    }
    return cells;
  }

  /** From -1 to 1. */
  private static double at(int i, int points) {
    return 2.0 * i / (points - 1) - 1;
  }

  @Override
  public List<Map<String, Object>> measure(
      Map<String, Object> cell, Settings settings, Bench bench) {
    String network = (String) cell.get("network");
    Bench limited = bench.limited(name(), settings.integer("pictures", 1));
    ModelSpec spec = Networks.named(network, limited.data());
    int steps = settings.integer("steps", 1);
    ShortTraining training = new ShortTraining(limited, settings.text("recipe"), steps);
    int every = Math.max(1, steps / settings.integer("snapshots", 3));
    Optional<Model> model =
        training.model(network, spec, bench.seed(), List.of(new Snapshots(every)));
    if (model.isEmpty()) {
      return List.of();
    }
    return cell.get("part").equals(TRAJECTORY)
        ? trajectory(training.folder(network), model.get(), bench)
        : line((double) cell.get("beta"), settings, model.get(), training, limited);
  }

  private static Direction direction(Model model, String name, Bench bench) {
    return Direction.drawn(model.state(), KeyedRandom.of(bench.seed(), "lab/landscape/" + name));
  }

  private static List<Map<String, Object>> line(
      double beta, Settings settings, Model model, ShortTraining training, Bench limited) {
    int points = settings.integer("points", 3);
    Direction a = direction(model, "a", limited);
    Direction b = direction(model, "b", limited);
    List<Map<String, Object>> rows = new ArrayList<>();
    try (Examiner examiner =
        new Examiner(
            model.spec(),
            limited.data().train(),
            settings.integer("shown", 1),
            training.normalisation())) {
      examiner.evaluation(model.state());
      for (int i = 0; i < points; i++) {
        Evaluation found =
            examiner.evaluation(Direction.moved(model.state(), a, at(i, points), b, beta));
        rows.add(Rows.row("alpha", at(i, points), "loss", found.loss(), "error", 1 - found.top1()));
      }
    }
    return rows;
  }

  private static List<Map<String, Object>> trajectory(Path run, Model model, Bench bench) {
    var kept = Snapshots.read(run);
    List<Map<String, io.resnet4j.tensor.Tensor>> weights = new ArrayList<>(kept.values());
    List<Integer> steps = new ArrayList<>(kept.keySet());
    Trajectory.View view = new Trajectory(weights, direction(model, "a", bench)).view();
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
