package io.resnet4j.model;

import io.resnet4j.InvalidInputException;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A network with its state: F32 tensors in canonical layout by path, in graph order, and metadata
 * that travels with them (class names, preprocessing, provenance), which train and infer interpret.
 * Immutable.
 */
public final class Model {
  private final ModelSpec spec;
  private final Map<String, Tensor> state;
  private final Map<String, String> metadata;

  private Model(ModelSpec spec, Map<String, Tensor> state, Map<String, String> metadata) {
    this.spec = spec;
    this.state = Collections.unmodifiableMap(state);
    this.metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  /**
   * A model of {@code tensors}, which must be exactly those of the network; other element types are
   * converted to F32, {@code num_batches_tracked} counters left out.
   *
   * @throws InvalidInputException if tensors are missing, unexpected or of another shape
   */
  public static Model of(
      ModelSpec spec, Map<String, Tensor> tensors, Map<String, String> metadata) {
    return of(spec, tensors, metadata, "model " + spec.name());
  }

  static Model of(
      ModelSpec spec, Map<String, Tensor> tensors, Map<String, String> metadata, String where) {
    StateMatch match = StateMatch.of(spec, tensors);
    match.requireComplete(where);
    Map<String, Tensor> state = new LinkedHashMap<>();
    match.matched().forEach(name -> state.put(name, canonical(tensors.get(name))));
    return new Model(spec, state, metadata);
  }

  private static Tensor canonical(Tensor tensor) {
    return tensor.type() == DType.F32 ? tensor : Tensor.ofFloats(tensor.shape(), tensor.toFloats());
  }

  /** The network. */
  public ModelSpec spec() {
    return spec;
  }

  /** Parameters and buffers by path, in graph order. */
  public Map<String, Tensor> state() {
    return state;
  }

  /** What travels with the weights. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /**
   * This model with every one of {@code tensors} that fits in place of its own; the rest stays, as
   * for a new head over pretrained weights. {@link StateMatch#of} tells what that would do.
   *
   * @throws InvalidInputException if nothing fits
   */
  public Model overlay(Map<String, Tensor> tensors) {
    StateMatch match = StateMatch.of(spec, tensors);
    if (match.matched().isEmpty()) {
      throw new InvalidInputException(
          "model " + spec.name() + ": none of the weights fit: " + match);
    }
    Map<String, Tensor> merged = new LinkedHashMap<>(state);
    match.matched().forEach(name -> merged.put(name, canonical(tensors.get(name))));
    return new Model(spec, merged, metadata);
  }

  /** This model with another state. */
  public Model withState(Map<String, Tensor> tensors) {
    return of(spec, tensors, metadata);
  }

  /** This model with a metadata entry set. */
  public Model withMetadata(String key, String value) {
    Map<String, String> merged = new LinkedHashMap<>(metadata);
    merged.put(key, value);
    return new Model(spec, new LinkedHashMap<>(state), merged);
  }
}
