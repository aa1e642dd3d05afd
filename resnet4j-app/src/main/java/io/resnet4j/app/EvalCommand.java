package io.resnet4j.app;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.infer.Evaluation;
import io.resnet4j.infer.Predictor;
import io.resnet4j.model.TrainedModel;
import java.util.List;
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

  @Option(names = "--json", description = "The result as one line of JSON.")
  private boolean json;

  @Override
  int run(Console console) {
    boolean test = Choices.require("--split", split, List.of("val", "test")).equals("test");
    if (batch < 1) {
      throw new InvalidInputException("--batch " + batch + ": give at least 1");
    }
    TrainedModel model = weights.load();
    DataSplits splits = WeightsOptions.framed(data.open(console), model, weights.file());
    Dataset part = test ? splits.test() : heldOut(model, splits);
    Preprocessing seen = WeightsOptions.preprocessing(splits, model, weights.file(), console);
    Evaluation result;
    try (Predictor predictor = weights.open(model)) {
      result = predictor.evaluate(part, seen, batch, weights.views());
    }
    console.result(json ? Json.line(result) : words(model, result, test));
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
    double share = made.path("val_split").asDouble();
    return splits
        .holdOut(share, made.path("seed").asLong())
        .validation()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "--split val: "
                        + weights.file()
                        + " was trained with --val-split 0, so nothing was held out; use --split"
                        + " test"));
  }

  private static String words(TrainedModel model, Evaluation result, boolean test) {
    return new TextTable("ll")
        .row(
            model.spec().name(),
            Text.count(result.n()) + (test ? " test pictures" : " validation pictures"))
        .row("top1", Text.percent(result.top1()))
        .row("top5", Text.percent(result.top5()))
        .row("loss", Text.decimal(result.loss()))
        .toString();
  }
}
