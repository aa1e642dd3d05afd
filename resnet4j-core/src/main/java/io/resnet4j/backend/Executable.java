package io.resnet4j.backend;

import io.resnet4j.graph.Value;
import io.resnet4j.plan.Plan;
import io.resnet4j.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/** A plan ready to run in its session. Freed with the session. */
public interface Executable {
  /** What it runs. */
  Plan plan();

  /**
   * Sets an input of the graph, canonical layout, copied from the buffer's position on; the
   * buffer's position is left as it was.
   *
   * @throws io.resnet4j.InvalidInputException if the graph has no such input or the buffer holds
   *     fewer elements
   */
  void feed(String input, FloatBuffer values);

  /** Sets an input of the graph from a tensor of any element type. */
  void feed(String input, Tensor values);

  /**
   * Runs every operation once. Gradients of parameters replace those of the run before.
   *
   * @param seed of the random draws
   * @param step makes the draws of each run differ
   */
  void run(long seed, long step);

  /** What a run does, in order. */
  List<PlanStep> steps();

  /**
   * Runs as {@link #run} does, and waits for each step to end.
   *
   * @return seconds of each of the {@link #steps}
   */
  double[] time(long seed, long step);

  /**
   * Seconds of each of the {@link #steps}: the median of several runs.
   *
   * @param runs at least 1
   */
  default double[] medianTimes(int runs) {
    double[][] all = new double[runs][];
    Arrays.setAll(all, run -> time(0, run));
    double[] medians = new double[all[0].length];
    for (int i = 0; i < medians.length; i++) {
      int step = i;
      double[] sorted = Arrays.stream(all).mapToDouble(run -> run[step]).sorted().toArray();
      medians[i] = sorted[runs / 2];
    }
    return medians;
  }

  /**
   * A copy of a named output of the graph, canonical layout.
   *
   * @throws IllegalStateException if the backend no longer has it, since another plan of the
   *     session has run or was prepared
   */
  Tensor fetch(String output);

  /** A copy of an output, an observed value or a gradient by something other than a parameter. */
  Tensor fetch(Value value);

  /** The single number of a named output, such as the loss. */
  double scalar(String output);

  /** Bytes of working memory that this plan asks of the arena. */
  long arenaBytes();
}
