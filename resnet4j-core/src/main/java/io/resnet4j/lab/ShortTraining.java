package io.resnet4j.lab;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Normalisation;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Precision;
import io.resnet4j.train.Extent;
import io.resnet4j.train.NonFiniteLossException;
import io.resnet4j.train.Recipe;
import io.resnet4j.train.Recipes;
import io.resnet4j.train.StepProbe;
import io.resnet4j.train.TrainListener;
import io.resnet4j.train.TrainOptions;
import io.resnet4j.train.TrainResult;
import io.resnet4j.train.Trainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Trains a network as a part of an experiment, in a run folder below the experiment's. */
final class ShortTraining {
  /** In place of a recipe's name: the one that suits the data. */
  static final String USUAL = "usual";

  private static final String LAST = "last.safetensors";
  private static final String RESULT = "result.json";
  private static final String DIVERGED = "diverged.json";
  private static final int POINTS = 100;
  private static final TrainListener NOBODY = new TrainListener() {};

  private final Bench bench;
  private final Recipe recipe;

  /**
   * A way to train: the data's usual recipe, shortened.
   *
   * @param steps updates
   */
  ShortTraining(Bench bench, int steps) {
    this(bench, USUAL, steps);
  }

  /**
   * A way to train.
   *
   * @param recipe its name, or {@link #USUAL}
   * @param steps updates
   * @throws io.resnet4j.InvalidInputException if there is no such recipe
   */
  ShortTraining(Bench bench, String recipe, int steps) {
    this(bench, recipe(recipe, bench.data()).withLength(Extent.steps(steps)));
  }

  private ShortTraining(Bench bench, Recipe recipe) {
    this.bench = bench;
    this.recipe = recipe;
  }

  private static Recipe recipe(String name, DataSplits data) {
    return name.equals(USUAL) ? Recipes.defaultFor(data.train().name()) : Recipe.named(name);
  }

  /** The same with a setting of the recipe changed. */
  ShortTraining with(String setting, String value) {
    return new ShortTraining(bench, recipe.with(setting, value));
  }

  /** The same with settings of the recipe changed, each written {@code key=value}. */
  ShortTraining with(List<String> settings) {
    Recipe changed = recipe;
    for (String setting : settings) {
      changed = changed.set(setting);
    }
    return new ShortTraining(bench, changed);
  }

  /** How pictures become numbers in these runs. */
  Normalisation normalisation() {
    return recipe.normalisation(bench.data().train());
  }

  /**
   * What came of it.
   *
   * @param model with its last weights
   * @param result of the run
   * @param folder of the run
   */
  record Trained(Model model, TrainResult result, Path folder) {}

  /**
   * Trains a network from fresh weights. What an interrupted run had done is gone on with, to the
   * same bits; with probes or a listener, which may have a state of their own, it begins again.
   *
   * @param name of the run folder
   * @param probes that read it
   * @return empty where it was asked to stop
   * @throws DivergedException if the training diverges
   */
  Optional<Trained> train(String name, ModelSpec spec, long seed, List<StepProbe> probes) {
    return train(name, spec, seed, probes, NOBODY);
  }

  /** The same, heard by {@code listener}. */
  Optional<Trained> train(
      String name, ModelSpec spec, long seed, List<StepProbe> probes, TrainListener listener) {
    return train(name, spec.initialise(seed), seed, probes, listener);
  }

  private Optional<Trained> train(
      String name, Model initial, long seed, List<StepProbe> probes, TrainListener listener) {
    Path folder = folder(name);
    boolean alone = probes.isEmpty() && listener == NOBODY;
    TrainOptions options =
        TrainOptions.in(folder).withSeed(seed).withPrecision(Precision.F32).withValSplit(0);
    try (Trainer trainer = trainer(initial, options, alone && isUnfinished(folder))) {
      probes.forEach(trainer::probe);
      trainer.listen(listener);
      trainer.listen(
          new TrainListener() {
            @Override
            public void stepDone(StepDone event) {
              if (bench.stopped().getAsBoolean()) {
                trainer.requestStop();
              }
            }
          });
      TrainResult result = trainer.fit();
      return result.stopped()
          ? Optional.empty()
          : Optional.of(new Trained(trainer.model(), result, folder));
    } catch (NonFiniteLossException e) {
      String reason = String.valueOf(e.getMessage());
      Json.append(folder.resolve(DIVERGED), Rows.row("step", e.step(), "message", reason));
      throw new DivergedException(reason, e.step());
    }
  }

  private static boolean isUnfinished(Path folder) {
    return Files.isDirectory(folder)
        && !Files.exists(folder.resolve(RESULT))
        && !Files.exists(folder.resolve(DIVERGED));
  }

  private Trainer trainer(Model initial, TrainOptions options, boolean goOn) {
    DataSplits data = withoutValidation(bench.data());
    if (goOn) {
      try {
        return Trainer.of(initial, recipe, data, options.withResume(true));
      } catch (InvalidInputException e) {
        // Begun otherwise or on another machine, or damaged: what is there is of no use.
      }
    }
    remove(options.out());
    return Trainer.of(initial, recipe, data, options);
  }

  /** Validation pictures are for the experiment, not for every epoch. */
  private static DataSplits withoutValidation(DataSplits data) {
    return new DataSplits(
        data.train(), Optional.empty(), data.testing(), data.description(), List.of());
  }

  /**
   * Weights that an earlier cell has trained, or those that come of training now.
   *
   * @throws DivergedException if the training diverges, or did so in an earlier cell
   */
  Optional<Model> model(String name, ModelSpec spec, long seed) {
    return model(name, spec, seed, List.of());
  }

  /** The same; what it trains is read by {@code probes}. */
  Optional<Model> model(String name, ModelSpec spec, long seed, List<StepProbe> probes) {
    return model(name, spec.initialise(seed), seed, probes);
  }

  /** The same from these weights. */
  Optional<Model> model(String name, Model initial, long seed, List<StepProbe> probes) {
    Path folder = folder(name);
    if (Files.isRegularFile(folder.resolve(RESULT))) {
      return Optional.of(Model.load(folder.resolve(LAST)));
    }
    for (JsonNode before : Json.lines(folder.resolve(DIVERGED))) {
      throw new DivergedException(before.path("message").asText(), before.path("step").asLong());
    }
    return train(name, initial, seed, probes, NOBODY).map(Trained::model);
  }

  /** The folder of a run. */
  Path folder(String name) {
    return bench.folder().resolve("runs").resolve(name);
  }

  /**
   * The errors of a run, along its steps and at its end.
   *
   * @return rows of {@code step}, {@code train_error} and {@code train_loss}, the means of the
   *     epoch that ends there, the last one with {@code final} and {@code test_error} too; where
   *     the last epoch is cut short, the one before counts in its means
   */
  static List<Map<String, Object>> rows(Trained trained) {
    List<JsonNode> epochs = Json.lines(trained.folder().resolve("metrics.jsonl"));
    List<Map<String, Object>> rows = new ArrayList<>();
    int every = Math.max(1, epochs.size() / POINTS);
    for (int i = epochs.size() - 1; i >= 0; i -= every) {
      Map<String, Object> row =
          Rows.row(
              "step", step(epochs, i),
              "train_error", 1 - mean(epochs, i, "train_acc"),
              "train_loss", mean(epochs, i, "train_loss"));
      if (i == epochs.size() - 1) {
        Double test = trained.result().testAcc();
        row.put("final", true);
        row.put("test_error", test == null ? Double.NaN : 1 - test);
      }
      rows.add(0, row);
    }
    return rows;
  }

  private static int step(List<JsonNode> epochs, int i) {
    return i < 0 ? 0 : epochs.get(i).path("step").asInt();
  }

  /** A few steps are too few pictures for a mean: then those of the epoch before count as well. */
  private static double mean(List<JsonNode> epochs, int i, String name) {
    double own = Json.number(epochs.get(i).path(name));
    int steps = step(epochs, i) - step(epochs, i - 1);
    int before = step(epochs, i - 1) - step(epochs, i - 2);
    return steps >= before
        ? own
        : (steps * own + before * Json.number(epochs.get(i - 1).path(name))) / (steps + before);
  }

  private static void remove(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(folder + ": cannot be removed: " + e.getMessage(), e);
    }
  }
}
