package io.resnet4j.nn;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import java.util.List;

/**
 * Writers of the pieces of a residual network (He et al. 2015, arXiv:1512.03385). Activations are
 * [N,C,H,W]; the paths of parameters are torchvision's. Every method throws {@link
 * InvalidInputException} where the input does not fit, naming the path.
 */
public final class Layers {
  private Layers() {}

  /** Batch norm with PyTorch's defaults, at {@code path}. */
  public static Value batchNorm(GraphBuilder g, String path, Value x, Style style) {
    if (style.training() || x.shape().rank() != 4 || x.shape().elements() > x.shape().dim(1)) {
      return g.batchNorm(path, x);
    }
    int channels = x.shape().dim(1);
    Op op = new Op.BatchNorm(1e-5, 0.1, Op.Statistics.RUNNING, Activation.IDENTITY);
    List<Value> inputs =
        List.of(
            x,
            g.parameter(path + ".weight", channels),
            g.parameter(path + ".bias", channels),
            g.buffer(path + ".running_mean", channels),
            g.buffer(path + ".running_var", channels));
    return g.emit(path, op, inputs).output();
  }

  /** A dense square convolution padded to half its kernel, then batch norm. */
  public static Value convBn(
      GraphBuilder g,
      String conv,
      String norm,
      Value x,
      int channels,
      int kernel,
      int stride,
      Style style) {
    Value y = g.conv(conv, x, channels, Window.square(kernel, stride, kernel / 2), 1);
    return batchNorm(g, norm, y, style);
  }

  /** {@link #convBn} and the style's activation, at the path {@code norm.act}. */
  public static Value convBnAct(
      GraphBuilder g,
      String conv,
      String norm,
      Value x,
      int channels,
      int kernel,
      int stride,
      Style style) {
    Value y = convBn(g, conv, norm, x, channels, kernel, stride, style);
    return g.activate(norm + ".act", y, style.activation());
  }

  /** The block that {@code spec} describes, at {@code path}; its result is {@code path.out}. */
  public static Value block(GraphBuilder g, String path, Value x, BlockSpec spec) {
    return spec.kind() == Block.BASIC ? residual(g, path, x, spec) : bottleneck(g, path, x, spec);
  }

  /** Two 3x3 convolutions beside a shortcut. */
  public static Value residual(GraphBuilder g, String path, Value x, BlockSpec b) {
    Style style = b.style();
    String p = path + ".";
    Value y = convBnAct(g, p + "conv1", p + "bn1", x, b.width(), 3, b.stride(), style);
    y = convBn(g, p + "conv2", p + "bn2", y, b.width(), 3, 1, style);
    return join(g, path, x, y, b);
  }

  /** 1x1, 3x3 and 1x1 convolutions beside a shortcut. */
  public static Value bottleneck(GraphBuilder g, String path, Value x, BlockSpec b) {
    boolean early = b.stridePosition() == StridePosition.ON_FIRST_1X1;
    Style style = b.style();
    String p = path + ".";
    Value y = convBnAct(g, p + "conv1", p + "bn1", x, b.width(), 1, early ? b.stride() : 1, style);
    y = convBnAct(g, p + "conv2", p + "bn2", y, b.width(), 3, early ? 1 : b.stride(), style);
    y = convBn(g, p + "conv3", p + "bn3", y, b.channels(), 1, 1, style);
    return join(g, path, x, y, b);
  }

  private static Value join(GraphBuilder g, String path, Value x, Value branch, BlockSpec b) {
    Value y = branch;
    if (b.shortcut() != Shortcut.NONE) {
      y = g.add(path + ".add", branch, shortcut(g, path + ".downsample", x, b));
    }
    return g.activate(path + ".out", y, b.style().activation());
  }

  /**
   * What {@code x} becomes beside the branch: itself, padded (half of the new channels in front,
   * half behind) or projected ({@code path.0} the convolution, {@code path.1} the batch norm).
   */
  public static Value shortcut(GraphBuilder g, String path, Value x, BlockSpec b) {
    int in = x.shape().dim(1);
    boolean same = b.stride() == 1 && in == b.channels();
    switch (b.shortcut()) {
      case ZERO_PAD:
        if (same) {
          return x;
        }
        int added = b.channels() - in;
        if (added < 0) {
          throw new InvalidInputException(
              path
                  + ": shortcut "
                  + x
                  + " has more channels than the branch's "
                  + b.channels()
                  + "; ZERO_PAD only adds channels, use PROJECTION");
        }
        return g.padShortcut(path, x, b.stride(), added / 2, added - added / 2);
      case PROJECTION:
        return same ? x : project(g, path, x, b);
      case PROJECTION_ALWAYS:
        return project(g, path, x, b);
      default:
        return x;
    }
  }

  private static Value project(GraphBuilder g, String path, Value x, BlockSpec b) {
    return convBn(g, path + ".0", path + ".1", x, b.channels(), 1, b.stride(), b.style());
  }

  /** {@code conv1}, {@code bn1} and, for IMAGENET, {@code maxpool}. */
  public static Value stem(GraphBuilder g, Value x, Stem stem, int channels, Style style) {
    if (stem == Stem.CIFAR) {
      return convBnAct(g, "conv1", "bn1", x, channels, 3, 1, style);
    }
    Value y = convBnAct(g, "conv1", "bn1", x, channels, 7, 2, style);
    return g.maxPool("maxpool", y, Window.square(3, 2, 1));
  }

  /** Global average pool and {@code fc}: logits [N,classes]. */
  public static Value head(GraphBuilder g, Value x, int classes) {
    Value pooled = g.globalAveragePool("avgpool", x);
    return g.linear("fc", g.flatten("flatten", pooled), classes);
  }
}
