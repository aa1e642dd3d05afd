package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backends;
import io.resnet4j.data.DataSplits;
import io.resnet4j.interop.StateDict;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.StateMatch;
import io.resnet4j.plan.MemoryMode;
import io.resnet4j.plan.Precision;
import io.resnet4j.train.Checkpointing;
import io.resnet4j.train.EarlyStopping;
import io.resnet4j.train.LargestBatch;
import io.resnet4j.train.Recipe;
import io.resnet4j.train.Recipes;
import io.resnet4j.train.TrainOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of commands that let a network learn. */
final class LearningOptions {
  private static final String AUTO = "auto";

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
      names = "--batch",
      paramLabel = "N|auto",
      description =
          "Pictures in a step; auto for the most, up to "
              + LargestBatch.MOST
              + ", whose plan fits into memory.")
  private @Nullable String batch;

  @Option(
      names = "--precision",
      paramLabel = "P",
      description =
          "f32 or bf16 (default: the recipe's, or f32 where the processor has no instructions for"
              + " that).")
  private @Nullable String precision;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Of weights, order, augmentation and split (default: 0).")
  private long seed;

  @Option(names = "--threads", paramLabel = "N", description = "Threads that compute.")
  private @Nullable Integer threads;

  @Option(
      names = "--workers",
      paramLabel = "N",
      defaultValue = "1",
      description = "Threads that prepare batches (default: 1).")
  private int workers;

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

  @Option(
      names = "--set",
      paramLabel = "key=value",
      description = "Change a setting of the recipe; 'recipes' lists them. Can be repeated.")
  private List<String> settings = new ArrayList<>();

  @Option(
      names = "--backend",
      paramLabel = "B",
      defaultValue = Backends.DEFAULT,
      description = "onednn or reference (default: ${DEFAULT-VALUE}).")
  private String backend = Backends.DEFAULT;

  @Option(
      names = "--autotune",
      paramLabel = "on|off",
      defaultValue = "on",
      description =
          "Choose implementations by measuring, once on each machine, or take oneDNN's own choice"
              + " (default: ${DEFAULT-VALUE}).")
  private String autotune = "on";

  @Option(
      names = "--memory",
      paramLabel = "MODE",
      defaultValue = "keep",
      description =
          "What a step keeps for its gradients: keep, or lean to compute again what takes little"
              + " work: half the memory or less, about a third more time (default: keep).")
  private String memory = "keep";

  /** What can be said without looking at the data. */
  void check() {
    Threads.require(threads);
    if (!automaticBatch() && batch != null) {
      try {
        Integer.parseInt(batch);
      } catch (NumberFormatException e) {
        throw new InvalidInputException(
            "--batch " + batch + ": give a whole number of pictures, or auto", e);
      }
    }
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
    for (String setting : settings) {
      full = full.set(setting);
    }
    return batch == null || automaticBatch() ? full : full.with("batch", batch);
  }

  boolean automaticBatch() {
    return AUTO.equalsIgnoreCase(batch);
  }

  /** The recipe with the batch that fits, where that is asked for. */
  Recipe fitted(
      Recipe given, ModelSpec spec, DataSplits splits, Optional<Model> teacher, Console console) {
    if (!automaticBatch()) {
      return given;
    }
    LargestBatch.Found found =
        LargestBatch.find(spec, given, splits, options(Path.of("")), teacher);
    console.info(
        "batch auto: "
            + found.batch()
            + " pictures, "
            + Text.mebibytes(found.bytes())
            + " a step; the recipe's learning rate is for "
            + given.batch());
    return given.with("batch", Integer.toString(found.batch()));
  }

  /** For a new run in {@code out}. */
  TrainOptions options(Path out) {
    return new TrainOptions(
        out,
        seed,
        Optional.ofNullable(precision).map(Precision::named),
        valSplit,
        backend,
        workers,
        MemoryMode.named(memory),
        Choices.onOff("--autotune", autotune),
        false,
        Checkpointing.DEFAULT,
        EarlyStopping.NEVER,
        Optional.empty());
  }

  double valSplit() {
    return valSplit;
  }

  /** The network with the weights to begin with. */
  Model initial(ModelSpec spec, Console console) {
    Model fresh = spec.initialise(seed);
    if (init == null) {
      return fresh;
    }
    StateDict weights = StateDict.read(init);
    console.info(weights + "; " + StateMatch.of(spec, weights.tensors()));
    return fresh.overlay(weights, fit.allowed());
  }
}
