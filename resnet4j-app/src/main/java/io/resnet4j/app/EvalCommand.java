package io.resnet4j.app;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.infer.Answers;
import io.resnet4j.infer.Calibration;
import io.resnet4j.infer.Predictor;
import io.resnet4j.model.TrainedModel;
import io.resnet4j.train.TrainedPictures;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code eval}. */
@picocli.CommandLine.Command(description = "Evaluates trained weights on a data set.")
final class EvalCommand extends Command {
  @Mixin private WeightsOptions weights = new WeightsOptions();

  @Mixin private DataOptions data = new DataOptions();

  @Option(
      names = "--split",
      paramLabel = "S",
      defaultValue = "test",
      description =
          "test, or val: the data's own or what training held out (default: ${DEFAULT-VALUE}).")
  private String split = "test";

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "128",
      description = "Pictures at a time (default: ${DEFAULT-VALUE}).")
  private int batch;

  @Option(
      names = "--top",
      paramLabel = "K",
      defaultValue = "5",
      description = "Also say how often the class is among the K likeliest (default: 5).")
  private int top;

  @Option(
      names = "--calibrate",
      description =
          "With --split test: fit a temperature on the validation pictures, and say what it does to"
              + " the calibration here.")
  private boolean calibrate;

  @Option(
      names = "--report",
      paramLabel = "DIR",
      description =
          "Write eval.html, eval.json, classes.csv, confusion.csv, calibration.csv and"
              + " mistakes.csv there: each"
              + " class's numbers, who is taken for whom, calibration, the surest mistakes.")
  private @Nullable Path report;

  @Option(names = "--json", description = "The result as one line of JSON.")
  private boolean json;

  @Override
  int run(Console console) {
    boolean test = Choices.require("--split", split, List.of("val", "test")).equals("test");
    if (batch < 1) {
      throw new InvalidInputException("--batch " + batch + ": give at least 1");
    }
    if (top < 1) {
      throw new InvalidInputException("--top " + top + ": give at least 1");
    }
    if (calibrate && !test) {
      throw new InvalidInputException(
          "--calibrate: a temperature is fitted on the validation pictures; use --split test");
    }
    if (report != null) {
      OutputFile.folder("--report", report);
    }
    TrainedModel model = weights.load();
    DataSplits splits = WeightsOptions.framed(data.open(console), model, weights.file());
    Dataset part = test ? splits.test() : heldOut(model, splits);
    Preprocessing with = WeightsOptions.preprocessing(splits, model, weights.file(), console);
    EvalReport result;
    try (Predictor predictor = weights.open(model)) {
      Optional<Double> temperature = Optional.empty();
      if (calibrate) {
        Dataset validation = heldOut(model, splits);
        temperature =
            Optional.of(
                Calibration.fitTemperature(
                    predictor.answers(validation, with, batch, weights.views())));
      }
      Answers answers = predictor.answers(part, with, batch, weights.views());
      result = new EvalReport(model.spec().name(), part, test, answers, top, temperature);
    }
    if (report != null) {
      result.write(report);
      console.info("wrote " + report.resolve(EvalReport.PAGE));
    }
    console.result(json ? Json.line(result.json()) : result.words());
    return Main.OK;
  }

  private Dataset heldOut(TrainedModel model, DataSplits splits) {
    if (splits.validation().isPresent()) {
      return splits.validation().get();
    }
    JsonNode made = weights.provenance(model);
    if (!made.path("val_split").isNumber() || !made.path("seed").isIntegralNumber()) {
      throw new InvalidInputException(
          "--split val: "
              + weights.file()
              + " does not say which pictures training held out; use --split test");
    }
    DataSplits.HeldOut parts =
        splits.holdOut(made.path("val_split").asDouble(), made.path("seed").asLong());
    TrainedPictures.changed(made, splits.train())
        .ifPresent(
            what -> {
              throw new InvalidInputException(
                  "--split val: "
                      + what
                      + " have changed since "
                      + weights.file()
                      + " was trained, so that which pictures it held out cannot be told; use"
                      + " --split test");
            });
    return parts
        .validation()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "--split val: "
                        + weights.file()
                        + " was trained with --val-split 0, so nothing was held out; use --split"
                        + " test"));
  }
}
