package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.Views;
import io.resnet4j.infer.Predictor;
import io.resnet4j.model.TrainedModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code predict}. */
@picocli.CommandLine.Command(
    description =
        "Says what pictures (JPEG, PNG, WebP, BMP or GIF) show. A picture that cannot be used is"
            + " reported and left out; the exit status is then 2.")
final class PredictCommand extends Command {
  private static final String INTO_JSON = "-";

  @Mixin private WeightsOptions weights = new WeightsOptions();

  @Parameters(
      paramLabel = "IMAGE",
      arity = "0..*",
      description =
          "Files, folders (with all below them), patterns in quotes ('photos/**/*.jpg'), addresses"
              + " with --allow-urls; - reads such names from standard input, a line each.")
  private List<String> images = new ArrayList<>();

  @Option(names = "--stdin", description = "The bytes of one picture come from standard input.")
  private boolean pictureFromInput;

  @Option(names = "--allow-urls", description = "Fetch names that begin with http:// or https://.")
  private boolean allowUrls;

  @Option(
      names = "--max-mb",
      paramLabel = "MB",
      defaultValue = "64",
      description = "Largest picture fetched or piped in (default: ${DEFAULT-VALUE}).")
  private int maxMebibytes;

  @Mixin private BadImageOption badImages = new BadImageOption();

  @Option(
      names = "--top",
      paramLabel = "K",
      defaultValue = "5",
      description = "Classes shown (default: ${DEFAULT-VALUE}).")
  private int top;

  @Option(
      names = "--labels",
      paramLabel = "FILE",
      description = "Names of the classes, a line each, in place of those in the weights.")
  private @Nullable Path labels;

  @Option(
      names = "--features",
      paramLabel = "FILE",
      description =
          "Also write what the network's head reads, for search and clustering: a matrix [N,D] in a"
              + " safetensors file; - puts it into the lines of --json.")
  private @Nullable String features;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "32",
      description = "Pictures at a time (default: ${DEFAULT-VALUE}).")
  private int batch;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "Threads that read pictures (default: half of the processors).")
  private int workers = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);

  @Option(names = "--json", description = "A line of JSON for each picture.")
  private boolean json;

  @Option(names = "--table", description = "A table, once all pictures are done.")
  private boolean table;

  @Override
  int run(Console console) {
    boolean skip = badImages.skips();
    requireSense();
    PictureInputs inputs = new PictureInputs(allowUrls, maxMebibytes, console.in());
    TrainedModel model = prepared(console);
    PictureInputs.Listed listed = inputs.list(images, pictureFromInput);
    boolean intoJson = INTO_JSON.equals(features);
    Views views = weights.views();
    try (Predictor predictor = weights.open(model);
        PredictProgress progress = new PredictProgress(console, listed.count())) {
      int shown = Math.min(top, predictor.spec().classes());
      PredictOutput form =
          json ? PredictOutput.JSON : table ? PredictOutput.TABLE : PredictOutput.WORDS;
      Predicting.Wish wish =
          new Predicting.Wish(
              shown,
              views,
              Optional.ofNullable(features).filter(file -> !intoJson).map(Path::of),
              intoJson,
              Math.max(1, batch / views.count()),
              workers,
              skip,
              debug());
      PredictOutput.Writer writer = new PredictOutput.Writer(form, shown, console);
      return new Predicting(predictor, wish, writer, progress, console).run(listed);
    }
  }

  private void requireSense() {
    if (batch < 1 || top < 1 || workers < 1) {
      String which =
          top < 1 ? "--top " + top : batch < 1 ? "--batch " + batch : "--workers " + workers;
      throw new InvalidInputException(which + ": give at least 1");
    }
    if (json && table) {
      throw new InvalidInputException("--json, --table: give one of them");
    }
    if (INTO_JSON.equals(features) && !json) {
      throw new InvalidInputException(
          "--features -: goes into the lines of --json; give that too, or name a file");
    }
  }

  private TrainedModel prepared(Console console) {
    TrainedModel model = WeightsOptions.prepared(weights.file(), weights.load(), console::info);
    return labels == null ? model : model.withClassNames(names(labels));
  }

  private static List<String> names(Path file) {
    try {
      return Files.readAllLines(file, StandardCharsets.UTF_8).stream()
          .map(String::strip)
          .filter(line -> !line.isEmpty())
          .toList();
    } catch (IOException e) {
      throw new InvalidInputException(
          file + ": cannot be read as lines of text; give a file with a class name a line", e);
    }
  }
}
