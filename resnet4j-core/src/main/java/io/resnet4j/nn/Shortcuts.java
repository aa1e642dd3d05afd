package io.resnet4j.nn;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;

/** Writes what runs beside a branch. */
final class Shortcuts {
  private Shortcuts() {}

  /**
   * What {@code x} becomes beside the branch: itself, padded (half of the new channels in front,
   * half behind) or projected ({@code path.0} the convolution, {@code path.1} the norm; both one
   * further where a pool comes first).
   */
  static Value shortcut(GraphBuilder g, String path, Value x, BlockSpec b) {
    boolean same = b.stride() == 1 && x.shape().dim(1) == b.channels();
    switch (b.design().shortcut()) {
      case ZERO_PAD:
        return same ? x : zeroPad(g, path, x, b);
      case PROJECTION:
        return same ? x : project(g, path, x, b);
      case PROJECTION_ALWAYS:
        return project(g, path, x, b);
      case POOLED_PROJECTION:
        return same ? x : project(g, path, x, b);
      default:
        return x;
    }
  }

  private static Value zeroPad(GraphBuilder g, String path, Value x, BlockSpec b) {
    int added = b.channels() - x.shape().dim(1);
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
  }

  private static Value project(GraphBuilder g, String path, Value x, BlockSpec b) {
    boolean pooled = b.design().shortcut() == Shortcut.POOLED_PROJECTION;
    boolean blurred = b.design().blur() && b.stride() > 1 && !pooled;
    Value y = x;
    if (pooled && b.stride() > 1) {
      y = pool(g, path + ".0", x, b.stride());
    } else if (blurred) {
      y = Layers.blurPool(g, path + ".0", x, b.stride());
    }
    int first = pooled || blurred ? 1 : 0;
    Conv conv = Conv.of(b.channels(), 1, pooled || blurred ? 1 : b.stride());
    y = Layers.conv(g, path + "." + first, y, conv, b.style());
    if (b.design().order() == Order.PREACTIVATION) {
      return y;
    }
    String norm = path + "." + (first + 1);
    y = Layers.norm(g, norm, y, b.style());
    return Layers.dropBlock(g, norm + ".dropblock", y, b.dropBlock(), b.dropBlockSize());
  }

  private static Value pool(GraphBuilder g, String path, Value x, int stride) {
    // Others average the last row or column of an odd picture by itself, which no operation here
    // does; a picture one pixel off would be another network.
    if (x.shape().dim(2) % stride != 0 || x.shape().dim(3) % stride != 0) {
      throw new InvalidInputException(
          path
              + ": a pooled shortcut halves "
              + x
              + ", whose sides are not even; give a picture whose sides are multiples of 32");
    }
    return g.averagePool(path, x, Window.square(stride, stride, 0), false);
  }
}
