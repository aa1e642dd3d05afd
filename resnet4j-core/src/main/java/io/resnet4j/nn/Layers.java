package io.resnet4j.nn;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Start;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import java.util.List;

/**
 * Convolutions, normalisations and what else stands between a network's input and output.
 * Activations are [N,C,H,W]; every method throws {@link InvalidInputException} where the input does
 * not fit, naming the path.
 */
public final class Layers {
  private Layers() {}

  /**
   * The style's normalisation of {@code x} at {@code path}; {@code x} itself if it has none. A
   * batch norm has PyTorch's defaults.
   */
  public static Value norm(GraphBuilder g, String path, Value x, Style style) {
    return norm(g, path, x, style, Start.BY_READER);
  }

  static Value norm(GraphBuilder g, String path, Value x, Style style, Start scale) {
    if (!style.norm().normalises()) {
      return x;
    }
    if (style.norm().kind() == Norm.Kind.GROUP) {
      return g.groupNorm(path, x, style.norm().groups(), scale);
    }
    boolean single = x.shape().rank() == 4 && x.shape().elements() == x.shape().dim(1);
    boolean running = single && !style.training();
    return g.batchNorm(path, x, running ? Op.Statistics.RUNNING : Op.Statistics.BATCH, scale);
  }

  /**
   * A dense square convolution padded to half its kernel. Without a normalisation it has a bias
   * that starts at zero; with standardised weights also the gain {@code path.gain}.
   */
  public static Value conv(
      GraphBuilder g, String path, Value x, int channels, int kernel, int stride, Style style) {
    return conv(g, path, x, Conv.of(channels, kernel, stride), style);
  }

  static Value conv(GraphBuilder g, String path, Value x, Conv c, Style style) {
    Window window = c.window();
    switch (style.norm().kind()) {
      case NONE:
        Value plain = g.convWeight(path, x, c.channels(), window, c.groups(), c.start());
        return g.conv(path, x, plain, bias(g, path, c), window, c.groups());
      case STANDARDISED_WEIGHTS:
        Value weight = StandardisedWeights.write(g, path, x, c, style.activation());
        return g.conv(path, x, weight, bias(g, path, c), window, c.groups());
      default:
        return g.conv(path, x, c.channels(), window, c.groups(), c.start());
    }
  }

  private static Value bias(GraphBuilder g, String path, Conv c) {
    return g.parameter(path + ".bias", Start.ZERO, c.channels());
  }

  /** {@link #conv}, {@link #norm} and the style's activation, at the path {@code norm.act}. */
  public static Value convNormAct(
      GraphBuilder g,
      String conv,
      String norm,
      Value x,
      int channels,
      int kernel,
      int stride,
      Style style) {
    return normAct(g, norm, conv(g, conv, x, channels, kernel, stride, style), style);
  }

  /** {@link #norm} and the style's activation, at the path {@code norm.act}. */
  public static Value normAct(GraphBuilder g, String norm, Value x, Style style) {
    return g.activate(norm + ".act", norm(g, norm, x, style), style.activation());
  }

  /**
   * Squeeze and excitation (Hu et al., arXiv:1709.01507): each channel times a number in (0, 1)
   * that two 1x1 convolutions, {@code path.fc1} and {@code path.fc2}, make of the mean of all
   * channels.
   *
   * @param squeezed channels between the two
   */
  public static Value squeezeExcite(GraphBuilder g, String path, Value x, int squeezed) {
    Window point = Window.square(1, 1, 0);
    Value y = g.globalAveragePool(path + ".pool", x);
    y = g.relu(path + ".act", g.convBias(path + ".fc1", y, squeezed, point, 1));
    y = g.convBias(path + ".fc2", y, x.shape().dim(1), point, 1);
    return g.multiply(path, x, g.activate(path + ".gate", y, Activation.SIGMOID));
  }

  /**
   * Blur pooling (Zhang, arXiv:1904.11486): each channel smoothed by the fixed filter 1 2 1 in both
   * directions, mirrored at the border, and every {@code stride}-th pixel taken. The filter is the
   * buffer {@code path.filt}.
   */
  public static Value blurPool(GraphBuilder g, String path, Value x, int stride) {
    int channels = x.shape().rank() == 4 ? x.shape().dim(1) : 1;
    Value padded = g.reflectPad(path + ".pad", x, 1);
    Value filter = g.buffer(path + ".filt", new Start.Binomial(), channels, 1, 3, 3);
    Op op = new Op.Conv2d(Window.square(3, stride, 0), channels);
    return g.emit(path, op, List.of(padded, filter)).output();
  }

  /**
   * A branch that is dropped as a whole, for the whole batch, while training (stochastic depth:
   * Huang et al., arXiv:1603.09382): training sees the branch or nothing, inference the branch
   * times the probability that it survives.
   *
   * @param survival in (0, 1]; 1 writes nothing
   */
  public static Value stochasticDepth(GraphBuilder g, String path, Value branch, double survival) {
    if (survival == 1) {
      return branch;
    }
    // Dropout divides what it keeps by the probability of keeping it.
    Value kept = g.dropPath(path, branch, 1 - survival, Op.Unit.BATCH);
    return g.affine(path + ".scale", kept, survival, 0);
  }

  /**
   * A branch that is dropped picture by picture while training, and scaled up where it is kept, so
   * that inference sees it as it is (timm's {@code DropPath}).
   *
   * @param probability 0 writes nothing
   */
  static Value dropPath(GraphBuilder g, String path, Value branch, double probability) {
    return probability == 0 ? branch : g.dropPath(path, branch, probability, Op.Unit.SAMPLE);
  }

  /**
   * DropBlock; its squares shrink to the picture where that is smaller.
   *
   * @param probability 0 writes nothing
   */
  public static Value dropBlock(
      GraphBuilder g, String path, Value x, double probability, int size) {
    if (probability == 0) {
      return x;
    }
    int fitting = Math.min(size, Math.min(x.shape().dim(2), x.shape().dim(3)));
    return g.dropBlock(path, x, probability, fitting);
  }

  /** A learned scalar {@code parameter} added to every element of {@code x}. */
  static Value scalarBias(GraphBuilder g, String path, Value x, String parameter) {
    return g.shift(path, x, g.parameter(parameter, Start.ZERO, 1));
  }
}
