package io.resnet4j.lab;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import java.util.List;

/** The table of experiments. */
public final class Experiments {
  private static final List<Experiment> ALL =
      List.of(
          new DegradationExperiment(),
          new GradientsExperiment(),
          new ResponsesExperiment(),
          new ExplosionExperiment(),
          new ShatteredExperiment(),
          new IdentityExperiment(),
          TableExperiment.shortcuts(),
          TableExperiment.orderings(),
          new BlocksExperiment(),
          new CompareExperiment(),
          new OverfitExperiment(),
          new LandscapeExperiment(),
          new ConvergenceExperiment(),
          new FeaturesExperiment(),
          new LesionExperiment(),
          new PathsExperiment(),
          new DepthExperiment());

  private Experiments() {}

  /** Every experiment. */
  public static List<Experiment> all() {
    return ALL;
  }

  /**
   * The experiment called {@code name}.
   *
   * @throws InvalidInputException if there is none
   */
  public static Experiment named(String name) {
    List<String> names = ALL.stream().map(Experiment::name).toList();
    int index = names.indexOf(name);
    if (index < 0) {
      throw new InvalidInputException(
          "unknown experiment '"
              + name
              + "'"
              + Nearest.suggestion(name, names)
              + "; there are "
              + String.join(", ", names));
    }
    return ALL.get(index);
  }
}
