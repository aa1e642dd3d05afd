package io.resnet4j.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.CacheFolder;
import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Dataset;
import io.resnet4j.fetch.Catalogue;
import io.resnet4j.fetch.FetchListener;
import io.resnet4j.fetch.FetchOptions;
import io.resnet4j.fetch.Fetcher;
import io.resnet4j.infer.Answers;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.ShippedWeights;
import io.resnet4j.train.EarlyStopping;
import io.resnet4j.train.FineTuner;
import io.resnet4j.train.Recipe;
import io.resnet4j.train.TrainOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code finetune}. */
@picocli.CommandLine.Command(
    description =
        "Teaches a trained network other classes: a new head first, then all layers, the earlier"
            + " the more slowly, until validation no longer rises; evaluates the best weights once"
            + " on the test set, and writes model.safetensors, MODEL_CARD.md, report.html and"
            + " eval/.")
final class FinetuneCommand extends Command {
  private static final String PUBLISHED = "torchvision:";
  private static final String STOPPING = "stopping after this step; writing a checkpoint ...";

  @Option(
      names = "--from",
      required = true,
      paramLabel = "FILE|NAME",
      description =
          "Trained weights: a safetensors file; resnet4j:NAME for those that come with resnet4j; or"
              + " torchvision:NAME for published ones, which are downloaded.")
  private String from = "";

  @Mixin private NetworkOptions network = new NetworkOptions();

  @Mixin private DataOptions data = new DataOptions();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "The folder for everything; made, or empty.")
  private Path out = Path.of("");

  @Option(names = "--resume", description = "Go on with the fine-tuning in --out.")
  private boolean resume;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "At most so many over all layers (default: by the number of pictures).")
  private @Nullable Integer epochs;

  @Option(
      names = "--patience",
      paramLabel = "N",
      description = "Epochs without a better validation that are borne; 0 for no early end.")
  private @Nullable Integer patience;

  @Option(
      names = "--val-split",
      paramLabel = "F",
      description = "Share of the training set held out, where the data has no validation set.")
  private @Nullable Double valSplit;

  @Mixin private RunOptions run = new RunOptions();

  @Mixin private CheckpointOptions checkpoints = new CheckpointOptions();

  @Option(names = "--json", description = "The result as one line of JSON.")
  private boolean json;

  private final Function<FetchListener, Fetcher> fetchers;

  FinetuneCommand() {
    this(FinetuneCommand::standard);
  }

  /** With another source of published weights. */
  FinetuneCommand(Function<FetchListener, Fetcher> fetchers) {
    this.fetchers = fetchers;
  }

  @Override
  int run(Console console) {
    run.check();
    if (epochs != null && epochs < 1) {
      throw new InvalidInputException("--epochs " + epochs + ": give at least 1");
    }
    requireFolder();
    DataSplits splits = data.open(console);
    Model pretrained = pretrained(console);
    FineTuner tuner = tuner(pretrained, splits, console);
    FineTuner.Outcome done;
    try (Interruption interruption = Interruption.handled(console, STOPPING);
        TrainDisplay display = new TrainDisplay(console)) {
      done =
          tuner
              .listen(display)
              .starting(trainer -> interruption.stopBy(trainer::requestStop))
              .fit();
      if (done.all().stopped() || done.head().stopped()) {
        console.info("stopped; go on with --resume");
        return Main.INTERRUPTED;
      }
      Dataset set = splits.testing().orElse(splits.train());
      Optional<EvalReport> report =
          done.test().map(answers -> report(answers, set, pretrained.spec().name()));
      write(report);
      console.result(json ? Json.line(json(done, report)) : words(done, report));
      Training.untested(console, splits);
    }
    return Main.OK;
  }

  private FineTuner tuner(Model pretrained, DataSplits splits, Console console) {
    FineTuner usual = FineTuner.of(pretrained, splits, out).named(name());
    double share = valSplit == null ? usual.options().valSplit() : valSplit;
    TrainOptions options =
        run.options(out, share)
            .withResume(resume)
            .withCommand(line())
            .withCheckpointing(checkpoints.read());
    boolean heldOut = splits.holdOut(share, options.seed()).validation().isPresent();
    if (patience != null) {
      options = options.withStopping(new EarlyStopping(patience, 0));
    } else if (heldOut) {
      options = options.withStopping(usual.options().stopping());
    } else {
      console.info("nothing is held out to stop by: all layers are trained to the last epoch");
    }
    FineTuner tuner = usual.with(options);
    for (String setting : run.settings()) {
      tuner = tuner.set(setting);
    }
    if (epochs != null) {
      tuner = tuner.withEpochs(epochs);
    }
    Optional<Integer> batch = run.batch();
    if (batch.isPresent()) {
      tuner = tuner.withBatch(batch.get());
    }
    ModelSpec spec = pretrained.spec().withClasses(splits.train().classes().size());
    Recipe all = tuner.recipe(false);
    Recipe fitted =
        run.fitted(
            all,
            spec,
            splits,
            options.into(out.resolve(FineTuner.HEAD)),
            Optional.empty(),
            console);
    return fitted.batch() == all.batch() ? tuner : tuner.withBatch(fitted.batch());
  }

  /** Weights are passed on; the folder that they lay in is not. */
  private String name() {
    boolean known = from.startsWith(PUBLISHED) || from.startsWith(ShippedWeights.PREFIX);
    return known ? from : String.valueOf(Path.of(from).getFileName());
  }

  private void requireFolder() {
    boolean begun = Files.isDirectory(out) && hasFiles();
    if (begun && !resume) {
      throw new InvalidInputException(
          out + ": not empty; give another folder, or go on in it (--resume)");
    }
    if (!begun && resume) {
      throw new InvalidInputException(
          out + ": no fine-tuning to resume; leave --resume away, or give its folder");
    }
    OutputFile.folder("--out", out);
  }

  private boolean hasFiles() {
    String[] names = out.toFile().list();
    return names != null && names.length > 0;
  }

  private Model pretrained(Console console) {
    if (!from.startsWith(PUBLISHED)) {
      return network.plain(ShippedWeights.resolve(from));
    }
    network.requireNone("--from " + from);
    try (FetchDisplay display = new FetchDisplay(console)) {
      return fetchers
          .apply(display)
          .weights(from.substring(PUBLISHED.length()))
          .model()
          .map(Model::load)
          .orElseThrow(
              () ->
                  new InvalidInputException(
                      "--from " + from + ": its network is not one that 'models' lists"));
    }
  }

  private static Fetcher standard(FetchListener listener) {
    FetchOptions options = FetchOptions.of(CacheFolder.usual(), System.getenv());
    return new Fetcher(Catalogue.standard(), options, listener);
  }

  private static EvalReport report(Answers answers, Dataset set, String name) {
    return new EvalReport(name, set, true, answers, 5, Optional.empty());
  }

  private void write(Optional<EvalReport> report) {
    report.ifPresent(
        made -> {
          Path folder = out.resolve("eval");
          OutputFile.folder("--out", folder);
          made.write(folder);
        });
    List<RunFiles> runs =
        List.of(
            RunFiles.read(out.resolve(FineTuner.HEAD)), RunFiles.read(out.resolve(FineTuner.ALL)));
    try {
      Report.of(runs).write(out.resolve(Runs.REPORT));
    } catch (IOException e) {
      throw new UncheckedIOException(out + ": the report cannot be written", e);
    }
  }

  private static ObjectNode json(FineTuner.Outcome done, Optional<EvalReport> report) {
    ObjectNode node = Json.MAPPER.createObjectNode();
    node.put("weights", done.weights().toString());
    node.put("head_val_acc", done.head().bestValAcc());
    node.put("best_val_acc", done.all().bestValAcc());
    node.put("epochs", done.head().epochs() + done.all().epochs());
    node.put("steps", done.head().steps() + done.all().steps());
    node.put("seconds", done.head().seconds() + done.all().seconds());
    node.set("test", report.map(EvalReport::json).orElse(null));
    node.put("test_acc", report.map(r -> r.json().path("top1").asDouble()).orElse(null));
    return node;
  }

  private String words(FineTuner.Outcome done, Optional<EvalReport> report) {
    TextTable table =
        new TextTable("ll")
            .row("weights", done.weights().toString())
            .row("head alone", Text.percent(done.head().bestValAcc()) + " of validation")
            .row(
                "all layers",
                Text.percent(done.all().bestValAcc())
                    + " of validation, "
                    + done.all().epochs()
                    + " epochs")
            .row("model card", out.resolve(FineTuner.CARD).toString());
    return report.map(r -> table + System.lineSeparator() + r.words()).orElse(table.toString());
  }
}
