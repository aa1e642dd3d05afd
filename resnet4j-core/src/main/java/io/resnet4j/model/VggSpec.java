package io.resnet4j.model;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Start;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.nn.Initialisation;
import io.resnet4j.nn.Initialiser;
import io.resnet4j.nn.Layers;
import io.resnet4j.nn.Norm;
import io.resnet4j.nn.Style;
import java.util.List;

/**
 * A VGG (Simonyan and Zisserman, arXiv:1409.1556) with batch norm: stages of 3x3 convolutions, each
 * followed by a max pool, then affine maps. No shortcuts. Paths are those of torchvision's {@code
 * vgg*_bn}.
 *
 * @param name what it is called
 * @param convolutions of each stage
 * @param widths channels of each stage
 * @param hidden units of each of the two hidden affine maps, on a picture pooled to 7x7; 0 for a
 *     global average pool and no hidden map, for small pictures
 * @param dropout probability of a zero after each hidden map
 * @param classes K
 * @param channels C of the pictures
 * @param height H of the pictures
 * @param width W of the pictures
 */
public record VggSpec(
    String name,
    List<Integer> convolutions,
    List<Integer> widths,
    int hidden,
    double dropout,
    int classes,
    int channels,
    int height,
    int width)
    implements ModelSpec {
  private static final int POOLED = 7;

  /** VGG-16 with batch norm, as torchvision's. */
  static final VggSpec DEFAULT =
      new VggSpec(
          "vgg",
          List.of(2, 2, 3, 3, 3),
          List.of(64, 128, 256, 512, 512),
          4096,
          0.5,
          1000,
          3,
          224,
          224);

  /** Checks the numbers and copies the lists. */
  public VggSpec {
    convolutions = List.copyOf(convolutions);
    widths = List.copyOf(widths);
    Checks.picture(name, classes, channels, height, width);
    Checks.stages(name, "convolutions", convolutions, 1000);
    Checks.require(name, widths.size() == convolutions.size(), "widths", widths, "one per stage");
    Checks.stages(name, "widths", widths, 1 << 16);
    Checks.require(name, hidden >= 0 && hidden <= 1 << 20, "hidden", hidden, "0 (none) or more");
    Checks.require(name, dropout >= 0 && dropout < 1, "dropout", dropout, "0 or more and below 1");
  }

  @Override
  public Value write(GraphBuilder g, Value images, boolean training) {
    Style style = new Style(Norm.BATCH, Activation.RELU, training);
    Value x = images;
    int index = 0;
    for (int stage = 0; stage < convolutions.size(); stage++) {
      for (int i = 0; i < convolutions.get(stage); i++) {
        String conv = "features." + index;
        Window window = Window.square(3, 1, 1);
        int out = widths.get(stage);
        Value weight = g.convWeight(conv, x, out, window, 1, Start.BY_READER);
        Value bias = g.parameter(conv + ".bias", Start.ZERO, out);
        x = g.conv(conv, x, weight, bias, window, 1);
        x = Layers.normAct(g, "features." + (index + 1), x, style);
        index += 3;
      }
      x = g.maxPool("features." + index++, x, Window.square(2, 2, 0));
    }
    return hidden == 0 ? smallHead(g, x) : head(g, x);
  }

  private Value smallHead(GraphBuilder g, Value x) {
    Value pooled = g.flatten("flatten", g.globalAveragePool("avgpool", x));
    return g.linear("classifier", pooled, classes, Start.BY_READER, Start.ZERO);
  }

  private Value head(GraphBuilder g, Value x) {
    Value y = g.flatten("flatten", pool(g, x));
    for (int i : new int[] {0, 3}) {
      y = g.linear("classifier." + i, y, hidden, Start.BY_READER, Start.ZERO);
      y = g.relu("classifier." + (i + 1), y);
      y = dropout > 0 ? g.dropout("classifier." + (i + 2), y, dropout) : y;
    }
    return g.linear("classifier.6", y, classes, Start.BY_READER, Start.ZERO);
  }

  /** 7x7 means, over windows of one size. */
  private Value pool(GraphBuilder g, Value x) {
    int rows = x.shape().dim(2);
    int columns = x.shape().dim(3);
    if (rows % POOLED != 0 || columns % POOLED != 0) {
      throw new InvalidInputException(
          "model "
              + name
              + ": avgpool cannot pool "
              + x
              + " to 7x7; give a picture whose sides are multiples of "
              + (POOLED << convolutions.size())
              + ", or hidden 0 for a global pool");
    }
    int kernelH = rows / POOLED;
    int kernelW = columns / POOLED;
    if (kernelH == 1 && kernelW == 1) {
      return x;
    }
    Window window = new Window(kernelH, kernelW, kernelH, kernelW, 0, 0, 1, 1);
    return g.averagePool("avgpool", x, window, true);
  }

  @Override
  public Counts counts() {
    return Counts.of(graph(1));
  }

  /** As torchvision's: He normal by fan-out, heads normal with deviation 0.01, biases zero. */
  @Override
  public Initialisation initialisation() {
    return new Initialisation(Initialiser.HE_FAN_OUT, Initialiser.NORMAL_001);
  }

  @Override
  public VggSpec withClasses(int newClasses) {
    return new VggSpec(
        name, convolutions, widths, hidden, dropout, newClasses, channels, height, width);
  }

  @Override
  public VggSpec withInput(int newChannels, int newHeight, int newWidth) {
    return new VggSpec(
        name, convolutions, widths, hidden, dropout, classes, newChannels, newHeight, newWidth);
  }
}
