package io.resnet4j.infer;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.tensor.Shape;
import java.nio.FloatBuffer;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * What a layer makes of one picture: a plane of numbers for each channel (Zeiler and Fergus 2014,
 * section 4, show such planes). Immutable.
 */
public final class FeatureMaps {
  private final String layer;
  private final int channels;
  private final int height;
  private final int width;
  private final float[] values;

  FeatureMaps(String layer, Shape shape, float[] values) {
    this.layer = layer;
    this.channels = shape.dim(1);
    this.height = shape.dim(2);
    this.width = shape.dim(3);
    this.values = values;
  }

  /**
   * Runs the network of {@code predictor} on a picture, in a plan of its own over the predictor's
   * session, with what a layer makes observed.
   *
   * @param layer path of a node that makes rows and columns, or of what it lies below, such as
   *     {@code layer1}, whose last one is taken
   * @param image [C,H,W], normalised, from the buffer's position on, which stays as it is
   * @throws InvalidInputException if there is no such layer, the buffer is too short, or the
   *     network computes with 8-bit codes
   * @throws IllegalStateException if the predictor is closed
   */
  public static FeatureMaps of(Predictor predictor, String layer, FloatBuffer image) {
    ModelSpec spec = predictor.spec();
    if (predictor.precision() == Precision.INT8) {
      throw new InvalidInputException(
          "model "
              + spec.name()
              + ": its layers make 8-bit codes; look into the weights that it was made from");
    }
    int samples = spec.channels() * spec.height() * spec.width();
    if (image.remaining() < samples) {
      throw new InvalidInputException(
          "image: the buffer holds " + image.remaining() + " numbers; expected " + samples);
    }
    String path = SpatialLayers.named(spec, layer).path();
    return predictor.with(
        "values of " + path,
        () -> {
          var graph = spec.graph(1);
          Value value = graph.find(path).orElseThrow().outputs().get(0);
          return Program.inference(graph, predictor.precision()).observing(Set.of(value));
        },
        plan -> {
          Value value = plan.plan().observed().iterator().next();
          plan.feed(ModelSpec.IMAGES, image);
          plan.run(0, 0);
          return new FeatureMaps(path, value.shape(), plan.fetch(value).toFloats());
        });
  }

  /**
   * Path of the first convolution, whose planes are the simplest.
   *
   * @throws InvalidInputException if the network has none that makes rows and columns
   */
  public static String firstLayer(ModelSpec spec) {
    return SpatialLayers.of(spec.graph(1)).stream()
        .filter(node -> node.op() instanceof Op.Conv2d)
        .map(Node::path)
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "model " + spec.name() + ": no convolution in it makes rows and columns"));
  }

  /** Path of the node that made them. */
  public String layer() {
    return layer;
  }

  /** How many planes there are. */
  public int channels() {
    return channels;
  }

  /** Rows of each. */
  public int height() {
    return height;
  }

  /** Columns of each. */
  public int width() {
    return width;
  }

  /** The number of a channel at row {@code y}, column {@code x}. */
  public float at(int channel, int y, int x) {
    int row = Objects.checkIndex(channel, channels) * height + Objects.checkIndex(y, height);
    return values[row * width + Objects.checkIndex(x, width)];
  }

  /** How active a channel is: the mean of its absolute numbers. */
  public double activity(int channel) {
    int plane = height * width;
    double sum = 0;
    for (int i = Objects.checkIndex(channel, channels) * plane; i < (channel + 1) * plane; i++) {
      sum += Math.abs(values[i]);
    }
    return sum / plane;
  }

  /** All channels, the most active first; of equally active ones the first. */
  public List<Integer> byActivity() {
    double[] activities = IntStream.range(0, channels).mapToDouble(this::activity).toArray();
    return IntStream.range(0, channels)
        .boxed()
        .sorted(Comparator.comparingDouble(c -> -activities[c]))
        .toList();
  }
}
