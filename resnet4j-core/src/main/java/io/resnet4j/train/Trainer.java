package io.resnet4j.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backend;
import io.resnet4j.backend.ChoiceCache;
import io.resnet4j.backend.Choices;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.data.Batch;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Loader;
import io.resnet4j.data.Normalisation;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Value;
import io.resnet4j.infer.Evaluation;
import io.resnet4j.infer.Tally;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.plan.UpdateRule;
import io.resnet4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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

  private final ModelSpec spec;
  private final Model initial;
  private final Recipe recipe;
  private final Precision precision;
  private final TrainOptions options;
  private final DataSplits data;
  private final DataSplits.HeldOut parts;
  private final Normalisation normalisation;
  private final RunFolder folder;
  private final ObjectNode config;
  private final Graph graph;
  private final Schedule.Run span;
  private final List<TrainListener> listeners = new ArrayList<>();
  private final Session session;
  private final Executable training;
  private final Evaluator evaluator;
  private final Loader loader;
  private Progress progress = Progress.NONE;
  private volatile boolean stopRequested;
  private boolean begun;

  private Trainer(Model initial, Recipe recipe, DataSplits given, TrainOptions options) {
    DataSplits data = recipe.augment().framed(given);
    this.spec = initial.spec();
    this.initial = initial;
    this.recipe = recipe;
    this.data = data;
    this.options = options;
    precision = options.precision().orElse(recipe.precision());
    Requirements.fit(spec, data);
    Backend backend = Requirements.backend(options.backend(), precision);
    parts = data.holdOut(options.valSplit(), options.seed());
    Requirements.batch(recipe.batch(), parts.train());
    graph = spec.trainingGraph(recipe.batch(), recipe.labelSmoothing());
    normalisation = recipe.normalisation(parts.train());
    config = RunConfig.of(initial, recipe, precision, options, data, parts);
    folder = options.resume() ? RunFolder.resume(options.out()) : RunFolder.create(options.out());
    Optional<Checkpoint> checkpoint = Optional.empty();
    if (options.resume()) {
      RunConfig.requireSame(folder.file(RunFolder.CONFIG), folder.config(), config);
      checkpoint = Optional.of(Checkpoint.read(folder.file(RunFolder.CHECKPOINT)));
    }
    loader = new Loader(parts.train(), loading());
    long perEpoch = loader.batchesPerEpoch();
    span = Schedule.Run.of(Math.max(1, recipe.length().inSteps(0, perEpoch)), perEpoch);
    Optional<ChoiceCache> cache =
        options.autotune() ? Optional.of(ChoiceCache.of(backend)) : Optional.empty();
    session =
        backend.open(
            options.resume()
                ? Choices.fixed(folder.choices())
                : cache.map(c -> Choices.measuring(c.read())).orElse(Choices.DEFAULTS));
    try {
      Program step = Program.training(graph, ModelSpec.LOSS, precision);
      training = session.prepare(Planner.plan(step.keeping(options.memory())));
      evaluator =
          new Evaluator(
              session, spec, precision, normalisation, recipe.evalBatch(), options.workers());
      parts.validation().ifPresent(evaluator::prepare);
      data.testing().ifPresent(evaluator::prepare);
      if (!options.resume()) {
        folder.writeChoices(session.choices());
        cache.ifPresent(c -> c.add(session.choices()));
      }
      start(checkpoint);
    } catch (RuntimeException | Error e) {
      loader.close();
      session.close();
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
   * @throws InvalidInputException if network and data do not fit, the batch is larger than the
   *     training set, the backend or its precision is unknown, the folder cannot be used, or a run
   *     to resume was begun otherwise
   */
  public static Trainer of(Model model, Recipe recipe, DataSplits data, TrainOptions options) {
    return new Trainer(model, recipe, data, options);
  }

  private Loader.Options loading() {
    return recipe
        .augment()
        .loading(recipe.batch(), options.seed(), normalisation)
        .withDropLast(true)
        .withWorkers(options.workers());
  }

  private void start(Optional<Checkpoint> checkpoint) {
    if (checkpoint.isPresent()) {
      Checkpoint from = checkpoint.get();
      progress = from.progress();
      List<String> parameters = graph.parameters().stream().map(Value::name).toList();
      from.restore(session, recipe.optimiser(), parameters, folder.file(RunFolder.CHECKPOINT));
    } else {
      initial.state().forEach((path, tensor) -> session.write(Program.MODEL, path, tensor));
    }
  }

  /** Adds one that hears of everything from now on. */
  public Trainer listen(TrainListener listener) {
    listeners.add(listener);
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

  /** The network with its weights as they are now. */
  public Model model() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    session
        .state(Program.MODEL)
        .keySet()
        .forEach(p -> state.put(p, session.read(Program.MODEL, p)));
    return Weights.describe(
        Model.of(spec, state, initial.metadata()), data, normalisation, config, progress);
  }

  /**
   * Trains to the end of the recipe, or until asked to stop. Can be called once.
   *
   * @throws NonFiniteLossException if the loss is not finite; the checkpoint is the one before
   * @throws java.io.UncheckedIOException if the run folder cannot be written; what is in it is
   *     whole
   */
  public TrainResult fit() {
    if (begun) {
      throw new IllegalStateException("trainer: fit was called before; make another trainer");
    }
    begun = true;
    if (options.resume()) {
      folder.trimMetrics(progress.epoch());
    } else {
      folder.writeConfig(config);
      writeCheckpoint();
    }
    TrainListener.Started event =
        new TrainListener.Started(
            folder.path(),
            config(),
            epochs(),
            span.steps(),
            (int) span.stepsPerEpoch(),
            progress.epoch() + 1,
            training.arenaBytes(),
            session.bytes());
    listeners.forEach(listener -> listener.started(event));
    while (progress.step() < span.steps() && !stopRequested) {
      epoch();
    }
    return finish();
  }

  private int epochs() {
    return (int) ((span.steps() + span.stepsPerEpoch() - 1) / span.stepsPerEpoch());
  }

  private void epoch() {
    int epoch = progress.epoch();
    int steps = (int) Math.min(span.stepsPerEpoch(), span.steps() - epoch * span.stepsPerEpoch());
    List<UpdateRule.Group> groups = groups();
    Loader.Epoch batches = loader.epoch(epoch, progress.stepInEpoch());
    while (progress.stepInEpoch() < steps) {
      if (stopRequested) {
        writeCheckpoint();
        return;
      }
      step(batches, groups, steps);
    }
    long begin = System.nanoTime();
    @Nullable Evaluation validation =
        parts.validation().map(set -> evaluate("val", set)).orElse(null);
    double took = (System.nanoTime() - begin) * NANOS;
    double pictures = (double) steps * recipe.batch();
    EpochMetrics metrics =
        new EpochMetrics(
            epoch + 1,
            progress.step(),
            progress.lossSum() / pictures,
            progress.correct() / pictures,
            validation == null ? null : validation.loss(),
            validation == null ? null : validation.top1(),
            recipe.learningRate(progress.step() - 1, span),
            progress.imagesPerSecond(recipe.batch()),
            progress.epochSeconds() + took,
            progress.dataWait());
    Double before = progress.bestValAcc();
    progress = progress.finishedEpoch(metrics, took);
    folder.append(metrics);
    listeners.forEach(listener -> listener.epochDone(metrics));
    Double best = progress.bestValAcc();
    if (best != null && !best.equals(before)) {
      written(folder.writeWeights(RunFolder.BEST, model()));
    }
    writeCheckpoint();
  }

  private void step(Loader.Epoch batches, List<UpdateRule.Group> groups, int steps) {
    long begin = System.nanoTime();
    long waited = loader.waitNanos();
    Batch batch = batches.next();
    waited = loader.waitNanos() - waited;
    long step = progress.step();
    double rate = recipe.learningRate(step, span);
    training.feed(ModelSpec.IMAGES, batch.images());
    training.feed(ModelSpec.TARGETS, batch.targets());
    training.run(options.seed(), step);
    double loss = training.scalar(ModelSpec.LOSS);
    if (Double.isNaN(loss) || Double.isInfinite(loss)) {
      throw new Diagnosis(session, graph, precision, options.seed())
          .of(
              loss,
              batch,
              step,
              progress.epoch() + 1,
              rate,
              folder.file(RunFolder.CHECKPOINT).toString());
    }
    session.update(Program.MODEL, recipe.optimiser(), at(groups, rate));
    int right = correct(batch);
    double took = (System.nanoTime() - begin) * NANOS;
    progress = progress.stepped(loss, right, batch.size(), took, waited * NANOS);
    double seen = (double) progress.stepInEpoch() * recipe.batch();
    TrainListener.StepDone event =
        new TrainListener.StepDone(
            progress.epoch() + 1,
            progress.stepInEpoch(),
            steps,
            progress.step(),
            loss,
            progress.lossSum() / seen,
            progress.correct() / seen,
            rate,
            progress.imagesPerSecond(recipe.batch()),
            progress.dataWait());
    listeners.forEach(listener -> listener.stepDone(event));
  }

  private int correct(Batch batch) {
    Tally tally = new Tally(spec.classes());
    float[] logits = training.fetch(ModelSpec.LOGITS).toFloats();
    tally.add(logits, batch.labels(), batch.size());
    return tally.right();
  }

  /** Parameters that decay and, where the recipe tells them apart, those that do not. */
  private List<UpdateRule.Group> groups() {
    Set<String> decayed = new LinkedHashSet<>();
    Set<String> free = new LinkedHashSet<>();
    for (Value parameter : graph.parameters()) {
      boolean decays = recipe.decayNormAndBias() || parameter.shape().rank() > 1;
      (decays ? decayed : free).add(parameter.name());
    }
    List<UpdateRule.Group> groups = new ArrayList<>();
    groups.add(new UpdateRule.Group(decayed, 0, recipe.weightDecay()));
    if (!free.isEmpty()) {
      groups.add(new UpdateRule.Group(free, 0, 0));
    }
    return groups;
  }

  private static List<UpdateRule.Group> at(List<UpdateRule.Group> groups, double rate) {
    return groups.stream()
        .map(group -> new UpdateRule.Group(group.paths(), rate, group.weightDecay()))
        .toList();
  }

  private Evaluation evaluate(String split, Dataset set) {
    return evaluator.evaluate(
        set, done -> listeners.forEach(l -> l.evaluating(split, done, set.size())));
  }

  private TrainResult finish() {
    boolean stopped = progress.step() < span.steps();
    @Nullable Double test =
        stopped ? null : data.testing().map(set -> evaluate("test", set).top1()).orElse(null);
    written(folder.writeWeights(RunFolder.LAST, model()));
    @Nullable EpochMetrics last = progress.last();
    TrainResult result =
        new TrainResult(
            folder.path().toString(),
            progress.epoch(),
            progress.step(),
            progress.seconds(),
            last == null ? null : last.trainLoss(),
            last == null ? null : last.valLoss(),
            last == null ? null : last.valAcc(),
            progress.bestValAcc(),
            test,
            progress.step() * recipe.batch() / Math.max(NANOS, progress.trainSeconds()),
            stopped);
    if (!stopped) {
      written(folder.writeResult(result));
    }
    listeners.forEach(listener -> listener.finished(result));
    return result;
  }

  private void writeCheckpoint() {
    written(
        folder.writeCheckpoint(
            Checkpoint.of(session, recipe.optimiser(), progress, options.seed())));
  }

  private void written(Path file) {
    listeners.forEach(listener -> listener.checkpointWritten(file));
  }

  /** Stops the loaders and frees all memory; the files of the run stay. */
  @Override
  public void close() {
    loader.close();
    evaluator.close();
    session.close();
  }
}
