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
import io.resnet4j.train.Extent;
import io.resnet4j.train.Recipe;
import io.resnet4j.train.Recipes;
import io.resnet4j.train.TrainOptions;
import io.resnet4j.train.TrainResult;
import io.resnet4j.train.Trainer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code train}. */
@picocli.CommandLine.Command(
    description =
        "Trains a network and keeps a run folder: config.json, metrics.jsonl, last.ckpt,"
            + " best.safetensors, report.html. Ctrl-C writes a checkpoint; --resume goes on from"
            + " it.")
final class TrainCommand extends Command {
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

  @Option(names = "--epochs", paramLabel = "N", description = "Length of the run.")
  private @Nullable Integer epochs;

  @Option(names = "--steps", paramLabel = "N", description = "Length of the run, in steps.")
  private @Nullable Integer steps;

  @Option(names = "--batch", paramLabel = "N", description = "Pictures in a step.")
  private @Nullable Integer batch;

  @Option(names = "--lr", paramLabel = "X", description = "Highest learning rate.")
  private @Nullable String learningRate;

  @Option(names = "--precision", paramLabel = "P", description = "f32 or bf16.")
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
      description =
          "Begin with the weights in a safetensors file or a state dict of PyTorch (.pth).")
  private @Nullable Path init;

  @Mixin private FitOptions fit = new FitOptions();

  @Option(
      names = "--teacher",
      paramLabel = "FILE",
      description =
          "Learn from a trained network as well, run on the same pictures; --set temperature and"
              + " teacherShare say how.")
  private @Nullable Path teacher;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "The run folder (default: runs/<time>-<model>).")
  private @Nullable Path out;

  @Option(names = "--resume", description = "Go on with the run in --out, given the same options.")
  private boolean resume;

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

  @Mixin private ProbeFlags probes = new ProbeFlags();

  @Option(names = "--json", description = "The result as one line of JSON.")
  private boolean json;

  @Override
  int run(Console console) {
    Threads.require(threads);
    ModelSpec spec = Specs.named(model);
    Optional<Precision> chosen = Optional.ofNullable(precision).map(Precision::named);
    if (epochs != null && steps != null) {
      throw new InvalidInputException("--epochs and --steps: give one of them");
    }
    if (resume && out == null) {
      throw new InvalidInputException("--resume: say which run with --out DIR");
    }
    Optional<Recipe> named = Optional.ofNullable(recipe).map(Recipes::named);
    DataSplits opened = data.open(console);
    Recipe full = adjusted(named.orElseGet(() -> Recipes.defaultFor(Runs.dataName(opened))));
    DataSplits splits = full.augment().framed(opened);
    ModelSpec fitted = Specs.fitted(spec, splits.train());
    Path folder = Optional.ofNullable(out).orElseGet(() -> Runs.fresh(spec.name()));
    TrainOptions options =
        new TrainOptions(
            folder,
            seed,
            chosen,
            valSplit,
            backend,
            workers,
            MemoryMode.named(memory),
            Choices.onOff("--autotune", autotune),
            resume);
    console.info(splits.description());
    probes.check(fitted);
    Optional<Model> taughtBy = Optional.ofNullable(teacher).map(Model::load);
    TrainResult result =
        Training.run(
            console,
            folder,
            () ->
                probes.attach(
                    Trainer.of(initial(fitted, console), full, splits, options, taughtBy)),
            done -> console.result(json ? Json.line(done) : Training.words(done, heldOut(splits))));
    return result.stopped() ? Main.INTERRUPTED : Main.OK;
  }

  private String heldOut(DataSplits splits) {
    return splits.validation().isPresent()
        ? "the data's own validation set"
        : Text.share(valSplit) + " of the training set held out";
  }

  private Recipe adjusted(Recipe from) {
    Recipe full = from;
    for (String setting : settings) {
      full = full.set(setting);
    }
    if (epochs != null) {
      full = full.withLength(Extent.epochs(epochs));
    }
    if (steps != null) {
      full = full.withLength(Extent.steps(steps));
    }
    if (batch != null) {
      full = full.with("batch", batch.toString());
    }
    if (learningRate != null) {
      full = full.with("learningRate", learningRate);
    }
    return full;
  }

  private Model initial(ModelSpec spec, Console console) {
    Model fresh = spec.initialise(seed);
    if (init == null) {
      return fresh;
    }
    StateDict weights = StateDict.read(init);
    console.info(weights + "; " + StateMatch.of(spec, weights.tensors()));
    return fresh.overlay(weights, fit.allowed());
  }
}
