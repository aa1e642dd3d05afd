package io.resnet4j.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backend;
import io.resnet4j.backend.Backends;
import io.resnet4j.infer.Predictor;
import io.resnet4j.interop.Safetensors;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Precision;
import io.resnet4j.tensor.Tensor;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of commands that use trained weights. */
final class WeightsOptions {
  private static final String PROVENANCE = "provenance";
  private static final String HEAD = "fc.weight";

  @Option(
      names = "--weights",
      required = true,
      paramLabel = "FILE",
      description = "Weights in a safetensors file, such as a run's last.safetensors.")
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
    ModelSpec spec = Specs.named(model, input, null);
    @Nullable Tensor head = Safetensors.read(weights).tensors().get(HEAD);
    if (head != null && head.shape().rank() == 2) {
      spec = spec.withClasses(head.shape().dim(0));
    }
    return Model.load(weights, spec);
  }

  Predictor open(Model loaded) {
    Precision numbers = Precision.named(precision);
    Backend engine = Specs.backend(backend, numbers);
    return Predictor.open(loaded, numbers, engine);
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

  Path file() {
    return weights;
  }
}
