package io.resnet4j.train;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backends;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.data.PreprocessingJson;
import io.resnet4j.infer.Answers;
import io.resnet4j.infer.Predictor;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Precision;
import io.resnet4j.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Teaches a network that has learned to tell other classes apart. A new head is trained alone, over
 * layers and batch norms that stay as they are; then all layers are, the earlier the more slowly,
 * until the validation accuracy no longer rises. The best weights are evaluated once on the test
 * set.
 *
 * <p>Each of the two is a run of its own, in the folders {@code head} and {@code all}, with its
 * recipe, checkpoints and metrics.
 *
 * <pre>{@code
 * Model pretrained = Model.load(Path.of("resnet50.safetensors"));
 * DataSplits data = DataSource.parse("folder:flowers").open();
 * FineTuner.Outcome done = FineTuner.of(pretrained, data, Path.of("runs/flowers")).fit();
 * try (Predictor predictor = Predictor.open(done.weights(), Precision.F32)) {
 *   predictor.predict(Pictures.read(Path.of("rose.jpg")), 5);
 * }
 * }</pre>
 */
public final class FineTuner {
  /** Where the new head is trained, in the folder of a fine-tuning. */
  public static final String HEAD = "head";

  /** Where all layers are. */
  public static final String ALL = "all";

  /** The weights, in the folder of a fine-tuning. */
  public static final String WEIGHTS = "model.safetensors";

  /** What is to be known of them, as Markdown. */
  public static final String CARD = "MODEL_CARD.md";

  private static final int STEPS = 500;
  private static final int FEWEST_EPOCHS = 6;
  private static final int MOST_EPOCHS = 40;
  private static final int LARGEST_BATCH = 32;
  private static final int SMALLEST_BATCH = 4;

  /** Below this many pictures a batch says too little about means and variances. */
  private static final int NORM_BATCH = 16;

  private static final int SMALL_SIDE = 64;
  private static final int PATIENCE = 6;
  private static final double VAL_SPLIT = 0.15;

  private final Model pretrained;
  private final DataSplits data;
  private final Path out;
  private TrainOptions options;
  private List<String> settings = List.of();
  private Optional<Integer> epochs = Optional.empty();
  private Optional<Integer> batch = Optional.empty();
  private Optional<String> name = Optional.empty();
  private List<TrainListener> listeners = List.of();
  private Consumer<Trainer> starting = trainer -> {};

  private FineTuner(Model pretrained, DataSplits data, Path out, TrainOptions options) {
    this.pretrained = pretrained;
    this.data = data;
    this.out = out;
    this.options = options;
  }

  /** Everything but what {@code change} sets stays; this one is not touched. */
  private FineTuner copy(Consumer<FineTuner> change) {
    FineTuner other = new FineTuner(pretrained, data, out, options);
    other.settings = settings;
    other.epochs = epochs;
    other.batch = batch;
    other.name = name;
    other.listeners = listeners;
    other.starting = starting;
    change.accept(other);
    return other;
  }

  private static <T> List<T> appended(List<T> all, T one) {
    List<T> more = new ArrayList<>(all);
    more.add(one);
    return List.copyOf(more);
  }

  /**
   * How it went.
   *
   * @param model the best weights, with classes and preprocessing
   * @param weights the file that holds them
   * @param head how the training of the head alone ended
   * @param all how that of all layers ended
   * @param test what the model makes of the test set; empty without one
   */
  public record Outcome(
      Model model, Path weights, TrainResult head, TrainResult all, Optional<Answers> test) {}

  /** Fine-tunes {@code pretrained} on {@code data}; the folder is made, or must be empty. */
  public static FineTuner of(Model pretrained, DataSplits data, Path out) {
    DataSplits seen = pretrained.spec().channels() == 3 ? data.inColour() : data;
    TrainOptions options =
        TrainOptions.in(out).withValSplit(VAL_SPLIT).withStopping(new EarlyStopping(PATIENCE, 0));
    return new FineTuner(pretrained, seen, out, options);
  }

  /** The same with other options; their folder is passed over. */
  public FineTuner with(TrainOptions newOptions) {
    return copy(tuner -> tuner.options = newOptions);
  }

  /** The options as they are. */
  public TrainOptions options() {
    return options;
  }

  /** The same with a setting, {@code key=value}, of both recipes changed. */
  public FineTuner set(String setting) {
    return copy(tuner -> tuner.settings = appended(settings, setting));
  }

  /** The same with another length of the training of all layers. */
  public FineTuner withEpochs(int newEpochs) {
    return copy(tuner -> tuner.epochs = Optional.of(newEpochs));
  }

  /**
   * The same with batches of another size, in both trainings; how many epochs these take and
   * whether batch norms are frozen goes by it.
   *
   * @throws InvalidInputException if it is below 1
   */
  public FineTuner withBatch(int newBatch) {
    if (newBatch < 1) {
      throw new InvalidInputException("batch " + newBatch + ": give at least 1");
    }
    return copy(tuner -> tuner.batch = Optional.of(newBatch));
  }

  /**
   * The same with what the pretrained weights are called, such as the name of their file without
   * its folder. The new weights' provenance and model card keep it, and both are passed on.
   */
  public FineTuner named(String newName) {
    return copy(tuner -> tuner.name = Optional.of(newName));
  }

  /** The same with one more that hears of both runs. */
  public FineTuner listen(TrainListener listener) {
    return copy(tuner -> tuner.listeners = appended(listeners, listener));
  }

  /** Hears of each run's trainer before it begins, so that it can be stopped. */
  public FineTuner starting(Consumer<Trainer> hears) {
    return copy(tuner -> tuner.starting = starting.andThen(hears));
  }

  /** The recipe of the new head, or of all layers, for this data. */
  public Recipe recipe(boolean head) {
    ModelSpec spec = pretrained.spec();
    int pictures = data.holdOut(options.valSplit(), options.seed()).train().size();
    int size = batch.orElseGet(() -> usualBatch(pictures));
    int perEpoch = Math.max(1, pictures / size);
    int wanted = Math.min(MOST_EPOCHS, Math.max(FEWEST_EPOCHS, (STEPS + perEpoch - 1) / perEpoch));
    int length = head ? Math.max(FEWEST_EPOCHS, wanted / 4) : epochs.orElse(wanted);
    boolean large = Math.min(spec.height(), spec.width()) >= SMALL_SIDE;
    boolean digits = data.train().name().toLowerCase(Locale.ROOT).contains("mnist");
    Recipe recipe =
        Recipe.named(head ? "finetune-head" : "finetune")
            .with("batch", Integer.toString(size))
            .withLength(Extent.epochs(length))
            .set(
                "augment="
                    + (large
                        ? "randomResizedCrop(0.35,1,0.75,1.3333)"
                        : "crop(" + spec.height() / 8 + ")")
                    + (digits ? "" : ",flip"))
            .set("normalisation=" + (ownNormalisation() ? "imagenet" : "per_channel"))
            .set("size=" + spec.height())
            .set("resize=" + resize());
    if (!head && size < NORM_BATCH) {
      recipe = recipe.set("frozenNorms=true");
    }
    for (String setting : settings) {
      recipe = recipe.set(setting);
    }
    return recipe;
  }

  private static int usualBatch(int pictures) {
    int size = LARGEST_BATCH;
    while (size > SMALLEST_BATCH && size * 10 > pictures) {
      size /= 2;
    }
    return size;
  }

  private Optional<Preprocessing> preprocessing() {
    return Optional.ofNullable(pretrained.metadata().get(Model.PREPROCESSING))
        .map(json -> PreprocessingJson.read(json, "model " + pretrained.spec().name()));
  }

  /** Whether the pretrained network saw pictures normalised by ImageNet's numbers. */
  private boolean ownNormalisation() {
    return pretrained.spec().channels() == 3
        && preprocessing()
            .map(p -> p.normalisation().equals(Normalisation.imageNet()))
            .orElse(Math.min(pretrained.spec().height(), pretrained.spec().width()) >= SMALL_SIDE);
  }

  private int resize() {
    int side = Math.max(pretrained.spec().height(), pretrained.spec().width());
    return preprocessing()
        .map(Preprocessing::resize)
        .orElse(side < SMALL_SIDE ? side : side * 8 / 7);
  }

  /**
   * The pretrained network with as many classes as the data has, and a fresh head. Of its metadata
   * it keeps what tells where it comes from.
   */
  Model withNewHead() {
    ModelSpec spec = pretrained.spec().withClasses(data.train().classes().size());
    Map<String, Tensor> state = new LinkedHashMap<>(spec.initialise(options.seed()).state());
    String head = spec.head() + ".";
    pretrained
        .state()
        .forEach(
            (path, tensor) -> {
              if (!path.startsWith(head)) {
                state.put(path, tensor);
              }
            });
    return Model.of(spec, state, Map.of(Weights.PROVENANCE, Weights.descent(pretrained, name)));
  }

  /**
   * Trains, evaluates once, and writes the weights. With {@link TrainOptions#withResume} it goes on
   * where it was stopped or killed.
   *
   * @throws InvalidInputException as {@link Trainer#of}; for all layers too before the head is
   *     trained
   */
  public Outcome fit() {
    if (data.train().classes().size() < 2) {
      throw new InvalidInputException(
          data.description() + ": one class only; there is nothing to tell apart");
    }
    DataSplits learned =
        new DataSplits(
            data.train(), data.validation(), Optional.empty(), data.description(), data.notes());
    Model fresh = withNewHead();
    // What cannot be done with all layers shows before the head is trained in vain.
    Recipe ofAll = recipe(false);
    requireBest(ofAll);
    DataSplits.HeldOut parts = data.holdOut(options.valSplit(), options.seed());
    Requirements.batch(ofAll.batch(), parts.train());
    Requirements.validation(options.stopping(), parts);
    if (!goesOn(out.resolve(ALL))) {
      // It takes more than the head does.
      LargestBatch.of(fresh.spec(), ofAll, learned, options, Optional.empty()).require();
    }
    Ran head = run(fresh, recipe(true), learned, HEAD, EarlyStopping.NEVER);
    if (head.result().stopped()) {
      return new Outcome(
          head.best(), head.weights(), head.result(), head.result(), Optional.empty());
    }
    // Stored for the pictures of evaluation, which may be larger than those of training.
    Model begun = Model.of(fresh.spec(), head.best().state(), head.best().metadata());
    Ran all = run(begun, ofAll, learned, ALL, options.stopping());
    if (all.result().stopped()) {
      return new Outcome(all.best(), all.weights(), head.result(), all.result(), Optional.empty());
    }
    Model model = all.best();
    // A head over good features can be better than what a small set teaches all layers.
    if (better(head.result(), all.result())) {
      model = head.best();
    }
    Path weights = out.resolve(WEIGHTS);
    model.save(weights);
    Optional<Answers> test = test(model);
    RunFolder.text(
        out.resolve(CARD),
        ModelCard.write(
            pretrained,
            model,
            data,
            List.of(recipe(true), ofAll),
            List.of(head.result(), all.result()),
            test,
            WEIGHTS));
    return new Outcome(model, weights, head.result(), all.result(), test);
  }

  /** The weights of the best epoch go on; an equal average is there after the last one only. */
  private static void requireBest(Recipe recipe) {
    if (recipe.averaging().swa() < 1) {
      throw new InvalidInputException(
          "swa="
              + recipe.averaging().swa()
              + ": fine-tuning keeps the weights of its best epoch, and an equal average is made"
              + " after the last; use ema, or train with --init");
    }
  }

  private static boolean better(TrainResult head, TrainResult all) {
    Double first = head.bestValAcc();
    Double second = all.bestValAcc();
    return first != null && second != null && first > second;
  }

  private boolean goesOn(Path folder) {
    return options.resume() && RunFolder.begun(folder);
  }

  /** A run that has ended, with the weights to go on with. */
  private record Ran(TrainResult result, Path weights, Model best) {}

  private Ran run(
      Model from, Recipe recipe, DataSplits learned, String name, EarlyStopping stopping) {
    Path folder = out.resolve(name);
    TrainOptions here = options.into(folder).withResume(goesOn(folder)).withStopping(stopping);
    TrainResult result;
    try (Trainer trainer = Trainer.of(from, recipe, learned, here)) {
      listeners.forEach(trainer::listen);
      starting.accept(trainer);
      result = trainer.fit();
    }
    Path best = folder.resolve(RunFolder.BEST);
    Path weights = Files.exists(best) ? best : folder.resolve(RunFolder.LAST);
    return new Ran(result, weights, Model.load(weights));
  }

  private Optional<Answers> test(Model model) {
    Recipe recipe = recipe(false);
    Optional<Dataset> set =
        recipe.augment().framed(data).testing().map(recipe.augment()::evaluated);
    if (set.isEmpty()) {
      return Optional.empty();
    }
    try (Predictor predictor =
        Predictor.open(
            model, options.precision().orElse(Precision.F32), Backends.named(options.backend()))) {
      return Optional.of(
          predictor.answers(
              set.get(),
              predictor.preprocessing().orElseThrow(),
              recipe.evalBatch(),
              recipe.testViews()));
    }
  }
}
