package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Synthetic;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.train.Extent;
import io.resnet4j.train.Recipe;
import io.resnet4j.train.TrainOptions;
import io.resnet4j.train.TrainResult;
import io.resnet4j.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code quickstart}. */
@picocli.CommandLine.Command(
    description =
        "Trains a residual network and its twin without shortcuts on pictures that it draws, about"
            + " two minutes on two cores, and writes a report of both. Needs no data and no"
            + " network.")
final class QuickstartCommand extends Command {
  // What decides how long it takes: two networks, each of EPOCHS passes over TRAIN pictures.
  private static final List<String> NETWORKS = List.of("resnet20", "plain20");
  private static final int TRAIN = 8_000;
  private static final int LEAST = 400;
  private static final int EPOCHS = 5;
  private static final String RECIPE = "synthetic-default";
  private static final long SEED = 0;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where to keep both runs (default: runs/<time>-quickstart).")
  private @Nullable Path out;

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Option(names = "--json", description = "The results as one line of JSON.")
  private boolean json;

  @Option(
      names = "--pictures",
      paramLabel = "N",
      description =
          "Training pictures to draw, and a quarter as many to test (default: " + TRAIN + ").")
  private int pictures = TRAIN;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Passes over them (default: " + EPOCHS + ").")
  private int epochs = EPOCHS;

  @Override
  int run(Console console) {
    threads.require();
    if (pictures < LEAST || epochs < 1) {
      throw new InvalidInputException(
          "quickstart: takes at least " + LEAST + " pictures and 1 epoch");
    }
    Path folder = out == null ? Runs.fresh("quickstart") : out;
    requireEmpty(folder);
    long begin = System.nanoTime();
    DataSplits splits = Synthetic.draw(pictures, pictures / 4, SEED);
    console.info(splits.description());
    Recipe recipe = Recipe.named(RECIPE).withLength(Extent.epochs(epochs));
    Map<String, TrainResult> results = new LinkedHashMap<>();
    List<RunFiles> runs = new ArrayList<>();
    for (String name : NETWORKS) {
      ModelSpec spec = Specs.fitted(Models.named(name), splits.train());
      Path run = folder.resolve(name);
      TrainOptions options = TrainOptions.in(run).withSeed(SEED).withCommand(line());
      TrainResult result =
          Training.run(
              console,
              run,
              () -> Trainer.of(spec, recipe, splits, options),
              done -> results.put(name, done));
      if (result.stopped()) {
        return Main.INTERRUPTED;
      }
      runs.add(RunFiles.read(run));
    }
    Path page = folder.resolve(Runs.REPORT);
    ReportCommand.write(Report.of(runs), page);
    double seconds = (System.nanoTime() - begin) * 1e-9;
    console.result(json ? line(results, page, seconds) : words(results, runs, page, seconds));
    return Main.OK;
  }

  private static void requireEmpty(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      if (files.findAny().isEmpty()) {
        return;
      }
    } catch (IOException e) {
      throw new InvalidInputException(
          folder + ": cannot be used as a folder: " + Failures.reason(e) + "; give another", e);
    }
    throw new InvalidInputException(folder + ": not empty; give another folder with --out");
  }

  private static String line(Map<String, TrainResult> results, Path page, double seconds) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("runs", results);
    fields.put("report", page.toString());
    fields.put("seconds", seconds);
    return Json.line(fields);
  }

  private static String words(
      Map<String, TrainResult> results, List<RunFiles> runs, Path page, double seconds) {
    TextTable table = new TextTable("lrrrrr");
    table.row("network", "test_acc", "val_acc", "train_acc, epoch 1", "train_loss", "speed");
    int i = 0;
    for (Map.Entry<String, TrainResult> entry : results.entrySet()) {
      TrainResult result = entry.getValue();
      RunFiles run = runs.get(i++);
      table.row(
          entry.getKey(),
          Text.percent(result.testAcc()),
          Text.percent(result.valAcc()),
          Text.percent(run.metrics().get(0).path("train_acc").asDouble()),
          Text.decimal(result.trainLoss()),
          Text.rate(result.imagesPerSecond()));
    }
    String end = System.lineSeparator();
    return table
        + end
        + "The same layers with and without shortcuts, "
        + Text.seconds(seconds)
        + " in all."
        + end
        + "report "
        + page;
  }
}
