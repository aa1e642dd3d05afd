package io.resnet4j.model;

import io.resnet4j.InvalidInputException;
import io.resnet4j.interop.Onnx;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Models as ONNX files, for ONNX Runtime and whatever else reads them, and back. The input is
 * {@link ModelSpec#IMAGES}, float32 [batch,C,H,W], normalised as the metadata say ({@link
 * Model#PREPROCESSING}, beside {@link Model#CLASSES} and everything else that the model carries);
 * the output is {@link ModelSpec#LOGITS}, [batch,K].
 */
public final class OnnxModels {
  private static final int TEMPLATE_BATCH = 2;

  private OnnxModels() {}

  /**
   * Writes {@code model}; the file appears whole or not at all.
   *
   * @throws InvalidInputException if it passes the 2 GiB that an ONNX file can hold
   * @throws java.io.UncheckedIOException if it cannot be written; what was there is untouched
   */
  public static void write(Model model, Path file, Onnx.Options options) {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put(Model.SPEC, model.spec().toJson());
    metadata.putAll(model.metadata());
    ModelSpec spec = model.spec();
    new Onnx(spec.name(), spec.graph(TEMPLATE_BATCH), model.state(), metadata).write(file, options);
  }

  /**
   * Reads a file of operators that this library has, as a model that predicts and can be trained
   * on. Where the file names the network that it was written from, and its graph is still that
   * network's, the model's spec is that one; else it is a {@link GraphSpec}.
   *
   * @throws InvalidInputException if the file cannot be used, the message naming the node, or holds
   *     weights that are not finite
   * @throws java.io.UncheckedIOException if reading fails
   */
  public static Model read(Path file) {
    Onnx read = Onnx.read(file, ModelSpec.IMAGES, ModelSpec.LOGITS);
    GraphSpec graph = GraphSpec.of(read.name(), read.graph());
    Map<String, String> metadata = new LinkedHashMap<>(read.metadata());
    String json = metadata.remove(Model.SPEC);
    ModelSpec spec = graph;
    if (json != null) {
      ModelSpec named = ModelSpec.fromJson(json, file + ": metadata '" + Model.SPEC + "'");
      GraphSpec expected = GraphSpec.of(graph.name(), named.graph(TEMPLATE_BATCH));
      spec = GraphOps.inferAlike(expected, graph) ? named : graph;
    }
    Model.requireFinite(file.toString(), read.tensors(), read.tensors().keySet());
    return Model.of(spec, read.tensors(), metadata, file.toString());
  }
}
