package io.resnet4j.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.NotEnoughMemoryException;
import io.resnet4j.backend.Backend;
import io.resnet4j.backend.Backends;
import io.resnet4j.backend.ChoiceCache;
import io.resnet4j.backend.Choices;
import io.resnet4j.backend.Session;
import io.resnet4j.data.Batch;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Loader;
import io.resnet4j.infer.Evaluation;
import io.resnet4j.interop.Safetensors;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.tensor.Tensor;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Trains a network by a recipe and keeps a run folder. An epoch is every whole batch of the
 * training set in a new order; the few pictures that fill no batch are left out of it, others each
 * time. Evaluation takes every picture once.
 *
 * <p>With the same arguments, machine and thread count a run gives the same bits, interrupted and
 * resumed or not.
 *
 * <pre>{@code
 * try (Trainer trainer = Trainer.of(spec, Recipe.named("cifar10-default"), data, options)) {
 *   TrainResult result = trainer.fit();
 * }
 * }</pre>
 */
public final class Trainer implements AutoCloseable {
  private static final double NANOS = 1e-9;

  /** As it is trained. */
  private final ModelSpec spec;

  private final Model initial;
  private final Recipe recipe;
  private final Precision precision;
  private final TrainOptions options;
  private final DataSplits.HeldOut parts;
  private final Prepared.Setting setting;
  private final RunFolder folder;
  private final Journal journal;
  private final Checkpoints checkpoints;
  private final List<String> notes = new ArrayList<>();
  private final boolean resumed;
  private final Map<String, String> pins;
  private final ObjectNode config;
  private final Course course;
  private final List<StepProbe> probes = new ArrayList<>();
  private final Session session;
  private final StepRunner runner;
  private final WeightAverage average;
  private final Prepared prepared;
  private final Evaluations evaluations;
  private final Loader loader;
  private final Symptoms symptoms;
  private final Diagnosis diagnosis;
  private Progress progress = Progress.NONE;
  private volatile boolean stopRequested;
  private boolean begun;
  private boolean closed;

  private Trainer(
      Model initial,
      Recipe recipe,
      DataSplits given,
      TrainOptions options,
      Optional<Model> teacher) {
    DataSplits data = recipe.augment().framed(given);
    this.spec = recipe.trained(initial.spec());
    this.initial = initial;
    this.recipe = recipe;
    this.options = options;
    Backend backend = Backends.named(options.backend());
    precision = Requirements.precision(backend, options.precision(), recipe.precision());
    Requirements.fit(spec, data);
    Requirements.finite(initial);
    parts = data.holdOut(options.valSplit(), options.seed());
    Requirements.batch(recipe.batch(), parts.train());
    Requirements.validation(options.stopping(), parts);
    setting = Prepared.Setting.of(initial.spec(), recipe, data, parts, precision, options, teacher);
    config = RunConfig.of(initial, recipe, precision, options, data, parts, teacher);
    loader = new Loader(parts.train(), loading());
    course = Course.of(recipe, loader.batchesPerEpoch(), options.stopping());
    Optional<ChoiceCache> cache =
        options.autotune() ? Optional.of(ChoiceCache.of(backend)) : Optional.empty();
    Beginning beginning = Beginning.of(options, config, notes);
    folder = beginning.folder();
    journal = new Journal(folder);
    checkpoints = beginning.checkpoints();
    resumed = beginning.from().isPresent();
    boolean chosen = beginning.choices().isPresent();
    session =
        beginning.open(
            backend,
            beginning
                .choices()
                .map(Choices::fixed)
                .or(() -> cache.map(c -> Choices.measuring(c.read())))
                .orElse(Choices.DEFAULTS));
    try {
      prepared = Prepared.of(session, setting, recipe, course.span());
      prepared.load();
      runner = prepared.runner();
      average = prepared.average();
      evaluations = new Evaluations(prepared, setting, recipe, journal);
      if (!chosen) {
        folder.writeChoices(session.choices());
        cache.ifPresent(c -> c.add(session.choices()));
      }
      pins = Pins.of(backend, runner.plan());
      symptoms = new Symptoms(recipe, spec.classes(), options.workers());
      diagnosis = new Diagnosis(session, precision, options.seed());
      start(beginning.from());
    } catch (RuntimeException | Error e) {
      loader.close();
      session.close();
      folder.close();
      throw e;
    }
  }

  /**
   * Trains a network from fresh weights drawn from the seed.
   *
   * @throws InvalidInputException as {@link #of(Model, Recipe, DataSplits, TrainOptions)}
   */
  public static Trainer of(ModelSpec spec, Recipe recipe, DataSplits data, TrainOptions options) {
    return of(spec.initialise(options.seed()), recipe, data, options);
  }

  /**
   * Trains a network from the weights that it has. Plans are made and memory is taken here; nothing
   * is run yet.
   *
   * @throws InvalidInputException if network and data do not fit, a weight is not finite, the batch
   *     is larger than the training set, the backend or its precision is unknown, the folder cannot
   *     be used, or a run to resume was begun otherwise
   */
  public static Trainer of(Model model, Recipe recipe, DataSplits data, TrainOptions options) {
    return of(model, recipe, data, options, Optional.empty());
  }

  /**
   * Trains a network from the weights that it has, with a teacher run on the same pictures in each
   * step; {@link Objective} says how much of the loss is the teacher's.
   *
   * @throws InvalidInputException as {@link #of(Model, Recipe, DataSplits, TrainOptions)}, or if
   *     the teacher takes other pictures or tells other classes apart
   */
  public static Trainer of(
      Model model, Recipe recipe, DataSplits data, TrainOptions options, Optional<Model> teacher) {
    try {
      return new Trainer(model, recipe, data, options, teacher);
    } catch (NotEnoughMemoryException e) {
      throw e.with(LargestBatch.of(model.spec(), recipe, data, options, teacher).advice());
    }
  }

  private Loader.Options loading() {
    return recipe
        .augment()
        .loading(recipe.batch(), options.seed(), setting.normalisation())
        .withDropLast(true)
        .withWorkers(options.workers());
  }

  private void start(Optional<Checkpoints.Read> from) {
    if (from.isPresent()) {
      Checkpoint checkpoint = from.get().checkpoint();
      Path file = from.get().file();
      Pins.require(file, checkpoint.pins(), pins, options.checkpointing().anyMachine())
          .ifPresent(notes::add);
      progress = checkpoint.progress();
      checkpoint.symptoms().ifPresent(seen -> symptoms.goOn(seen, checkpoint.progress().last()));
      checkpoint.restore(session, runner.groups(), average.namespaces(), file);
    } else {
      initial.state().forEach((path, tensor) -> session.write(Program.MODEL, path, tensor));
      average.begin();
    }
  }

  /** Adds one that hears of everything from now on. */
  public Trainer listen(TrainListener listener) {
    journal.listen(listener);
    return this;
  }

  /**
   * Adds one that reads between steps from now on; it makes its plans here.
   *
   * @throws InvalidInputException if the network lacks what it is to read
   */
  public Trainer probe(StepProbe probe) {
    requireOpen();
    probe.attach(
        new StepProbe.Subject(
            session,
            spec,
            precision,
            parts.train(),
            setting.normalisation(),
            folder.path(),
            options.seed(),
            progress.step(),
            journal.events()));
    probes.add(probe);
    return this;
  }

  /**
   * Ends {@link #fit} after the step under way, with a checkpoint from which the run goes on as if
   * it had never stopped. Any thread may call it.
   */
  public void requestStop() {
    stopRequested = true;
  }

  /** What {@code config.json} holds. */
  public ObjectNode config() {
    return config.deepCopy();
  }

  /**
   * The network with its weights as they are now: their average, if the recipe keeps one and it is
   * ready ({@link Averaging}).
   */
  public Model model() {
    requireOpen();
    return model(Learned.read(session, average.chosen(progress)));
  }

  private Model model(Map<String, Tensor> state) {
    return Weights.describe(
        Model.of(setting.seen(), state, initial.metadata()),
        setting.learned(),
        setting.normalisation(),
        config,
        progress);
  }

  /**
   * Trains to the end of the recipe, or until asked to stop. Can be called once.
   *
   * @throws NonFiniteLossException if the loss or a weight is not finite; the checkpoint is the one
   *     before
   * @throws UncheckedIOException if the run folder cannot be written; what is in it is whole
   */
  public TrainResult fit() {
    requireOpen();
    if (begun) {
      throw new IllegalStateException("trainer: fit was called before; make another trainer");
    }
    begun = true;
    if (resumed) {
      journal.goOnAfter(progress);
    } else {
      folder.writeConfig(config);
      writeCheckpoint(learned());
    }
    journal.started(
        new TrainListener.Started(
            folder.path(),
            config(),
            course.epochs(),
            course.span().steps(),
            (int) course.span().stepsPerEpoch(),
            progress.epoch() + 1,
            runner.arenaBytes(),
            session.bytes()));
    notes.forEach(journal::note);
    // Of the run's beginning, whenever it is said.
    symptoms.ofLabels(parts.train()).ifPresent(warning -> journal.warn(warning, 0, 1));
    while (!course.ended(progress) && !stopRequested) {
      epoch();
    }
    return finish();
  }

  private void epoch() {
    int steps = course.stepsInEpoch(progress);
    Loader.Epoch batches = loader.epoch(progress.epoch(), progress.stepInEpoch());
    while (progress.stepInEpoch() < steps) {
      if (stopRequested) {
        writeCheckpoint(learned());
        return;
      }
      step(batches, steps);
      if (progress.stepInEpoch() < steps && checkpoints.due()) {
        writeCheckpoint(learned());
      }
    }
    finishEpoch(steps);
  }

  private void step(Loader.Epoch batches, int steps) {
    long begin = System.nanoTime();
    long waited = loader.waitNanos();
    Batch batch = batches.next();
    waited = loader.waitNanos() - waited;
    long step = progress.step();
    double rate = course.rate(step, progress);
    StepRunner.Outcome outcome;
    try {
      outcome = runner.gradients(batch, step);
    } catch (StepRunner.NotFinite e) {
      throw journal.ended(
          diagnosis.of(e, step, progress.epoch() + 1, rate, checkpoints.lastGood()));
    }
    probes.forEach(probe -> probe.beforeUpdate(step));
    runner.update(step, rate);
    probes.forEach(probe -> probe.afterUpdate(step));
    average.stepped(step + 1);
    double loss = outcome.loss();
    double took = (System.nanoTime() - begin) * NANOS;
    progress = progress.stepped(loss, outcome.right(), batch.size(), took, waited * NANOS);
    journal.stepDone(
        new TrainListener.StepDone(
            progress.epoch() + 1,
            progress.stepInEpoch(),
            steps,
            progress.step(),
            loss,
            progress.meanLoss(recipe.batch()),
            progress.accuracy(recipe.batch()),
            rate,
            progress.imagesPerSecond(recipe.batch()),
            progress.dataWait()));
    symptoms
        .ofStep(loss, rate)
        .ifPresent(warning -> journal.warn(warning, progress.step(), progress.epoch() + 1));
  }

  /** Evaluates what an epoch of some steps has taught, says it, and keeps it. */
  private void finishEpoch(int steps) {
    average.finishedEpoch(progress.epoch());
    Learned learned = learned();
    Evaluations.Validation validation = evaluations.validate(progress);
    double rate = course.rate(progress.step() - 1, progress);
    EpochMetrics metrics = EpochMetrics.of(progress, recipe.batch(), rate, validation);
    Double before = progress.bestValAcc();
    progress = course.finishedEpoch(progress, metrics, validation.seconds());
    journal.epochDone(metrics);
    symptoms
        .ofEpoch(metrics, steps)
        .forEach(warning -> journal.warn(warning, metrics.step(), metrics.epoch()));
    Double best = progress.bestValAcc();
    if (best != null && !best.equals(before)) {
      writeWeights(RunFolder.BEST, learned, average.chosen(progress));
    }
    writeCheckpoint(learned);
  }

  private TrainResult finish() {
    boolean stopped = !course.ended(progress);
    if (!stopped) {
      average.finish(progress, loader.epoch(progress.epoch()), options.seed());
    }
    Learned learned = learned();
    @Nullable Evaluation test = stopped ? null : evaluations.test(progress).orElse(null);
    if (test != null) {
      journal.tested(progress.step(), test.top1());
    }
    String chosen = average.chosen(progress);
    writeWeights(RunFolder.LAST, learned, chosen);
    TrainResult result = TrainResult.of(folder.path(), progress, recipe, chosen, test, stopped);
    if (!stopped) {
      journal.written(folder.writeResult(result));
    }
    journal.finished(result);
    return result;
  }

  /** What is learned so far; ends the run where no run can go on from that. */
  private Learned learned() {
    Learned learned = new Learned(session, average.namespaces());
    Checkpoint.broken(learned.tensors())
        .ifPresent(
            name -> {
              long step = progress.step();
              int epoch = progress.epoch() + (progress.stepInEpoch() > 0 ? 1 : 0);
              double rate = course.rate(Math.max(0, step - 1), progress);
              throw journal.ended(
                  Diagnosis.ofWeight(name, step, epoch, rate, checkpoints.lastGood()));
            });
    return learned;
  }

  private void writeCheckpoint(Learned learned) {
    Safetensors content =
        Checkpoint.of(learned, session, runner.groups(), progress, options.seed(), pins, symptoms);
    journal.written(checkpoints.write(content));
  }

  private void writeWeights(String file, Learned learned, String namespace) {
    journal.written(folder.writeWeights(file, model(learned.state(namespace))));
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException(
          "trainer of " + spec.name() + ": it is closed; make another, resuming its run folder");
    }
  }

  /**
   * Stops the loaders and frees all memory; the files of the run stay. A second call does nothing;
   * after it {@link #fit}, {@link #model} and {@link #probe} throw {@link IllegalStateException}.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    loader.close();
    prepared.close();
    session.close();
    journal.close();
    folder.close();
  }
}
