package io.resnet4j.model;

import io.resnet4j.graph.Activation;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Start;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.nn.Initialisation;
import io.resnet4j.nn.Initialiser;
import io.resnet4j.nn.Layers;
import io.resnet4j.nn.Norm;
import io.resnet4j.nn.Stem;
import io.resnet4j.nn.Style;
import java.util.List;

/**
 * A DenseNet-BC (Huang et al., arXiv:1608.06993): layers of norm, activation, 1x1 convolution to
 * four times the growth, norm, activation and 3x3 convolution, each concatenated with all before
 * it; transitions that halve channels and picture. Paths are those of torchvision's {@code
 * densenet*}.
 *
 * @param name what it is called
 * @param stem CIFAR: a 3x3 convolution; IMAGENET: a 7x7 convolution and a max pool
 * @param layers of each dense block
 * @param growth channels that each layer adds
 * @param classes K
 * @param channels C of the pictures
 * @param height H of the pictures
 * @param width W of the pictures
 */
public record DenseNetSpec(
    String name,
    Stem stem,
    List<Integer> layers,
    int growth,
    int classes,
    int channels,
    int height,
    int width)
    implements ModelSpec {
  /** DenseNet-BC-100 with a growth of 12, for 32x32 pictures. */
  static final DenseNetSpec DEFAULT =
      new DenseNetSpec(
          "densenet", new Stem(Stem.Kind.CIFAR, 24), List.of(16, 16, 16), 12, 10, 3, 32, 32);

  /** Checks the numbers and copies the list. */
  public DenseNetSpec {
    layers = List.copyOf(layers);
    Checks.picture(name, classes, channels, height, width);
    Checks.stages(name, "layers", layers, 1000);
    Checks.require(name, growth >= 1 && growth <= 1 << 12, "growth", growth, "1 to 4096");
    Checks.require(
        name,
        stem.kind() == Stem.Kind.CIFAR || stem.kind() == Stem.Kind.IMAGENET,
        "stem",
        stem.kind(),
        "CIFAR or IMAGENET");
  }

  @Override
  public Value write(GraphBuilder g, Value images, boolean training) {
    Style style = new Style(Norm.BATCH, Activation.RELU, training);
    boolean large = stem.kind() == Stem.Kind.IMAGENET;
    String at = "features.";
    Value x =
        Layers.conv(g, at + "conv0", images, stem.width(), large ? 7 : 3, large ? 2 : 1, style);
    if (large) {
      x = Layers.normAct(g, at + "norm0", x, style);
      x = g.maxPool(at + "pool0", x, Window.square(3, 2, 1));
    }
    for (int block = 1; block <= layers.size(); block++) {
      for (int i = 1; i <= layers.get(block - 1); i++) {
        x = layer(g, at + "denseblock" + block + ".denselayer" + i, x, style);
      }
      if (block < layers.size()) {
        x = transition(g, at + "transition" + block, x, style);
      }
    }
    x = Layers.normAct(g, at + "norm5", x, style);
    x = g.flatten("flatten", g.globalAveragePool("avgpool", x));
    return g.linear("classifier", x, classes, Start.BY_READER, Start.ZERO);
  }

  private Value layer(GraphBuilder g, String path, Value x, Style style) {
    Value y = Layers.normAct(g, path + ".norm1", x, style);
    y = Layers.conv(g, path + ".conv1", y, 4 * growth, 1, 1, style);
    y = Layers.normAct(g, path + ".norm2", y, style);
    y = Layers.conv(g, path + ".conv2", y, growth, 3, 1, style);
    return g.concat(path + ".out", List.of(x, y));
  }

  private static Value transition(GraphBuilder g, String path, Value x, Style style) {
    Value y = Layers.normAct(g, path + ".norm", x, style);
    y = Layers.conv(g, path + ".conv", y, x.shape().dim(1) / 2, 1, 1, style);
    return g.averagePool(path + ".pool", y, Window.square(2, 2, 0), true);
  }

  @Override
  public Counts counts() {
    return Counts.of(graph(1));
  }

  /** As torchvision's: He normal by fan-in, PyTorch's default in the head with biases of zero. */
  @Override
  public Initialisation initialisation() {
    return new Initialisation(Initialiser.HE_FAN_IN, Initialiser.UNIFORM_FAN_IN);
  }

  @Override
  public DenseNetSpec withClasses(int newClasses) {
    return new DenseNetSpec(name, stem, layers, growth, newClasses, channels, height, width);
  }

  @Override
  public DenseNetSpec withInput(int newChannels, int newHeight, int newWidth) {
    return new DenseNetSpec(name, stem, layers, growth, classes, newChannels, newHeight, newWidth);
  }
}
