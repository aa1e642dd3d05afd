package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.interop.StateDict;
import io.resnet4j.model.Model;
import io.resnet4j.model.TrainedModel;
import io.resnet4j.quantise.QuantisedModel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which network weights are of, for files that do not say it. */
final class NetworkOptions {
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

  /**
   * Refuses both options beside weights that come with their network.
   *
   * @throws InvalidInputException if either was given
   */
  void requireNone(String weights) {
    if (model != null || input != null) {
      throw new InvalidInputException(
          (model != null ? "--model " + model : "--input " + input)
              + ": "
              + weights
              + " has its own network and size of pictures; leave the option away, or give a file");
    }
  }

  /** The network of a file, quantised or not. */
  TrainedModel load(Path weights) {
    return load(weights, model, input);
  }

  /** The network of a file, which must not be quantised. */
  Model plain(Path weights) {
    return plain(weights, model, input);
  }

  /**
   * The network of a file, quantised or not.
   *
   * @param model its name, where the file does not say it
   * @param input the picture that it takes, with {@code model}
   */
  static TrainedModel load(Path weights, @Nullable String model, @Nullable String input) {
    return model == null && input == null && QuantisedModel.isQuantised(weights)
        ? QuantisedModel.load(weights)
        : plain(weights, model, input);
  }

  private static Model plain(Path weights, @Nullable String model, @Nullable String input) {
    if (model == null) {
      if (input != null) {
        throw new InvalidInputException("--input: only together with --model");
      }
      return Model.load(weights);
    }
    StateDict read = StateDict.read(weights);
    return Model.of(Specs.withHeadOf(Specs.named(model, input, null), read), read);
  }
}
