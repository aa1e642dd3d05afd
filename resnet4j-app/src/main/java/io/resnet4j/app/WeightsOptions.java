package io.resnet4j.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.data.PreprocessingJson;
import io.resnet4j.data.Views;
import io.resnet4j.infer.Predictor;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.TrainedModel;
import io.resnet4j.plan.Precision;
import io.resnet4j.quantise.QuantisedModel;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of commands that use trained weights. */
final class WeightsOptions {
  private static final String PROVENANCE = "provenance";

  /** What ImageNet's networks see of a picture: 224 pixels of a shorter side of 256. */
  private static final double CENTRE = 0.875;

  private static final int SMALL = 64;

  @Option(
      names = "--weights",
      required = true,
      paramLabel = "FILE",
      converter = WeightsFile.class,
      description =
          "Weights, such as a run's last.safetensors, or resnet4j:NAME for those that come with"
              + " resnet4j ('download --list' shows them); a state dict of PyTorch (.pth) with --model.")
  private Path weights = Path.of("");

  @Mixin private NetworkOptions network = new NetworkOptions();

  @Option(
      names = "--precision",
      paramLabel = "P",
      description = "f32, bf16 or, for quantised weights, int8 (default: f32, or int8 for these).")
  private @Nullable String precision;

  @Option(
      names = "--tta",
      paramLabel = "T",
      defaultValue = "none",
      description =
          "Average over views of each picture: none, flip (2) or crops (10) (default:"
              + " ${DEFAULT-VALUE}).")
  private String views = "none";

  @Mixin private EngineOptions engine = new EngineOptions();

  /** The network with its weights, quantised or not. */
  TrainedModel load() {
    engine.requireThreads();
    if (precision != null) {
      Precision.named(precision);
    }
    views();
    return network.load(weights);
  }

  /**
   * {@code loaded} with a preprocessing, the usual one of ImageNet where its file says none.
   *
   * @param note hears of that
   * @throws InvalidInputException if there is no usual one
   */
  static TrainedModel prepared(Path file, TrainedModel loaded, Consumer<String> note) {
    if (loaded.metadata().containsKey(Model.PREPROCESSING)) {
      return loaded;
    }
    Preprocessing usual = usual(loaded.spec());
    note.accept(
        file
            + ": does not say how pictures become its input; resizing the shorter side to "
            + usual.resize()
            + ", cutting out the middle, normalising as for ImageNet");
    return loaded.withMetadata(Model.PREPROCESSING, PreprocessingJson.write(usual));
  }

  private static Preprocessing usual(ModelSpec spec) {
    if (spec.channels() != 3) {
      throw new InvalidInputException(
          spec.name()
              + ": takes pictures of "
              + spec.channels()
              + " channels and its weights do not say how these are made; use weights that a run"
              + " here has written");
    }
    return new Preprocessing(
        3,
        spec.height(),
        spec.width(),
        usualResize(spec),
        Preprocessing.ChannelMeaning.RGB,
        Normalisation.imageNet());
  }

  Predictor open(TrainedModel loaded) {
    return open(loaded, precision, engine);
  }

  /**
   * Opens a network in a precision, or else in the one that suits it.
   *
   * @throws InvalidInputException if the backend does not compute in it
   */
  static Predictor open(TrainedModel loaded, @Nullable String precision, EngineOptions engine) {
    Precision usual = loaded instanceof QuantisedModel ? Precision.INT8 : Precision.F32;
    Precision numbers = precision == null ? usual : Precision.named(precision);
    return Predictor.open(loaded, numbers, engine.backend(numbers));
  }

  /** What of a picture is looked at. */
  Views views() {
    return switch (Choices.require("--tta", views, List.of("none", "flip", "crops"))) {
      case "flip" -> Views.FLIP;
      case "crops" -> Views.CROPS;
      default -> Views.CENTRE;
    };
  }

  /** How the weights were made; a missing node where the file does not tell. */
  JsonNode provenance(TrainedModel loaded) {
    @Nullable String json = loaded.metadata().get(PROVENANCE);
    if (json == null) {
      return Json.MAPPER.missingNode();
    }
    try {
      return Json.MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new InvalidInputException(
          weights + ": metadata '" + PROVENANCE + "' is damaged: not JSON", e);
    }
  }

  /** Data as a model was taught to see pictures: grey ones in colour, if it takes those. */
  static DataSplits framed(DataSplits opened, TrainedModel model, Path weights) {
    DataSplits splits = model.spec().channels() == 3 ? opened.inColour() : opened;
    String json = model.metadata().get(Model.PREPROCESSING);
    if (json == null) {
      return splits.framed(model.spec().height(), model.spec().width(), usualResize(model.spec()));
    }
    Preprocessing made = PreprocessingJson.read(json, weights.toString());
    return splits.framed(made.height(), made.width(), made.resize());
  }

  /**
   * How a model takes pictures; where it does not say, by mean and deviation of the training set's
   * channels.
   */
  static Preprocessing preprocessing(
      DataSplits splits, TrainedModel model, Path weights, Console console) {
    String json = model.metadata().get(Model.PREPROCESSING);
    if (json != null) {
      return PreprocessingJson.read(json, weights.toString());
    }
    console.info(
        weights
            + ": does not say how pictures are normalised; using mean and deviation of the"
            + " training set's channels");
    return Preprocessing.of(splits.train(), Normalisation.perChannel(splits.train()));
  }

  /** What the shorter side becomes where the weights do not say; small networks see all of it. */
  static int usualResize(ModelSpec spec) {
    int side = Math.max(spec.height(), spec.width());
    return side < SMALL ? side : (int) Math.round(side / CENTRE);
  }

  Path file() {
    return weights;
  }
}
