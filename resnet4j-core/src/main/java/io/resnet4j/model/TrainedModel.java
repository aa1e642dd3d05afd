package io.resnet4j.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Graph;
import io.resnet4j.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A network with its state, ready for inference: a {@link Model}, or what was made of one. */
public interface TrainedModel {
  /** The network. */
  ModelSpec spec();

  /** Tensors of {@link #graph}'s parameters and buffers by path, in graph order. */
  Map<String, Tensor> state();

  /** What travels with the weights. */
  Map<String, String> metadata();

  /**
   * From {@link ModelSpec#IMAGES} to {@link ModelSpec#LOGITS}.
   *
   * @param batch N, at least 1
   */
  default Graph graph(int batch) {
    return spec().graph(batch);
  }

  /** This model with a metadata entry set. */
  TrainedModel withMetadata(String key, String value);

  /** Names of the classes in the order of the logits, where they are known. */
  default Optional<List<String>> classNames() {
    String json = metadata().get(Model.CLASSES);
    if (json == null) {
      return Optional.empty();
    }
    String where = "model " + spec().name() + ": metadata '" + Model.CLASSES + "'";
    try {
      List<String> names = List.of(new ObjectMapper().readValue(json, String[].class));
      if (names.size() == spec().classes()) {
        return Optional.of(names);
      }
    } catch (JsonProcessingException | NullPointerException e) {
      throw new InvalidInputException(where + " is not a JSON list of names", e);
    }
    throw new InvalidInputException(where + " does not name " + spec().classes() + " classes");
  }

  /**
   * This model with names for its classes, in the order of the logits.
   *
   * @throws InvalidInputException if there are not as many names as classes
   */
  default TrainedModel withClassNames(List<String> names) {
    if (names.size() != spec().classes()) {
      throw new InvalidInputException(
          "model "
              + spec().name()
              + ": "
              + names.size()
              + " class names for "
              + spec().classes()
              + " classes");
    }
    try {
      return withMetadata(Model.CLASSES, new ObjectMapper().writeValueAsString(names));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
