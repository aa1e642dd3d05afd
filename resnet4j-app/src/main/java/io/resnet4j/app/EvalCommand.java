package io.resnet4j.app;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.data.PreprocessingJson;
import io.resnet4j.infer.Evaluation;
import io.resnet4j.infer.Predictor;
import io.resnet4j.model.Model;
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
    Model model = weights.load();
    DataSplits splits = framed(data.open(console), model);
    Dataset part = test ? splits.test() : heldOut(model, splits);
    Evaluation result;
    try (Predictor predictor = weights.open(model)) {
      if (predictor.preprocessing().isPresent()) {
        Preprocessing own = predictor.preprocessing().get();
        result = predictor.evaluate(part, own, batch, weights.views());
      } else {
        console.info(
            weights.file()
                + ": does not say how pictures are normalised; using mean and deviation of the"
                + " training set's channels");
        Normalisation normalisation = Normalisation.perChannel(splits.train());
        Preprocessing made = Preprocessing.of(splits.train(), normalisation);
        result = predictor.evaluate(part, made, batch, weights.views());
      }
    }
    console.result(json ? Json.line(result) : words(model, result, test));
    return Main.OK;
  }

  /** The data as the model was taught to see pictures. */
  private DataSplits framed(DataSplits splits, Model model) {
    String json = model.metadata().get(Model.PREPROCESSING);
    if (json == null) {
      return splits.framed(
          model.spec().height(), model.spec().width(), WeightsOptions.usualResize(model.spec()));
    }
    Preprocessing made = PreprocessingJson.read(json, weights.file().toString());
    return splits.framed(made.height(), made.width(), made.resize());
  }

  private Dataset heldOut(Model model, DataSplits splits) {
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

  private static String words(Model model, Evaluation result, boolean test) {
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
