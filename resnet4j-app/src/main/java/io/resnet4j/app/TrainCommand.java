package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSplits;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.train.EarlyStopping;
import io.resnet4j.train.Extent;
import io.resnet4j.train.Recipe;
import io.resnet4j.train.TrainOptions;
import io.resnet4j.train.TrainResult;
import io.resnet4j.train.Trainer;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code train}. */
@picocli.CommandLine.Command(
    description =
        "Trains a network and keeps a run folder: config.json, metrics.jsonl, last.ckpt,"
            + " best.safetensors, events for TensorBoard, report.html with its"
            + " numbers in report.csv and report.json. Ctrl-C writes a checkpoint;"
            + " --resume goes on from it.")
final class TrainCommand extends Command {
  @Mixin private LearningOptions learning = new LearningOptions();

  @Option(names = "--epochs", paramLabel = "N", description = "Length of the run.")
  private @Nullable Integer epochs;

  @Option(names = "--steps", paramLabel = "N", description = "Length of the run, in steps.")
  private @Nullable Integer steps;

  @Option(names = "--lr", paramLabel = "X", description = "Highest learning rate.")
  private @Nullable String learningRate;

  @Option(
      names = "--teacher",
      paramLabel = "FILE",
      converter = WeightsFile.class,
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

  @Mixin private CheckpointOptions checkpoints = new CheckpointOptions();

  @Option(
      names = "--patience",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Stop early after N epochs without a better validation; 0 to train to the end (default:"
              + " ${DEFAULT-VALUE}).")
  private int patience;

  @Option(
      names = "--min-delta",
      paramLabel = "X",
      defaultValue = "0",
      description = "With --patience: the least rise of the accuracy that counts (default: 0).")
  private double minDelta;

  @Mixin private RehearsalOptions rehearsal = new RehearsalOptions();

  @Mixin private ProbeFlags probes = new ProbeFlags();

  @Option(names = "--json", description = "The result as one line of JSON.")
  private boolean json;

  @Override
  int run(Console console) {
    learning.check();
    ModelSpec spec = learning.spec();
    if (epochs != null && steps != null) {
      throw new InvalidInputException("--epochs and --steps: give one of them");
    }
    if (minDelta != 0 && patience == 0) {
      throw new InvalidInputException(
          "--min-delta: says what counts for --patience; give that as well");
    }
    if (resume && out == null) {
      throw new InvalidInputException("--resume: say which run with --out DIR");
    }
    DataSplits opened = learning.open(console);
    Recipe full =
        rehearsal.shortened(adjusted(learning.recipe(opened)), steps != null || epochs != null);
    Path folder = Optional.ofNullable(out).orElseGet(() -> Runs.fresh(spec.name()));
    TrainOptions options =
        learning
            .options(folder)
            .withResume(resume)
            .withCommand(line())
            .withCheckpointing(checkpoints.read())
            .withStopping(new EarlyStopping(patience, minDelta));
    ModelSpec fitted = Specs.fitted(spec, full.augment().framed(opened).train());
    Optional<Model> taughtBy = Optional.ofNullable(teacher).map(Model::load);
    full = learning.fitted(full, fitted, opened, options, taughtBy, console);
    DataSplits splits =
        rehearsal.few(full.augment().framed(opened), full, learning.valSplit(), options.seed());
    if (!splits.description().equals(opened.description())) {
      console.info(splits.description());
    }
    probes.check(fitted);
    Recipe recipe = full;
    TrainResult result =
        Training.run(
            console,
            folder,
            () ->
                probes.attach(
                    Trainer.of(
                        learning.initial(fitted, console), recipe, splits, options, taughtBy)),
            done -> console.result(json ? Json.line(done) : Training.words(done, heldOut(splits))));
    if (result.stopped()) {
      return Main.INTERRUPTED;
    }
    Training.untested(console, opened);
    return rehearsal.judged(result, console);
  }

  private String heldOut(DataSplits splits) {
    return rehearsal
        .heldOut()
        .orElse(
            splits.validation().isPresent()
                ? "the data's own validation set"
                : Text.share(learning.valSplit()) + " of the training set held out");
  }

  private Recipe adjusted(Recipe from) {
    Recipe full = from;
    if (epochs != null) {
      full = full.withLength(Extent.epochs(epochs));
    }
    if (steps != null) {
      full = full.withLength(Extent.steps(steps));
    }
    if (learningRate != null) {
      full = full.with("learningRate", learningRate);
    }
    return full;
  }
}
