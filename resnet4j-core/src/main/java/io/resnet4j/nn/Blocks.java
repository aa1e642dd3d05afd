package io.resnet4j.nn;

import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Start;
import io.resnet4j.graph.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes blocks: a branch, a shortcut, the two joined. Every design is this one function with other
 * options; the paths of parameters are torchvision's and timm's where these have the design.
 */
public final class Blocks {
  /** Weight of each branch beside its shortcut in an NF-ResNet, as its authors have it. */
  public static final double NF_ALPHA = 0.2;

  private Blocks() {}

  /**
   * A block.
   *
   * @param x [N,C,H,W]
   * @return [N,C',H/stride,W/stride]; {@code path.out}, or {@code path.add} where nothing follows
   *     the sum
   */
  public static Value block(GraphBuilder g, String path, Value x, BlockSpec b) {
    BlockDesign d = b.design();
    Value entered = enter(g, path, x, b);
    boolean changes = b.stride() != 1 || x.shape().dim(1) != b.channels();
    boolean biased = b.has(Norm.Kind.FIXUP) && changes;
    Value side = b.entry() == BlockSpec.Entry.SHARED || biased ? entered : x;
    Value y = branch(g, path, entered, b);
    if (d.shortcut() != Shortcut.NONE) {
      y = d.join().write(g, path, Shortcuts.shortcut(g, path + ".downsample", side, b), y);
    }
    if (d.order().normAfterAdd()) {
      y = Layers.norm(g, path + ".bn" + d.kind().convolutions(), y, b.style());
    }
    return d.order().actAfterAdd() ? g.activate(path + ".out", y, d.activation()) : y;
  }

  /** What the first convolution reads. */
  static Value enter(GraphBuilder g, String path, Value x, BlockSpec b) {
    if (b.has(Norm.Kind.FIXUP)) {
      return Layers.scalarBias(g, path + ".shift1a", x, path + ".bias1a");
    }
    if (!b.design().order().preactivates() || b.entry() == BlockSpec.Entry.BARE) {
      return x;
    }
    Value y = preactivate(g, path, 1, x, b);
    return b.has(Norm.Kind.STANDARDISED_WEIGHTS) && b.variance() != 1
        ? g.affine(path + ".beta", y, 1 / Math.sqrt(b.variance()), 0)
        : y;
  }

  private static Value preactivate(GraphBuilder g, String path, int i, Value x, BlockSpec b) {
    return b.design().order().normBeforeConv()
        ? Layers.normAct(g, path + ".bn" + i, x, b.style())
        : g.activate(path + ".act" + i, x, b.design().activation());
  }

  /** The branch, from its first convolution to what scales or drops it as a whole. */
  static Value branch(GraphBuilder g, String path, Value entered, BlockSpec b) {
    BlockDesign d = b.design();
    Style style = b.style();
    boolean fixup = b.has(Norm.Kind.FIXUP);
    List<Conv> convs = convolutions(b);
    int blurred = 1;
    Value y = entered;
    for (int i = 1; i <= convs.size(); i++) {
      boolean last = i == convs.size();
      String conv = path + ".conv" + i;
      String norm = path + ".bn" + i;
      Conv c = convs.get(i - 1);
      if (i > 1) {
        y = d.order().preactivates() ? preactivate(g, path, i, y, b) : y;
        y = last && b.dropout() > 0 ? g.dropout(path + ".dropout", y, b.dropout()) : y;
        if (blurred > 1) {
          y = Layers.blurPool(g, conv + ".0", y, blurred);
          conv += ".1";
        }
        y = fixup ? scalarBias(g, path, y, i + "a") : y;
      }
      blurred = d.blur() ? c.stride() : 1;
      y = Layers.conv(g, conv, y, d.blur() ? c.strided(1) : c, style);
      if (fixup) {
        y = last ? g.multiply(path + ".scaled", y, scalar(g, path, Start.ONE)) : y;
        y = scalarBias(g, path, y, i + "b");
      }
      if (d.order().normAfterConv(last)) {
        y = Layers.norm(g, norm, y, style, last ? lastScale(d) : Start.BY_READER);
      }
      y = Layers.dropBlock(g, norm + ".dropblock", y, b.dropBlock(), b.dropBlockSize());
      y = d.order().actAfterConv(last) ? g.activate(norm + ".act", y, d.activation()) : y;
    }
    y = blurred > 1 ? Layers.blurPool(g, path + ".blur", y, blurred) : y;
    if (d.squeeze() > 0) {
      int squeezed = Math.max(1, (int) (b.channels() * d.squeeze()));
      y = Layers.squeezeExcite(g, path + ".se", y, squeezed);
    }
    y = Layers.stochasticDepth(g, path + ".drop", y, b.survival());
    y = Layers.dropPath(g, path + ".drop_path", y, b.dropPath());
    if (d.scale() == BranchScale.LEARNED) {
      y = g.multiply(path + ".scaled", y, scalar(g, path, Start.ZERO));
    }
    return b.has(Norm.Kind.STANDARDISED_WEIGHTS) ? g.affine(path + ".alpha", y, NF_ALPHA, 0) : y;
  }

  /** The convolutions, with the start that the design gives their weights. */
  private static List<Conv> convolutions(BlockSpec b) {
    BlockDesign d = b.design();
    int inner = d.innerWidth(b.width());
    List<Conv> convs = new ArrayList<>();
    switch (d.kind()) {
      case SINGLE:
        convs.add(Conv.of(b.width(), 3, b.stride()).dilated(b.dilation()));
        break;
      case BASIC:
        convs.add(Conv.of(b.width(), 3, b.stride()).dilated(b.dilation()));
        convs.add(Conv.of(b.width(), 3, 1).dilated(b.dilation()));
        break;
      default:
        boolean early = d.stridePosition() == StridePosition.ON_FIRST_1X1;
        convs.add(Conv.of(inner, 1, early ? b.stride() : 1));
        convs.add(
            Conv.of(inner, 3, early ? 1 : b.stride()).dilated(b.dilation()).grouped(d.groups()));
        convs.add(Conv.of(b.channels(), 1, 1));
    }
    int last = convs.size() - 1;
    if (b.has(Norm.Kind.FIXUP)) {
      double factor = Math.pow(b.blocks(), -1.0 / (2 * last));
      convs.replaceAll(c -> c.starting(new Start.ByReader(factor)));
      convs.set(last, convs.get(last).starting(Start.ZERO));
    } else if (d.scale() == BranchScale.ZERO
        && !(d.order().normAfterConv(true) && d.norm().normalises())) {
      convs.set(last, convs.get(last).starting(Start.ZERO));
    }
    return convs;
  }

  private static Start lastScale(BlockDesign d) {
    return d.scale() == BranchScale.ZERO ? Start.ZERO : Start.BY_READER;
  }

  private static Value scalar(GraphBuilder g, String path, Start start) {
    return g.parameter(path + ".scale", start, 1);
  }

  private static Value scalarBias(GraphBuilder g, String path, Value x, String which) {
    return Layers.scalarBias(g, path + ".shift" + which, x, path + ".bias" + which);
  }
}
