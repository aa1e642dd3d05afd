package io.resnet4j.train;

import io.resnet4j.backend.Session;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.Views;
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
   * @param spec of the network as it was given; the recipe says how it is trained
   * @param seen the same as it is evaluated and stored
   * @param parts of the data, as the recipe frames it for training
   * @param learned the training set as evaluation sees it
   * @param validating held out, if anything is
   * @param testing the test set, if there is one
   * @param normalisation of pictures
   * @param precision to compute in
   * @param options of the run
   * @param teacher of the network
   */
  record Setting(
      ModelSpec spec,
      ModelSpec seen,
      DataSplits.HeldOut parts,
      Dataset learned,
      Optional<Dataset> validating,
      Optional<Dataset> testing,
      Normalisation normalisation,
      Precision precision,
      TrainOptions options,
      Optional<Model> teacher) {

    /**
     * The setting of a run.
     *
     * @param framed data as the recipe frames it for training
     * @param parts of it
     * @throws io.resnet4j.InvalidInputException if the network cannot be evaluated at the recipe's
     *     size
     */
    static Setting of(
        ModelSpec spec,
        Recipe recipe,
        DataSplits framed,
        DataSplits.HeldOut parts,
        Precision precision,
        TrainOptions options,
        Optional<Model> teacher) {
      Normalisation normalisation = recipe.normalisation(parts.train());
      Dataset learned = recipe.augment().evaluated(framed.train());
      return new Setting(
          spec,
          Requirements.evaluated(spec, learned.pictureSize(), normalisation),
          parts,
          learned,
          parts.validation().map(recipe.augment()::evaluated),
          framed.testing().map(recipe.augment()::evaluated),
          normalisation,
          precision,
          options,
          teacher);
    }

    private Evaluator evaluator(Session session, String namespace, int batch) {
      return new Evaluator(
          session, namespace, seen, precision, normalisation, batch, options.workers());
    }
  }

  /**
   * Makes the plans and takes the memory.
   *
   * @throws io.resnet4j.NotEnoughMemoryException if there is less
   */
  static Prepared of(Session session, Setting of, Recipe recipe, Schedule.Run span) {
    ModelSpec spec = recipe.trained(of.spec());
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
    of.validating().ifPresent(set -> evaluator.prepare(set, Views.CENTRE));
    average.begin();
    average.prepare(spec, recipe.batch(), of.precision());
    Optional<Evaluator> averaged =
        average.average().map(name -> of.evaluator(session, name, recipe.evalBatch()));
    if (averaged.isEmpty() || average.canBeMissed(of.options().stopping())) {
      of.testing().ifPresent(set -> evaluator.prepare(set, recipe.testViews()));
    }
    averaged.ifPresent(by -> of.testing().ifPresent(set -> by.prepare(set, recipe.testViews())));
    if (recipe.averaging().ema() > 0) {
      of.validating().ifPresent(set -> averaged.orElseThrow().prepare(set, Views.CENTRE));
    }
    return new Prepared(runner, average, evaluator, averaged);
  }

  /** Evaluates the weights that the run is for. */
  Evaluator chosen(Progress done) {
    return averaged.filter(by -> average.ready(done)).orElse(evaluator);
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
