package io.resnet4j.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.data.PreprocessingJson;
import io.resnet4j.model.Model;
import java.util.List;

/**
 * What trained weights carry, so that evaluation and prediction need nothing but their file: the
 * network and the names of its classes ({@link Model}), {@code preprocessing} (a {@link
 * Preprocessing}) and {@code provenance} (how they were made).
 */
final class Weights {
  static final String PROVENANCE = "provenance";

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
    if (provenance.path(DATA) instanceof ObjectNode pictures) {
      // Weights are passed on; where pictures lie on this machine is nobody's business.
      pictures.remove("description");
      pictures.put("name", data.name());
    }
    provenance.put("epochs", progress.epoch());
    provenance.put("steps", progress.step());
    return model
        .withClassNames(data.classes())
        .withMetadata(
            Model.PREPROCESSING, PreprocessingJson.write(Preprocessing.of(data, normalisation)))
        .withMetadata(PROVENANCE, Json.line(provenance));
  }
}
