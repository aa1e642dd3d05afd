package io.resnet4j.app;

import io.resnet4j.data.DataSplits;
import io.resnet4j.interop.StateDict;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.StateMatch;
import io.resnet4j.train.Recipe;
import io.resnet4j.train.Recipes;
import io.resnet4j.train.TrainOptions;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of commands that let a network learn from the beginning. */
final class LearningOptions {
  @Option(
      names = "--model",
      required = true,
      paramLabel = "M",
      description = "A name that 'models' lists, or a JSON file.")
  private String model = "";

  @Mixin private DataOptions data = new DataOptions();

  @Option(
      names = "--recipe",
      paramLabel = "R",
      description = "See 'recipes' (default: what suits the data).")
  private @Nullable String recipe;

  @Option(
      names = "--val-split",
      paramLabel = "F",
      defaultValue = "0.1",
      description =
          "Share of the training set held out for validation, where the data has no validation set"
              + " of its own; 0 for none (default: 0.1).")
  private double valSplit;

  @Option(
      names = "--init",
      paramLabel = "FILE",
      converter = WeightsFile.class,
      description =
          "Begin with the weights in a safetensors file or a state dict of PyTorch (.pth).")
  private @Nullable Path init;

  @Mixin private FitOptions fit = new FitOptions();

  @Mixin private RunOptions run = new RunOptions();

  /** What can be said without looking at the data. */
  void check() {
    run.check();
    Optional.ofNullable(recipe).ifPresent(Recipes::named);
    options(Path.of(""));
  }

  ModelSpec spec() {
    return Specs.named(model);
  }

  DataSplits open(Console console) {
    return data.open(console);
  }

  /** The recipe for this data as the options change it; without the automatic batch. */
  Recipe recipe(DataSplits opened) {
    Recipe full =
        recipe == null ? Recipes.defaultFor(Runs.dataName(opened)) : Recipes.named(recipe);
    for (String setting : run.settings()) {
      full = full.set(setting);
    }
    Optional<Integer> batch = run.batch();
    return batch.isEmpty() ? full : full.with("batch", batch.get().toString());
  }

  /** The recipe with the batch that fits, where that is asked for. */
  Recipe fitted(
      Recipe given,
      ModelSpec spec,
      DataSplits splits,
      TrainOptions options,
      Optional<Model> teacher,
      Console console) {
    return run.fitted(given, spec, splits, options, teacher, console);
  }

  /** For a new run in {@code out}. */
  TrainOptions options(Path out) {
    return run.options(out, valSplit);
  }

  double valSplit() {
    return valSplit;
  }

  /** The network with the weights to begin with. */
  Model initial(ModelSpec spec, Console console) {
    Model fresh = spec.initialise(options(Path.of("")).seed());
    if (init == null) {
      return fresh;
    }
    StateDict weights = StateDict.read(init);
    console.info(weights + "; " + StateMatch.of(spec, weights.tensors()));
    return fresh.overlay(weights, fit.allowed());
  }
}
