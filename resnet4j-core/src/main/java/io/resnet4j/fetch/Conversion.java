package io.resnet4j.fetch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.data.PictureSize;
import io.resnet4j.data.PreprocessingJson;
import io.resnet4j.interop.StateDict;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Makes of a published file of weights a model that knows its classes and its preprocessing. */
final class Conversion {
  private static final String PROVENANCE = "provenance";

  /** Published DenseNets are older than torchvision's names: {@code norm.1} was {@code norm1}. */
  private static final Pattern DENSE_LAYER =
      Pattern.compile("(\\.denselayer\\d+\\.(?:norm|relu|conv))\\.([12]\\.)");

  private Conversion() {}

  /**
   * The model, where its network is known.
   *
   * @throws io.resnet4j.InvalidInputException if the file's format cannot be read
   */
  static Optional<Model> model(PublishedWeights weights, List<String> classes, FetchedFile file) {
    if (!Models.names().contains(weights.model())) {
      return Optional.empty();
    }
    PictureSize input = weights.preprocessing().pictureSize();
    ModelSpec spec =
        Models.named(weights.model())
            .withClasses(classes.size())
            .withInput(input.channels(), input.height(), input.width());
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    StateDict.read(file.path())
        .tensors()
        .forEach((published, tensor) -> tensors.put(path(published), tensor));
    return Optional.of(Model.of(spec, tensors, metadata(weights, classes, file)));
  }

  /** The path under which a published name stands here. */
  static String path(String published) {
    return DENSE_LAYER.matcher(published).replaceFirst("$1$2");
  }

  /** What travels with the weights. */
  static Map<String, String> metadata(
      PublishedWeights weights, List<String> classes, FetchedFile file) {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put(Model.CLASSES, json(classes));
    metadata.put(Model.PREPROCESSING, PreprocessingJson.write(weights.preprocessing()));
    metadata.put(PROVENANCE, provenance(weights, file).toString());
    return metadata;
  }

  /** The same as one JSON object for people and other programs. */
  static String description(PublishedWeights weights, List<String> classes, FetchedFile file) {
    try {
      ObjectNode tree = provenance(weights, file);
      tree.set(
          Model.PREPROCESSING,
          Catalogue.JSON.readTree(PreprocessingJson.write(weights.preprocessing())));
      tree.set(Model.CLASSES, Catalogue.JSON.valueToTree(classes));
      return Catalogue.JSON.writerWithDefaultPrettyPrinter().writeValueAsString(tree);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static ObjectNode provenance(PublishedWeights weights, FetchedFile file) {
    ObjectNode tree = Catalogue.JSON.createObjectNode();
    tree.put("weights", weights.name());
    tree.put("model", weights.model());
    tree.put("source", weights.source());
    tree.put("page", weights.page());
    tree.put("licence", weights.licence());
    tree.put("address", weights.file().addresses().get(0).toString());
    tree.put("file", weights.file().name());
    tree.put("sha256", file.sha256());
    tree.put("verified", file.verified());
    tree.put("top1", weights.top1());
    tree.put("top5", weights.top5());
    tree.put("interpolation", weights.interpolation());
    return tree;
  }

  private static String json(List<String> names) {
    try {
      return Catalogue.JSON.writeValueAsString(names);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
