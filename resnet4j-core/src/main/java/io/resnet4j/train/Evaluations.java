package io.resnet4j.train;

import io.resnet4j.data.Dataset;
import io.resnet4j.data.Views;
import io.resnet4j.infer.Evaluation;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a run is judged by: what is held out, at the end of an epoch, and the test set at its own.
 */
final class Evaluations {
  private static final double NANOS = 1e-9;

  private final Prepared prepared;
  private final Prepared.Setting setting;
  private final Recipe recipe;
  private final Journal journal;

  Evaluations(Prepared prepared, Prepared.Setting setting, Recipe recipe, Journal journal) {
    this.prepared = prepared;
    this.setting = setting;
    this.recipe = recipe;
    this.journal = journal;
  }

  /**
   * What the pictures that are held out say.
   *
   * @param weights as they are; null where nothing is held out
   * @param average of them that moves with each step; null where there is none, it has not begun or
   *     nothing is held out
   * @param seconds that it took
   */
  record Validation(@Nullable Evaluation weights, @Nullable Evaluation average, double seconds) {}

  /** Evaluates on what is held out, if anything is, at this point of the run. */
  Validation validate(Progress at) {
    long begin = System.nanoTime();
    Optional<Evaluation> weights = validated(prepared.evaluator(), "val");
    Optional<Evaluation> average =
        recipe.averaging().ema() == 0 || !prepared.average().ready(at)
            ? Optional.empty()
            : validated(prepared.averaged().orElseThrow(), "ema_val");
    return new Validation(
        weights.orElse(null), average.orElse(null), (System.nanoTime() - begin) * NANOS);
  }

  private Optional<Evaluation> validated(Evaluator by, String split) {
    return setting.validating().map(set -> evaluate(by, split, set, Views.CENTRE));
  }

  /** Evaluates the weights that the run is for on the test set, if there is one. */
  Optional<Evaluation> test(Progress done) {
    Evaluator by = prepared.chosen(done);
    return setting.testing().map(set -> evaluate(by, "test", set, recipe.testViews()));
  }

  private Evaluation evaluate(Evaluator by, String split, Dataset set, Views views) {
    return by.evaluate(set, views, done -> journal.evaluating(split, done, set.size()));
  }
}
