package io.resnet4j.train;

/**
 * The way of a run from its first step to its last: where epochs end, where the run does, and the
 * learning rate on it.
 *
 * @param recipe of the run
 * @param span how long it is
 * @param stopping when it ends before that
 */
record Course(Recipe recipe, Schedule.Run span, EarlyStopping stopping) {

  /** The course of a recipe over epochs of so many steps. */
  static Course of(Recipe recipe, int perEpoch, EarlyStopping stopping) {
    long steps = Math.max(1, recipe.length().inSteps(0, perEpoch));
    return new Course(recipe, Schedule.Run.of(steps, perEpoch), stopping);
  }

  /** Epochs of the whole run, a shorter last one included. */
  int epochs() {
    return (int) ((span.steps() + span.stepsPerEpoch() - 1) / span.stepsPerEpoch());
  }

  /** Steps of the epoch under way. */
  int stepsInEpoch(Progress at) {
    long before = at.epoch() * span.stepsPerEpoch();
    return (int) Math.min(span.stepsPerEpoch(), span.steps() - before);
  }

  /** The learning rate of a step that follows what has been seen so far. */
  double rate(long step, Progress at) {
    return recipe.learningRate(step, span.after(at.plateau().met()));
  }

  /** How far a run is whose epoch has been evaluated. */
  Progress finishedEpoch(Progress at, EpochMetrics metrics, double evaluationSeconds) {
    return at.finishedEpoch(metrics, evaluationSeconds, recipe.schedule(), stopping);
  }

  /** Whether the recipe's length is reached or nothing gets better any more. */
  boolean ended(Progress at) {
    return at.step() >= span.steps() || stopping.met(at.patience());
  }
}
