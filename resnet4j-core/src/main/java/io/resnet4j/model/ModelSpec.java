package io.resnet4j.model;

import io.resnet4j.graph.Criterion;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.nn.Initialisation;
import io.resnet4j.tensor.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A network that classifies pictures, as data. */
public sealed interface ModelSpec permits ResNetSpec, VggSpec, DenseNetSpec, GraphSpec {
  /** Name of the input [N,C,H,W] of its graphs. */
  String IMAGES = "images";

  /** Name of the further input [N,K] of training graphs: a distribution over classes per row. */
  String TARGETS = "targets";

  /** Name of the further input [N,K] of training graphs with a teacher: the teacher's logits. */
  String TEACHER = "teacher";

  /** Name of the output [N,K]. */
  String LOGITS = "logits";

  /** Name of the further output [1] of training graphs: the mean of the criterion. */
  String LOSS = "loss";

  /** Name of the network, such as {@code resnet20}. */
  String name();

  /** K: how many classes it tells apart. */
  int classes();

  /** C: channels of the picture. */
  int channels();

  /** H: rows of the picture. */
  int height();

  /** W: columns of the picture. */
  int width();

  /**
   * Input {@link #IMAGES} to output {@link #LOGITS}. A batch norm that sees one value per channel
   * at this batch size (possible only where the batch is 1) is written with running statistics.
   *
   * @param batch N, at least 1
   * @throws io.resnet4j.InvalidInputException if the picture is too small for the network
   */
  default Graph graph(int batch) {
    GraphBuilder g = new GraphBuilder();
    g.output(LOGITS, write(g, images(g, batch), false));
    return g.build();
  }

  private Value images(GraphBuilder g, int batch) {
    Checks.require(name(), batch >= 1, "batch", batch, "at least 1");
    return g.input(IMAGES, Shape.of(batch, channels(), height(), width()));
  }

  /**
   * Writes the network onto pictures that a graph already has.
   *
   * @param images [N,C,H,W]
   * @param training whether batch norms must see more than one value per channel
   * @return logits [N,K]
   */
  Value write(GraphBuilder g, Value images, boolean training);

  /**
   * {@link #graph} with the input {@link #TARGETS} (and {@link #TEACHER}, if the criterion is
   * taught) and the output {@link #LOSS} as well.
   *
   * @param batch N, at least 1
   * @param criterion what the loss is
   * @throws io.resnet4j.InvalidInputException if the picture is too small for the network, or the
   *     batch leaves a batch norm one value per channel
   */
  default Graph trainingGraph(int batch, Criterion criterion) {
    GraphBuilder g = new GraphBuilder();
    Value logits = write(g, images(g, batch), true);
    writeLoss(g, criterion, logits);
    g.output(LOGITS, logits);
    return g.build();
  }

  /** {@link #trainingGraph(int, Criterion)} with cross-entropy, smoothed by a share in [0, 1). */
  default Graph trainingGraph(int batch, double labelSmoothing) {
    return trainingGraph(batch, new Criterion.CrossEntropy(labelSmoothing));
  }

  /** Writes the criterion over a network's logits [N,K], with the inputs and output it needs. */
  static void writeLoss(GraphBuilder g, Criterion criterion, Value logits) {
    List<Value> inputs = new ArrayList<>(List.of(logits, g.input(TARGETS, logits.shape())));
    if (criterion.taught()) {
      inputs.add(g.input(TEACHER, logits.shape()));
    }
    g.output(LOSS, g.loss(LOSS, criterion, inputs.toArray(Value[]::new)));
  }

  /** The same network with another head. */
  ModelSpec withClasses(int classes);

  /** The same network for other pictures. */
  ModelSpec withInput(int channels, int height, int width);

  /** Parameters and multiply-adds a picture; cheap at any depth. */
  Counts counts();

  /** How this network's weights start unless told otherwise. */
  Initialisation initialisation();

  /** This spec as JSON that {@link #fromJson} reads. */
  default String toJson() {
    return SpecJson.write(this);
  }

  /**
   * A spec from JSON.
   *
   * @param where what messages begin with, such as the file
   * @throws io.resnet4j.InvalidInputException if it is not the JSON of a spec
   */
  static ModelSpec fromJson(String json, String where) {
    return SpecJson.read(json, where);
  }

  /**
   * A spec from a JSON file; one without a {@code name} is called as the file.
   *
   * @throws io.resnet4j.InvalidInputException if the file is missing or not the JSON of a spec
   */
  static ModelSpec read(Path file) {
    return SpecJson.read(file);
  }

  /** Path of the affine map that makes the logits, such as {@code fc}; empty without one. */
  default String head() {
    String path = "";
    for (Node node : graph(1).nodes()) {
      path = node.op() instanceof Op.Linear ? node.path() : path;
    }
    return path;
  }

  /** Shapes of the parameters and buffers by path, in graph order. */
  default Map<String, Shape> stateShapes() {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    for (Node node : graph(1).nodes()) {
      if (node.op() instanceof Op.Parameter || node.op() instanceof Op.Buffer) {
        shapes.put(node.path(), node.output().shape());
      }
    }
    return Collections.unmodifiableMap(shapes);
  }

  /** A model with fresh weights; the same seed gives the same weights on every machine. */
  default Model initialise(long seed) {
    return initialise(initialisation(), seed);
  }

  /** A model with fresh weights drawn as {@code how} says. */
  default Model initialise(Initialisation how, long seed) {
    return Model.of(this, how.state(graph(1), seed), Map.of());
  }
}
