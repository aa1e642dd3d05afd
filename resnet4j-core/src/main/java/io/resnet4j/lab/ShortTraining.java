package io.resnet4j.lab;

import io.resnet4j.data.DataSplits;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Precision;
import io.resnet4j.train.Extent;
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
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Trains a network as a part of an experiment, in a run folder below the experiment's. */
final class ShortTraining {
  private static final String LAST = "last.safetensors";

  private final Bench bench;
  private final DataSplits data;
  private final Recipe recipe;

  /**
   * A way to train: the data's usual recipe, shortened.
   *
   * @param steps updates
   */
  ShortTraining(Bench bench, DataSplits data, int steps) {
    this(bench, data, Recipes.defaultFor(data.train().name()).withLength(Extent.steps(steps)));
  }

  private ShortTraining(Bench bench, DataSplits data, Recipe recipe) {
    this.bench = bench;
    this.data = data;
    this.recipe = recipe;
  }

  /** The same with a setting of the recipe changed. */
  ShortTraining with(String setting, String value) {
    return new ShortTraining(bench, data, recipe.with(setting, value));
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
   * Trains a network from fresh weights; begun and not finished before, it begins again.
   *
   * @param name of the run folder
   * @param probes that read it
   * @return empty where it was asked to stop
   */
  Optional<Trained> train(String name, ModelSpec spec, long seed, List<StepProbe> probes) {
    Path folder = bench.folder().resolve("runs").resolve(name);
    remove(folder);
    TrainOptions options =
        TrainOptions.in(folder).withSeed(seed).withPrecision(Precision.F32).withValSplit(0);
    try (Trainer trainer = Trainer.of(spec, recipe, data, options)) {
      probes.forEach(trainer::probe);
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
    }
  }

  /** Weights that an earlier cell has trained, or those that come of training now. */
  Optional<Model> model(String name, ModelSpec spec, long seed) {
    Path folder = bench.folder().resolve("runs").resolve(name);
    if (Files.isRegularFile(folder.resolve("result.json"))) {
      return Optional.of(Model.load(folder.resolve(LAST)));
    }
    return train(name, spec, seed, List.of()).map(Trained::model);
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
