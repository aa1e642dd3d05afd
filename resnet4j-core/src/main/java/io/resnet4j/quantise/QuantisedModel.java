package io.resnet4j.quantise;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Scaling;
import io.resnet4j.interop.Onnx;
import io.resnet4j.interop.Safetensors;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.TrainedModel;
import io.resnet4j.plan.Quantisation;
import io.resnet4j.plan.Quantiser;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * A network whose layers, all or some, compute with 8-bit codes. Immutable; it only predicts.
 *
 * <p>Its file is a safetensors file:
 *
 * <ul>
 *   <li>metadata {@code resnet4j.quantised}: the version of this format, {@value #VERSION}; {@code
 *       resnet4j.quantised.spec}: the network, as {@link ModelSpec#toJson} writes it; and what the
 *       network it was made from carried ({@link Model#CLASSES}, {@link Model#PREPROCESSING}, ...)
 *   <li>for each quantised layer {@code p}: {@code p.weight}, I8, the layer's shape, values -127 to
 *       127; {@code p.weight_scale}, F32 [O], what a one of each output channel stands for; {@code
 *       p.bias}, F32 [O]. Batch norm is folded into them. A layer is quantised if its weight is I8
 *   <li>for each activation {@code v}: {@code activations.v.scale}, F32 without extents, what a
 *       code of one stands for; {@code activations.v.zero_point}, U8 or I8 without extents, always
 *       zero: its type is that of the codes
 *   <li>parameters and buffers of all other layers as F32, under their names in {@link Model}
 * </ul>
 */
public final class QuantisedModel implements TrainedModel {
  private static final String VERSION = "1";
  private static final String SPEC = Model.QUANTISED + ".spec";
  private static final String ACTIVATIONS = "activations.";
  private static final String SCALE = ".scale";
  private static final String ZERO_POINT = ".zero_point";

  private final ModelSpec spec;
  private final Quantisation quantisation;
  private final Map<String, Tensor> state;
  private final Map<String, String> metadata;

  private QuantisedModel(
      ModelSpec spec,
      Quantisation quantisation,
      Map<String, Tensor> state,
      Map<String, String> metadata) {
    this.spec = spec;
    this.quantisation = quantisation;
    this.state = Collections.unmodifiableMap(state);
    this.metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  /**
   * Quantises a network.
   *
   * @throws InvalidInputException if a layer cannot be quantised, or no layer is
   */
  public static QuantisedModel of(Model model, Quantisation how) {
    Graph fused = Quantiser.fused(model.spec().graph(1));
    Map<String, Tensor> made = new HashMap<>(model.state());
    for (Node layer : Quantiser.layers(fused)) {
      if (how.layers().contains(layer.path())) {
        QuantisedWeights weights = QuantisedWeights.of(layer, model.state());
        String weight = layer.input(1).name();
        made.put(weight, weights.weight());
        made.put(Quantiser.scaleOf(weight), weights.scale());
        made.put(Quantiser.biasOf(weight), weights.bias());
      }
    }
    Map<String, Tensor> state = new LinkedHashMap<>();
    stateShapes(model.spec(), how).keySet().forEach(path -> state.put(path, made.get(path)));
    return new QuantisedModel(model.spec(), how, state, model.metadata());
  }

  private static Map<String, Shape> stateShapes(ModelSpec spec, Quantisation how) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    for (Node node : Quantiser.quantise(spec.graph(1), how).nodes()) {
      if (node.op() instanceof Op.Parameter || node.op() instanceof Op.Buffer) {
        shapes.put(node.path(), node.output().shape());
      }
    }
    return shapes;
  }

  @Override
  public ModelSpec spec() {
    return spec;
  }

  /** Which layers compute with codes, and how codes stand for activations. */
  public Quantisation quantisation() {
    return quantisation;
  }

  @Override
  public Map<String, Tensor> state() {
    return state;
  }

  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public Graph graph(int batch) {
    return Quantiser.quantise(spec.graph(batch), quantisation);
  }

  @Override
  public QuantisedModel withMetadata(String key, String value) {
    Map<String, String> merged = new LinkedHashMap<>(metadata);
    merged.put(key, value);
    return new QuantisedModel(spec, quantisation, new LinkedHashMap<>(state), merged);
  }

  /**
   * Writes the file; it appears whole or not at all.
   *
   * @throws java.io.UncheckedIOException if it cannot be written; what was there is untouched
   */
  public void save(Path file) {
    Map<String, Tensor> tensors = new LinkedHashMap<>(state);
    quantisation
        .scalings()
        .forEach(
            (value, scaling) -> {
              tensors.put(
                  ACTIVATIONS + value + SCALE, Tensor.ofFloats(Shape.of(), scaling.scale()));
              tensors.put(
                  ACTIVATIONS + value + ZERO_POINT, Tensor.zeros(Shape.of(), scaling.type()));
            });
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put(Model.QUANTISED, VERSION);
    texts.put(SPEC, spec.toJson());
    texts.putAll(metadata);
    new Safetensors(tensors, texts).write(file);
  }

  /**
   * Writes the network as ONNX in QDQ form: weights s8, biases s32, each layer between
   * DequantizeLinear and QuantizeLinear. The batch is left open.
   *
   * @throws java.io.UncheckedIOException if it cannot be written; what was there is untouched
   */
  public void writeOnnx(Path file, Onnx.Options options) {
    new Onnx(spec.name(), graph(1), state, metadata).write(file, options);
  }

  /** Whether a file says that it is of this format. */
  public static boolean isQuantised(Path file) {
    return Safetensors.metadata(file)
        .map(texts -> texts.containsKey(Model.QUANTISED))
        .orElse(false);
  }

  /**
   * Reads what {@link #save} wrote.
   *
   * @throws InvalidInputException if the file is missing, broken, of a later version, or holds
   *     tensors that do not make a quantised network
   */
  public static QuantisedModel load(Path file) {
    Safetensors read = Safetensors.read(file);
    String version = read.metadata().get(Model.QUANTISED);
    if (!VERSION.equals(version)) {
      throw new InvalidInputException(
          file
              + ": quantised network of version "
              + version
              + "; this program reads version "
              + VERSION);
    }
    String json = read.metadata().get(SPEC);
    if (json == null) {
      throw new InvalidInputException(file + ": has no metadata '" + SPEC + "'; it is damaged");
    }
    ModelSpec spec = ModelSpec.fromJson(json, file.toString());
    return new Reader(file.toString(), spec, read).read();
  }

  /** Checks one file. */
  private record Reader(String where, ModelSpec spec, Safetensors file) {
    private InvalidInputException error(String tensor, String what) {
      String shown = tensor.length() > 100 ? tensor.substring(0, 100) + "..." : tensor;
      return new InvalidInputException(
          where + ": tensor '" + shown + "' " + what + "; the file is damaged");
    }

    QuantisedModel read() {
      Graph fused = Quantiser.fused(spec.graph(1));
      Set<String> layers = new LinkedHashSet<>();
      for (Node layer : Quantiser.layers(fused)) {
        Tensor weight = file.tensors().get(layer.input(1).name());
        if (weight != null && weight.type() == DType.S8) {
          layers.add(layer.path());
        }
      }
      Set<String> seen = new HashSet<>();
      Map<String, Scaling> scalings = scalings(fused, seen);
      Quantisation how = new Quantisation(layers, scalings);
      Map<String, Tensor> state = new LinkedHashMap<>();
      stateShapes(spec, how)
          .forEach(
              (path, shape) -> {
                state.put(path, tensor(path, shape));
                seen.add(path);
              });
      for (String name : file.tensors().keySet()) {
        if (!seen.contains(name)) {
          throw error(name, "has no place in network " + spec.name());
        }
      }
      Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
      metadata.remove(Model.QUANTISED);
      metadata.remove(SPEC);
      return new QuantisedModel(spec, how, state, metadata);
    }

    private Map<String, Scaling> scalings(Graph fused, Set<String> seen) {
      Map<String, Scaling> scalings = new LinkedHashMap<>();
      for (var value : Quantiser.candidates(fused)) {
        String scale = ACTIVATIONS + value.name() + SCALE;
        String zero = ACTIVATIONS + value.name() + ZERO_POINT;
        if (!file.tensors().containsKey(scale)) {
          continue;
        }
        Tensor one = required(scale, Shape.of());
        Tensor point = required(zero, Shape.of());
        requirePositive(scale, one);
        if (point.type() != DType.U8 && point.type() != DType.S8 || point.get(0) != 0) {
          throw error(
              zero, "is " + point.type() + " " + point.get(0) + "; expected a U8 or I8 of 0");
        }
        scalings.put(value.name(), new Scaling(point.type(), (float) one.get(0)));
        seen.add(scale);
        seen.add(zero);
      }
      return scalings;
    }

    private Tensor required(String name, Shape shape) {
      Tensor tensor = file.tensors().get(name);
      if (tensor == null) {
        throw error(name, "is missing");
      }
      if (!tensor.shape().equals(shape)) {
        throw error(name, "is " + tensor.shape() + ", expected " + shape);
      }
      return tensor;
    }

    private Tensor tensor(String path, Shape shape) {
      Tensor tensor = required(path, shape);
      int count = (int) shape.elements();
      if (tensor.type() == DType.S8 && file.tensors().containsKey(path + "_scale")) {
        for (int i = 0; i < count; i++) {
          if (tensor.get(i) < -127) {
            throw error(path, "holds -128 at element " + i + ", expected at least -127");
          }
        }
        return tensor;
      }
      if (tensor.type() != DType.F32) {
        throw error(path, "is " + tensor.type() + ", expected F32");
      }
      if (path.endsWith("weight_scale")) {
        requirePositive(path, tensor);
      }
      for (int i = 0; i < count; i++) {
        if (!Double.isFinite(tensor.get(i))) {
          throw error(path, "holds " + tensor.get(i) + " at element " + i);
        }
      }
      return tensor;
    }

    private void requirePositive(String name, Tensor tensor) {
      for (int i = 0; i < (int) tensor.shape().elements(); i++) {
        double scale = tensor.get(i);
        if (tensor.type() != DType.F32 || !(scale >= Float.MIN_NORMAL && Double.isFinite(scale))) {
          throw error(name, "holds " + scale + "; expected F32 numbers above zero");
        }
      }
    }
  }
}
