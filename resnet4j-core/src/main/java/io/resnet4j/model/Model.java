package io.resnet4j.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.resnet4j.InvalidInputException;
import io.resnet4j.interop.Safetensors;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A network with its state: F32 tensors in canonical layout by path, in graph order, and metadata
 * that travels with them (class names, preprocessing, provenance), which train and infer interpret.
 * Immutable.
 */
public final class Model {
  /** Metadata key: a JSON list of the classes' names, in the order of the logits. */
  public static final String CLASSES = "classes";

  /** Metadata key: how pictures become input, as {@code data.PreprocessingJson} writes it. */
  public static final String PREPROCESSING = "preprocessing";

  /** Metadata key of files: the network, as {@link ModelSpec#toJson} writes it. */
  static final String SPEC = "resnet4j.spec";

  private static final String FORMAT = "format";
  private static final ObjectMapper JSON = new ObjectMapper();

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

  /** Names of the classes in the order of the logits, where they are known. */
  public Optional<List<String>> classNames() {
    String json = metadata.get(CLASSES);
    if (json == null) {
      return Optional.empty();
    }
    try {
      List<String> names = List.of(JSON.readValue(json, String[].class));
      if (names.size() == spec.classes()) {
        return Optional.of(names);
      }
    } catch (JsonProcessingException | NullPointerException e) {
      throw new InvalidInputException(
          "model " + spec.name() + ": metadata '" + CLASSES + "' is not a JSON list of names", e);
    }
    throw new InvalidInputException(
        "model "
            + spec.name()
            + ": metadata '"
            + CLASSES
            + "' does not name "
            + spec.classes()
            + " classes");
  }

  /**
   * This model with names for its classes, in the order of the logits.
   *
   * @throws InvalidInputException if there are not as many names as classes
   */
  public Model withClassNames(List<String> names) {
    if (names.size() != spec.classes()) {
      throw new InvalidInputException(
          "model "
              + spec.name()
              + ": "
              + names.size()
              + " class names for "
              + spec.classes()
              + " classes");
    }
    try {
      return withMetadata(CLASSES, JSON.writeValueAsString(names));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Writes spec, state and metadata into a safetensors file that other tools read too; the file
   * appears whole or not at all.
   *
   * @throws java.io.UncheckedIOException if it cannot be written; what was there is untouched
   */
  public void save(Path file) {
    Map<String, String> texts = new LinkedHashMap<>();
    // Readers of PyTorch's world refuse files that do not say so.
    texts.put(FORMAT, "pt");
    texts.put(SPEC, spec.toJson());
    texts.putAll(metadata);
    new Safetensors(state, texts).write(file);
  }

  /**
   * Reads what {@link #save} wrote.
   *
   * @throws InvalidInputException if the file is missing, broken or a bare state dict
   */
  public static Model load(Path file) {
    Safetensors read = Safetensors.read(file);
    String json = read.metadata().get(SPEC);
    if (json == null) {
      throw new InvalidInputException(
          file + ": does not say which network its weights are of; name the model (--model)");
    }
    return of(file, read, ModelSpec.fromJson(json, file.toString()));
  }

  /**
   * Reads weights of {@code spec} from a safetensors file, whatever network the file names.
   *
   * @throws InvalidInputException if the file is missing or broken, or its tensors do not fit
   */
  public static Model load(Path file, ModelSpec spec) {
    return of(file, Safetensors.read(file), spec);
  }

  private static Model of(Path file, Safetensors read, ModelSpec spec) {
    Map<String, String> metadata = new LinkedHashMap<>(read.metadata());
    metadata.keySet().removeAll(List.of(FORMAT, SPEC));
    return of(spec, read.tensors(), metadata, file.toString());
  }
}
