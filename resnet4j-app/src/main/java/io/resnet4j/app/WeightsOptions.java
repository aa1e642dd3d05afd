package io.resnet4j.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backend;
import io.resnet4j.backend.Backends;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.data.PreprocessingJson;
import io.resnet4j.data.Views;
import io.resnet4j.infer.Predictor;
import io.resnet4j.interop.StateDict;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Precision;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
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
      description =
          "Weights, such as a run's last.safetensors; a state dict of PyTorch (.pth) with --model.")
  private Path weights = Path.of("");

  @Option(
      names = "--model",
      paramLabel = "M",
      description = "The network, where the file does not say it (a bare state dict).")
  private @Nullable String model;

  @Option(
      names = "--input",
      paramLabel = "CxHxW",
      description = "With --model: the picture that the network takes.")
  private @Nullable String input;

  @Option(
      names = "--precision",
      paramLabel = "P",
      defaultValue = "f32",
      description = "f32 or bf16 (default: ${DEFAULT-VALUE}).")
  private String precision = "f32";

  @Option(
      names = "--tta",
      paramLabel = "T",
      defaultValue = "none",
      description =
          "Average over views of each picture: none, flip (2) or crops (10) (default:"
              + " ${DEFAULT-VALUE}).")
  private String views = "none";

  @Option(names = "--threads", paramLabel = "N", description = "Threads that compute.")
  private @Nullable Integer threads;

  @Option(
      names = "--backend",
      paramLabel = "B",
      defaultValue = Backends.DEFAULT,
      description = "onednn or reference (default: ${DEFAULT-VALUE}).")
  private String backend = Backends.DEFAULT;

  /** The network with its weights. */
  Model load() {
    Threads.require(threads);
    Precision.named(precision);
    views();
    return load(weights, model, input);
  }

  /** The network of {@code weights}: the one that the file names, or {@code model}. */
  static Model load(Path weights, @Nullable String model, @Nullable String input) {
    if (model == null) {
      if (input != null) {
        throw new InvalidInputException("--input: only together with --model");
      }
      return Model.load(weights);
    }
    ModelSpec named = Specs.named(model, input, null);
    StateDict read = StateDict.read(weights);
    return Model.of(Specs.withHeadOf(named, read), read);
  }

  /**
   * {@code loaded} with a preprocessing, the usual one of ImageNet where its file says none.
   *
   * @param note hears of that
   * @throws InvalidInputException if there is no usual one
   */
  static Model prepared(Path file, Model loaded, Consumer<String> note) {
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

  Predictor open(Model loaded) {
    Precision numbers = Precision.named(precision);
    Backend engine = Specs.backend(backend, numbers);
    return Predictor.open(loaded, numbers, engine);
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
  JsonNode provenance(Model loaded) {
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

  /** What the shorter side becomes where the weights do not say; small networks see all of it. */
  static int usualResize(ModelSpec spec) {
    int side = Math.max(spec.height(), spec.width());
    return side < SMALL ? side : (int) Math.round(side / CENTRE);
  }

  Path file() {
    return weights;
  }
}
