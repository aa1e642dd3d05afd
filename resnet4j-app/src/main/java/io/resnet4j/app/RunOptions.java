package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backends;
import io.resnet4j.data.DataSplits;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Precision;
import io.resnet4j.train.Checkpointing;
import io.resnet4j.train.EarlyStopping;
import io.resnet4j.train.LargestBatch;
import io.resnet4j.train.Recipe;
import io.resnet4j.train.TrainOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of every command that trains: how it computes, whatever is learned. */
final class RunOptions {
  private static final String AUTO = "auto";

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

  @Option(
      names = "--workers",
      paramLabel = "N",
      defaultValue = "1",
      description = "Threads that prepare batches (default: 1).")
  private int workers;

  @Option(
      names = "--set",
      paramLabel = "key=value",
      description = "Change a setting of the recipe; 'recipes' lists them. Can be repeated.")
  private List<String> settings = new ArrayList<>();

  @Mixin private EngineOptions engine = new EngineOptions();

  @Mixin private PlanOptions plan = new PlanOptions();

  /** What can be said without looking at the data. */
  void check() {
    engine.requireThreads();
    batch();
    Backends.named(engine.name());
    options(Path.of(""), 0);
  }

  /** Changes of the recipe, in the order in which they were given. */
  List<String> settings() {
    return List.copyOf(settings);
  }

  /** The batch that was asked for by a number. */
  Optional<Integer> batch() {
    if (batch == null || automaticBatch()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Integer.parseInt(batch));
    } catch (NumberFormatException e) {
      throw new InvalidInputException(
          "--batch " + batch + ": give a whole number of pictures, or auto", e);
    }
  }

  private boolean automaticBatch() {
    return AUTO.equalsIgnoreCase(batch);
  }

  /**
   * The recipe with the batch that fits, where that is asked for. A run that is gone on with has
   * its batch, whatever memory there is now.
   *
   * @param options of the run, with its folder
   * @param teacher beside the network, if there is one
   */
  Recipe fitted(
      Recipe given,
      ModelSpec spec,
      DataSplits splits,
      TrainOptions options,
      Optional<Model> teacher,
      Console console) {
    if (!automaticBatch()) {
      return given;
    }
    if (options.resume() && Files.isRegularFile(options.out().resolve("config.json"))) {
      int begun = RunFiles.read(options.out()).config().path("recipe").path("batch").asInt();
      return given.with("batch", Integer.toString(begun));
    }
    LargestBatch.Found found = LargestBatch.of(spec, given, splits, options, teacher).find();
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
  TrainOptions options(Path out, double valSplit) {
    return new TrainOptions(
        out,
        seed,
        Optional.ofNullable(precision).map(Precision::named),
        valSplit,
        engine.name(),
        workers,
        plan.memory(),
        plan.autotune(),
        false,
        Checkpointing.DEFAULT,
        EarlyStopping.NEVER,
        Optional.empty());
  }
}
