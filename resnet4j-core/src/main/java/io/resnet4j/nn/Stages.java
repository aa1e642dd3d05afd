package io.resnet4j.nn;

import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Start;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import java.util.List;

/** Writes the parts of a residual network: stem, stages of blocks, head. */
public final class Stages {
  private Stages() {}

  /**
   * The stem: {@code conv1}, {@code bn1} and, where it pools, {@code maxpool}.
   *
   * @param x pictures [N,C,H,W]
   * @param design of the blocks that follow
   * @param activated whether norm and activation follow the last convolution
   */
  public static Value stem(
      GraphBuilder g, Value x, Stem stem, BlockDesign design, boolean activated, boolean training) {
    Style style = new Style(design.norm(), design.activation(), training);
    int width = stem.width();
    Value y = x;
    switch (stem.kind()) {
      case CIFAR:
        y = Layers.conv(g, "conv1", y, width, 3, 1, style);
        break;
      case IMAGENET:
        y = Layers.conv(g, "conv1", y, width, 7, 2, style);
        break;
      default:
        int half = Math.max(1, width / 2);
        y = Layers.convNormAct(g, "conv1.0", "conv1.1", y, half, 3, 2, style);
        y = Layers.convNormAct(g, "conv1.3", "conv1.4", y, half, 3, 1, style);
        y = Layers.conv(g, "conv1.6", y, width, 3, 1, style);
    }
    if (design.norm().kind() == Norm.Kind.FIXUP) {
      y = Layers.scalarBias(g, "shift1", y, "bias1");
    }
    y = activated ? Layers.normAct(g, "bn1", y, style) : y;
    switch (stem.kind()) {
      case CIFAR:
        return y;
      case DEEP_STRIDED:
        return Layers.convNormAct(g, "maxpool.0", "maxpool.1", y, width, 3, 2, style);
      default:
        if (!design.blur()) {
          return g.maxPool("maxpool", y, Window.square(3, 2, 1));
        }
        Value dense = g.maxPool("maxpool.0", y, Window.square(2, 1, 0));
        return Layers.blurPool(g, "maxpool.1", dense, 2);
    }
  }

  /**
   * Blocks one after another, at {@code path.0}, {@code path.1} and so on; all of one design.
   *
   * @return what leaves the last one
   */
  public static Value stage(GraphBuilder g, String path, Value x, List<BlockSpec> blocks) {
    if (blocks.get(0).design().reversible()) {
      return Reversible.stage(g, path, x, blocks);
    }
    Value y = x;
    for (int i = 0; i < blocks.size(); i++) {
      y = Blocks.block(g, path + "." + i, y, blocks.get(i));
    }
    return y;
  }

  /**
   * The head: the norm and activation {@code bn} that a pre-activated network still lacks, global
   * average pool, where the kind has one, and {@code fc}.
   *
   * @param x [N,C,H,W]
   * @param kind what {@code fc} reads: C numbers, or C * H * W in row-major order
   * @param dropout probability of a zero before {@code fc}
   * @return logits [N,classes]
   */
  public static Value head(
      GraphBuilder g,
      Value x,
      BlockDesign design,
      HeadKind kind,
      int classes,
      double dropout,
      boolean training) {
    Value y = x;
    if (design.order().normBeforeConv()) {
      y = Layers.normAct(g, "bn", y, new Style(design.norm(), design.activation(), training));
    } else if (design.order().preactivates()) {
      y = g.activate("act", y, design.activation());
    }
    y = g.flatten("flatten", kind == HeadKind.POOL ? g.globalAveragePool("avgpool", y) : y);
    boolean fixup = design.norm().kind() == Norm.Kind.FIXUP;
    y = fixup ? Layers.scalarBias(g, "shift2", y, "bias2") : y;
    y = dropout > 0 ? g.dropout("dropout", y, dropout) : y;
    Start start = fixup ? Start.ZERO : Start.BY_READER;
    return g.linear("fc", y, classes, start, start);
  }
}
