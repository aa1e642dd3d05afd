package io.resnet4j.train;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backend;
import io.resnet4j.backend.Backends;
import io.resnet4j.backend.Choices;
import io.resnet4j.backend.Session;
import io.resnet4j.data.Batch;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Loader;
import io.resnet4j.graph.Criterion;
import io.resnet4j.model.Model;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The learning rate range test (Smith 2015, arXiv:1506.01186, section 3.3): a network is trained
 * for some steps at a rate that grows exponentially, and where its loss falls fastest is a rate to
 * train with. Nothing is kept of that training.
 */
public final class LearningRateFinder {
  /** Weight of the past in the smoothed loss, which is corrected for its beginning. */
  private static final double SMOOTHING = 0.9;

  /** Where the smoothed loss is so many times its least, the test is over. */
  private static final double DIVERGED = 4;

  /** The first steps say more about the beginning than about the rate. */
  private static final int SKIPPED_SHARE = 10;

  private LearningRateFinder() {}

  /**
   * What is tried.
   *
   * @param from the first rate, above 0
   * @param to the last, above the first
   * @param steps at least 10
   */
  public record Range(double from, double to, int steps) {
    /** From 1e-5 to 10 in 100 steps. */
    public static final Range DEFAULT = new Range(1e-5, 10, 100);

    private static final int LEAST_STEPS = 10;

    /** Checks the ranges. */
    public Range {
      if (!(from > 0 && to > from) || Double.isInfinite(to)) {
        throw new InvalidInputException(
            "learning rates from " + from + " to " + to + ": give two above 0, the lower first");
      }
      if (steps < LEAST_STEPS) {
        throw new InvalidInputException(
            "steps " + steps + ": give at least " + LEAST_STEPS + " to see where the loss falls");
      }
    }

    /** The rate of a step, counted from 0. */
    public double at(int step) {
      return from * StrictMath.pow(to / from, (double) step / (steps - 1));
    }
  }

  /**
   * A step of the test.
   *
   * @param learningRate of the step
   * @param loss of its batch, before its update
   * @param smoothed moving average of the loss
   */
  public record Point(double learningRate, double loss, double smoothed) {}

  /**
   * What the test showed.
   *
   * @param points in their order
   * @param suggestion the rate to train with: {@code valley}, or {@code steepest} if there is none
   * @param steepest where the smoothed loss falls fastest over the logarithm of the rate
   * @param valley two thirds down the longest fall of the smoothed loss; null where it never falls
   * @param diverged whether the test ended because the loss rose without bound
   */
  public record Result(
      List<Point> points,
      double suggestion,
      double steepest,
      @Nullable Double valley,
      boolean diverged) {
    /** Copies the list. */
    public Result {
      points = List.copyOf(points);
    }
  }

  /**
   * Runs the test from the weights that a network has.
   *
   * @param recipe whose schedule and length are passed over
   * @param options whose folder is not touched
   * @param listener hears of each step
   * @throws InvalidInputException as {@link Trainer#of}, or if the loss is not finite before it
   *     could fall
   */
  public static Result find(
      Model initial,
      Recipe recipe,
      DataSplits given,
      TrainOptions options,
      Range range,
      Consumer<Point> listener) {
    DataSplits data = recipe.augment().framed(given);
    Requirements.fit(initial.spec(), data);
    Backend backend = Backends.named(options.backend());
    Precision precision = Requirements.precision(backend, options.precision(), recipe.precision());
    DataSplits.HeldOut parts = data.holdOut(options.valSplit(), options.seed());
    Requirements.batch(recipe.batch(), parts.train());
    Loader.Options loading =
        recipe
            .augment()
            .loading(recipe.batch(), options.seed(), recipe.normalisation(parts.train()))
            .withDropLast(true)
            .withWorkers(options.workers());
    Criterion criterion =
        recipe.objective().criterion(recipe.labelSmoothing(), parts.train(), false);
    List<Point> points = new ArrayList<>();
    boolean diverged = false;
    try (Loader loader = new Loader(parts.train(), loading);
        Session session = backend.open(Choices.DEFAULTS)) {
      StepRunner runner =
          new StepRunner(
              session,
              recipe.trained(initial.spec()),
              recipe,
              criterion,
              precision,
              options,
              Optional.empty());
      initial.state().forEach((path, tensor) -> session.write(Program.MODEL, path, tensor));
      double average = 0;
      double least = Double.POSITIVE_INFINITY;
      Loader.Epoch batches = loader.epoch(0);
      for (int step = 0, epoch = 0; step < range.steps() && !diverged; step++) {
        if (!batches.hasNext()) {
          batches = loader.epoch(++epoch);
        }
        Batch batch = batches.next();
        double rate = range.at(step);
        double loss;
        try {
          loss = runner.gradients(batch, step).loss();
        } catch (StepRunner.NotFinite e) {
          diverged = true;
          continue;
        }
        runner.update(step, rate);
        average = SMOOTHING * average + (1 - SMOOTHING) * loss;
        double smoothed = average / (1 - StrictMath.pow(SMOOTHING, step + 1));
        least = Math.min(least, smoothed);
        Point point = new Point(rate, loss, smoothed);
        points.add(point);
        listener.accept(point);
        diverged = smoothed > DIVERGED * least;
      }
    }
    return judge(points, diverged);
  }

  /** What points say. */
  static Result judge(List<Point> points, boolean diverged) {
    int first = points.size() / SKIPPED_SHARE;
    if (points.size() - first < 3) {
      throw new InvalidInputException(
          "learning rate test: the loss was not finite after "
              + points.size()
              + " steps; begin with a lower rate");
    }
    int steepest = first + 1;
    for (int i = first + 1; i < points.size() - 1; i++) {
      if (slope(points, i) < slope(points, steepest)) {
        steepest = i;
      }
    }
    double steep = points.get(steepest).learningRate();
    int valley = valley(points, first);
    Double low = valley < 0 ? null : points.get(valley).learningRate();
    return new Result(points, low == null ? steep : low, steep, low, diverged);
  }

  private static double slope(List<Point> points, int at) {
    Point before = points.get(at - 1);
    Point after = points.get(at + 1);
    return (after.smoothed() - before.smoothed())
        / Math.log(after.learningRate() / before.learningRate());
  }

  /**
   * Two thirds of the way down the longest subsequence that falls, found by the length of the
   * longest one that ends in each point, the later beginning of two; negative where no two points
   * fall.
   */
  private static int valley(List<Point> points, int first) {
    int count = points.size();
    int[] length = new int[count];
    int[] from = new int[count];
    int end = first;
    for (int i = first; i < count; i++) {
      length[i] = 1;
      from[i] = i;
      for (int j = first; j < i; j++) {
        if (points.get(j).smoothed() > points.get(i).smoothed() && length[j] + 1 >= length[i]) {
          length[i] = length[j] + 1;
          from[i] = from[j];
        }
      }
      if (length[i] > length[end]) {
        end = i;
      }
    }
    return length[end] < 2 ? -1 : from[end] + (end - from[end]) * 2 / 3;
  }
}
