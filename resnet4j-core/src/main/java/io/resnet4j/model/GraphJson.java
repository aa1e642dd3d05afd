package io.resnet4j.model;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Start;
import io.resnet4j.tensor.Shape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A {@link GraphSpec} as JSON:
 *
 * <pre>{@code
 * {"name": "tiny", "logits": "fc", "nodes": [
 *   {"path": "images", "op": "Input", "attributes": {"shape": [1,3,32,32]}, "inputs": []},
 *   {"path": "conv1.weight", "op": "Parameter", "inputs": [],
 *    "attributes": {"shape": [8,3,3,3], "start": {"kind": "BY_READER", "factor": 1.0}}},
 *   {"path": "conv1", "op": "Conv2d", "inputs": ["images", "conv1.weight"],
 *    "attributes": {"groups": 1, "window": {"kernelH": 3, "kernelW": 3, "strideH": 1, ...}}},
 *   ...]}
 * }</pre>
 *
 * Operations are called as in {@link Op}, their attributes as the components of the records there;
 * inputs are paths of earlier nodes; shapes are for a batch of one.
 */
final class GraphJson {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .addMixIn(Start.class, StartKinds.class)
          .addModule(
              new SimpleModule()
                  .addSerializer(Shape.class, new ShapeWriter())
                  .addDeserializer(Shape.class, new ShapeReader()))
          .build();

  /** How a start says which it is. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Start.ByReader.class, name = "BY_READER"),
    @JsonSubTypes.Type(value = Start.Constant.class, name = "CONSTANT"),
    @JsonSubTypes.Type(value = Start.Binomial.class, name = "BINOMIAL")
  })
  private interface StartKinds {}

  private GraphJson() {}

  static ObjectNode write(GraphSpec spec) {
    ObjectNode root = JSON.createObjectNode().put("name", spec.name()).put("logits", spec.logits());
    ArrayNode nodes = root.putArray("nodes");
    for (GraphSpec.Layer layer : spec.nodes()) {
      ObjectNode node = nodes.addObject();
      node.put("path", layer.path()).put("op", GraphOps.name(layer.op()));
      node.set("attributes", JSON.valueToTree(layer.op()));
      layer.inputs().forEach(node.putArray("inputs")::add);
    }
    return root;
  }

  /**
   * Reads what {@link #write} makes.
   *
   * @throws JsonProcessingException if attributes are not those of the operation
   * @throws InvalidInputException if anything else is wrong
   */
  static GraphSpec read(JsonNode root) throws JsonProcessingException {
    if (!root.path("nodes").isArray()) {
      throw new InvalidInputException("the graph has no list of nodes");
    }
    List<GraphSpec.Layer> layers = new ArrayList<>();
    for (JsonNode node : root.get("nodes")) {
      layers.add(layer(node));
    }
    return new GraphSpec(text(root, "name"), layers, text(root, "logits"));
  }

  private static GraphSpec.Layer layer(JsonNode node) throws JsonProcessingException {
    String path = text(node, "path");
    String name = text(node, "op");
    Class<? extends Op> type = GraphOps.BY_NAME.get(name);
    if (type == null) {
      throw new InvalidInputException(
          path
              + ": there is no operation '"
              + name
              + "'"
              + Nearest.suggestion(name, GraphOps.BY_NAME.keySet()));
    }
    if (!node.path("inputs").isArray() || !node.path("attributes").isObject()) {
      throw new InvalidInputException(path + ": expected a list inputs and an object attributes");
    }
    List<String> inputs = new ArrayList<>();
    for (JsonNode input : node.get("inputs")) {
      if (!input.isTextual()) {
        throw new InvalidInputException(path + ": inputs are paths of nodes");
      }
      inputs.add(input.textValue());
    }
    return new GraphSpec.Layer(path, JSON.treeToValue(node.get("attributes"), type), inputs);
  }

  private static String text(JsonNode node, String field) {
    JsonNode value = node.path(field);
    if (!value.isTextual() || value.textValue().isBlank()) {
      throw new InvalidInputException("the graph, or a node of it, has no text '" + field + "'");
    }
    return value.textValue();
  }

  private static final class ShapeWriter extends JsonSerializer<Shape> {
    @Override
    public void serialize(Shape shape, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      out.writeArray(shape.toArray(), 0, shape.rank());
    }
  }

  private static final class ShapeReader extends JsonDeserializer<Shape> {
    @Override
    public Shape deserialize(JsonParser in, DeserializationContext context) throws IOException {
      return Shape.of(context.readValue(in, int[].class));
    }
  }
}
