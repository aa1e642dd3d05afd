package io.resnet4j.model;

import io.resnet4j.InvalidInputException;
import io.resnet4j.interop.Safetensors;
import io.resnet4j.interop.StateDict;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A network with its state: F32 tensors in canonical layout by path, in graph order, and metadata
 * that travels with them (class names, preprocessing, provenance), which train and infer interpret.
 * Immutable.
 */
public final class Model implements TrainedModel {
  /** Metadata key: a JSON list of the classes' names, in the order of the logits. */
  public static final String CLASSES = "classes";

  /** Metadata key: how pictures become input, as {@code data.PreprocessingJson} writes it. */
  public static final String PREPROCESSING = "preprocessing";

  /** Metadata key of files: the network, as {@link ModelSpec#toJson} writes it. */
  static final String SPEC = "resnet4j.spec";

  /** Metadata key of files of quantised networks, in place of {@link #SPEC}. */
  public static final String QUANTISED = "resnet4j.quantised";

  private static final String FORMAT = "format";
  private static final String VARIANCE = ".running_var";

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

  /**
   * A model of {@code weights}, which must be exactly those of the network, with their metadata.
   *
   * @throws InvalidInputException if tensors are missing, unexpected, of another shape or not
   *     finite
   */
  public static Model of(ModelSpec spec, StateDict weights) {
    requireNumbers(weights);
    requireFinite(weights.where(), weights.tensors(), weights.tensors().keySet());
    Map<String, String> metadata = new LinkedHashMap<>(weights.metadata());
    metadata.keySet().removeAll(List.of(FORMAT, SPEC));
    return of(spec, weights.tensors(), metadata, weights.where());
  }

  /** Codes are no weights: their scales stand elsewhere in the file. */
  private static void requireNumbers(StateDict weights) {
    if (weights.metadata().containsKey(QUANTISED)) {
      throw new InvalidInputException(
          weights.where()
              + ": is a quantised network, which only predicts; give the weights it was made from");
    }
  }

  static void requireFinite(String where, Map<String, Tensor> tensors, Collection<String> names) {
    for (String name : names) {
      Tensor tensor = tensors.get(name);
      int count = (int) tensor.shape().elements();
      for (int i = 0; i < count; i++) {
        if (!Double.isFinite(tensor.get(i))) {
          throw new InvalidInputException(
              where
                  + ": tensor '"
                  + name
                  + "' holds "
                  + tensor.get(i)
                  + " at element "
                  + i
                  + "; the training that made it diverged, or the file is damaged");
        }
      }
    }
  }

  private static Tensor canonical(Tensor tensor) {
    return tensor.type() == DType.F32 ? tensor : Tensor.ofFloats(tensor.shape(), tensor.toFloats());
  }

  @Override
  public ModelSpec spec() {
    return spec;
  }

  @Override
  public Map<String, Tensor> state() {
    return state;
  }

  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  /**
   * This model with {@code weights} in place of its own; what they lack stays as far as {@code
   * allowed} says, as for a new head over pretrained weights. {@link StateMatch#of} tells what that
   * would do. The metadata stay this model's.
   *
   * @throws InvalidInputException if the weights do not fit in another way than is allowed, nothing
   *     fits, or a weight is not finite
   */
  public Model overlay(StateDict weights, Set<Tolerance> allowed) {
    requireNumbers(weights);
    StateMatch match = StateMatch.of(spec, weights.tensors());
    match.require(weights.where(), allowed);
    requireFinite(weights.where(), weights.tensors(), match.matched());
    // Half of another head is of no use.
    boolean newHead = allowed.contains(Tolerance.NEW_HEAD) && match.headDiffers();
    Map<String, Tensor> merged = new LinkedHashMap<>(state);
    match.matched().stream()
        .filter(name -> !(newHead && match.isHead(name)))
        .forEach(name -> merged.put(name, canonical(weights.tensors().get(name))));
    return new Model(spec, merged, metadata);
  }

  /** This model with another state. */
  public Model withState(Map<String, Tensor> tensors) {
    return of(spec, tensors, metadata);
  }

  @Override
  public Model withMetadata(String key, String value) {
    Map<String, String> merged = new LinkedHashMap<>(metadata);
    merged.put(key, value);
    return new Model(spec, new LinkedHashMap<>(state), merged);
  }

  @Override
  public Model withClassNames(List<String> names) {
    return (Model) TrainedModel.super.withClassNames(names);
  }

  /**
   * Writes spec, state and metadata into a safetensors file that other tools read too; the file
   * appears whole or not at all. Beside the statistics of each batch norm stands the counter {@code
   * num_batches_tracked}, at zero, without which PyTorch's strict load would refuse the file.
   *
   * @throws java.io.UncheckedIOException if it cannot be written; what was there is untouched
   */
  public void save(Path file) {
    Map<String, String> texts = new LinkedHashMap<>();
    // Readers of PyTorch's world refuse files that do not say so.
    texts.put(FORMAT, "pt");
    texts.put(SPEC, spec.toJson());
    texts.putAll(metadata);
    new Safetensors(withCounters(), texts).write(file);
  }

  private Map<String, Tensor> withCounters() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    state.forEach(
        (name, tensor) -> {
          tensors.put(name, tensor);
          if (name.endsWith(VARIANCE)) {
            String norm = name.substring(0, name.length() - VARIANCE.length());
            tensors.put(norm + StateMatch.COUNTER, Tensor.zeros(Shape.of(), DType.I64));
          }
        });
    return tensors;
  }

  /**
   * Reads what {@link #save} wrote.
   *
   * @throws InvalidInputException if the file is missing, broken or a bare state dict
   */
  public static Model load(Path file) {
    StateDict read = StateDict.read(file);
    String json = read.metadata().get(SPEC);
    requireNumbers(read);
    if (json == null) {
      throw new InvalidInputException(
          file + ": does not say which network its weights are of; name the model (--model)");
    }
    return of(ModelSpec.fromJson(json, file.toString()), read);
  }

  /**
   * Reads weights of {@code spec} from a file of any format that {@link StateDict} reads, whatever
   * network the file names.
   *
   * @throws InvalidInputException if the file is missing or broken, or its tensors do not fit
   */
  public static Model load(Path file, ModelSpec spec) {
    return of(spec, StateDict.read(file));
  }
}
