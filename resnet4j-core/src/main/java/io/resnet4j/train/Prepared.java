package io.resnet4j.train;

import io.resnet4j.backend.Session;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Normalisation;
import io.resnet4j.graph.Criterion;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import java.util.Optional;

/**
 * What a run prepares in its session before the first step, so that too little memory shows then:
 * the step with its teacher and the optimiser's slots, averages of the weights, and evaluations.
 *
 * @param runner of a step
 * @param average of the weights
 * @param evaluator of the weights as they are
 * @param averaged evaluator of their average, if there is one
 */
record Prepared(
    StepRunner runner, WeightAverage average, Evaluator evaluator, Optional<Evaluator> averaged)
    implements AutoCloseable {

  /**
   * What does not depend on the batch.
   *
   * @param spec of the network
   * @param data as the recipe frames it
   * @param parts of it
   * @param normalisation of its pictures
   * @param precision to compute in
   * @param options of the run
   * @param teacher of the network
   */
  record Setting(
      ModelSpec spec,
      DataSplits data,
      DataSplits.HeldOut parts,
      Normalisation normalisation,
      Precision precision,
      TrainOptions options,
      Optional<Model> teacher) {

    private Evaluator evaluator(Session session, String namespace, int batch) {
      return new Evaluator(
          session, namespace, spec, precision, normalisation, batch, options.workers());
    }
  }

  /**
   * Makes the plans and takes the memory.
   *
   * @throws io.resnet4j.NotEnoughMemoryException if there is less
   */
  static Prepared of(Session session, Setting of, Recipe recipe, Schedule.Run span) {
    ModelSpec spec = of.spec();
    Optional<Teacher> taught =
        of.teacher()
            .map(model -> new Teacher(session, model, spec, of.precision(), of.normalisation()));
    Criterion criterion =
        recipe
            .objective()
            .criterion(recipe.labelSmoothing(), of.parts().train(), taught.isPresent());
    StepRunner runner =
        new StepRunner(session, spec, recipe, criterion, of.precision(), of.options(), taught);
    WeightAverage average = new WeightAverage(session, recipe.averaging(), span, runner.graph());
    Evaluator evaluator = of.evaluator(session, Program.MODEL, recipe.evalBatch());
    of.parts().validation().ifPresent(evaluator::prepare);
    average.begin();
    average.prepare(spec, recipe.batch(), of.precision());
    Optional<Evaluator> averaged =
        average.average().map(name -> of.evaluator(session, name, recipe.evalBatch()));
    of.data().testing().ifPresent(averaged.orElse(evaluator)::prepare);
    if (recipe.averaging().ema() > 0) {
      of.parts().validation().ifPresent(averaged.orElseThrow()::prepare);
    }
    return new Prepared(runner, average, evaluator, averaged);
  }

  /** Makes the loaders of evaluations. */
  void load() {
    evaluator.load();
    averaged.ifPresent(Evaluator::load);
  }

  /** Ends the loaders; all else goes with the session. */
  @Override
  public void close() {
    evaluator.close();
    averaged.ifPresent(Evaluator::close);
  }
}
