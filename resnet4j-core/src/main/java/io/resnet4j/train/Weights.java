package io.resnet4j.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.data.PreprocessingJson;
import io.resnet4j.model.Model;
import java.util.List;
import java.util.Optional;

/**
 * What trained weights carry, so that evaluation and prediction need nothing but their file: the
 * network and the names of its classes ({@link Model}), {@code preprocessing} (a {@link
 * Preprocessing}) and {@code provenance} (how they were made).
 */
final class Weights {
  static final String PROVENANCE = "provenance";

  /** In the provenance: what fine-tuned weights were before. */
  static final String FROM = "from";

  private static final String DATA = "data";

  /** What of a run's configuration tells how weights were made. */
  private static final List<String> TOLD =
      List.of("recipe", "precision", "seed", "val_split", "backend", DATA, "versions", "machine");

  private Weights() {}

  /**
   * Says so of a model.
   *
   * @param data what it learned from, as evaluation sees it
   */
  static Model describe(
      Model model, Dataset data, Normalisation normalisation, JsonNode config, Progress progress) {
    ObjectNode provenance = Json.MAPPER.createObjectNode();
    TOLD.forEach(key -> provenance.set(key, config.path(key).deepCopy()));
    withoutPlaces(provenance);
    if (provenance.path(DATA) instanceof ObjectNode pictures) {
      pictures.put("name", data.name());
    }
    provenance(model).map(before -> before.get(FROM)).ifPresent(from -> provenance.set(FROM, from));
    provenance.put("epochs", progress.epoch());
    provenance.put("steps", progress.step());
    return model
        .withClassNames(data.classes())
        .withMetadata(
            Model.PREPROCESSING, PreprocessingJson.write(Preprocessing.of(data, normalisation)))
        .withMetadata(PROVENANCE, Json.line(provenance));
  }

  /** Weights are passed on; where pictures lie on this machine is nobody's business. */
  private static void withoutPlaces(ObjectNode provenance) {
    if (provenance.path(DATA) instanceof ObjectNode pictures) {
      pictures.remove("description");
    }
  }

  /**
   * The provenance to begin with of weights that are made of {@code pretrained} with a new head.
   *
   * @param name what those are called; empty where nobody said it
   */
  static String descent(Model pretrained, Optional<String> name) {
    ObjectNode provenance = Json.MAPPER.createObjectNode();
    ObjectNode from = provenance.putObject(FROM);
    name.ifPresent(called -> from.put("weights", called));
    from.put("network", pretrained.spec().name());
    from.put("classes", pretrained.spec().classes());
    from.put("new_head", pretrained.spec().head());
    provenance(pretrained)
        .ifPresent(
            made -> {
              withoutPlaces(made);
              from.set(PROVENANCE, made);
            });
    return Json.line(provenance);
  }

  /** How a model was made, as far as it tells: files of others may hold anything. */
  static Optional<ObjectNode> provenance(Model model) {
    String json = model.metadata().getOrDefault(PROVENANCE, "");
    try {
      return Json.MAPPER.readTree(json) instanceof ObjectNode made
          ? Optional.of(made)
          : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
