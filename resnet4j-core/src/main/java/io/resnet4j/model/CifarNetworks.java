package io.resnet4j.model;

import io.resnet4j.graph.Activation;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.nn.Block;
import io.resnet4j.nn.BlockDesign;
import io.resnet4j.nn.BlockSpec;
import io.resnet4j.nn.Blocks;
import io.resnet4j.nn.BranchScale;
import io.resnet4j.nn.Join;
import io.resnet4j.nn.Layers;
import io.resnet4j.nn.Norm;
import io.resnet4j.nn.Order;
import io.resnet4j.nn.Regularisation;
import io.resnet4j.nn.Shortcut;
import io.resnet4j.nn.Stem;
import io.resnet4j.nn.Style;
import io.resnet4j.tensor.Shape;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Residual networks for pictures of 32x32: three stages, 16, 32 and 64 wide where they are thin.
 */
final class CifarNetworks {
  private static final String HE_2015 = "He et al. 2015, arXiv:1512.03385, ";
  private static final String HE_2016 = "He et al. 2016, arXiv:1603.05027, ";

  private final BiConsumer<ModelSpec, String> put;

  private CifarNetworks(BiConsumer<ModelSpec, String> put) {
    this.put = put;
  }

  static void put(BiConsumer<ModelSpec, String> put) {
    CifarNetworks networks = new CifarNetworks(put);
    networks.he2015();
    networks.he2016();
    networks.shortcutsAndOrders();
    networks.wide();
    networks.others();
    networks.reversible();
    networks.fast();
  }

  /** 6n + 2 layers of basic blocks, shortcuts of option A. */
  private static ResNetSpec basic(int depth) {
    int n = (depth - 2) / 6;
    return ResNetSpec.DEFAULT
        .with(d -> d.name("resnet" + depth).blocks(List.of(n, n, n)))
        .withBlock(b -> b.shortcut(Shortcut.ZERO_PAD));
  }

  /** 9n + 2 layers of bottlenecks, shortcuts of option B. */
  private static ResNetSpec bottleneck(int depth) {
    int n = (depth - 2) / 9;
    return ResNetSpec.DEFAULT
        .with(d -> d.name("resnet" + depth).blocks(List.of(n, n, n)))
        .withBlock(b -> b.kind(Block.BOTTLENECK));
  }

  private static ResNetSpec preactivated(ResNetSpec twin) {
    return twin.withName("pre" + twin.name()).withBlock(b -> b.order(Order.PREACTIVATION));
  }

  private void variant(
      ResNetSpec of, String suffix, Consumer<BlockDesign.Draft> change, String source) {
    put.accept(of.withBlock(change).withName(of.name() + "-" + suffix), source);
  }

  private void he2015() {
    for (int depth : new int[] {20, 32, 44, 56, 110, 1202}) {
      ResNetSpec a = basic(depth);
      put.accept(a, HE_2015 + "section 4.2, option A");
      variant(a, "b", b -> b.shortcut(Shortcut.PROJECTION), HE_2015 + "section 4.2, option B");
      put.accept(
          a.withName("plain" + depth).withBlock(b -> b.shortcut(Shortcut.NONE)),
          HE_2015 + "section 4.2, plain");
    }
  }

  private void he2016() {
    for (int depth : new int[] {20, 32, 44, 56, 110}) {
      put.accept(preactivated(basic(depth)), HE_2016 + "table 2, full pre-activation");
    }
    for (int depth : new int[] {164, 1001}) {
      put.accept(bottleneck(depth), HE_2016 + "table 3, original bottlenecks");
      put.accept(preactivated(bottleneck(depth)), HE_2016 + "table 3, pre-activated bottlenecks");
    }
    for (int depth : new int[] {20, 110}) {
      // As many convolutions, each with its own shortcut.
      ResNetSpec twin = basic(depth);
      int n = 2 * twin.blocks().get(0);
      ResNetSpec single =
          twin.with(d -> d.name(twin.name() + "-1layer").blocks(List.of(n, n, n)))
              .withBlock(b -> b.kind(Block.SINGLE));
      put.accept(single, HE_2016 + "table 3, 1-layer skip");
      put.accept(preactivated(single), HE_2016 + "table 3, 1-layer skip, pre-activated");
    }
  }

  /** The rows of its tables 1 and 2. */
  private void shortcutsAndOrders() {
    String table1 = HE_2016 + "table 1, ";
    for (int depth : new int[] {20, 110}) {
      ResNetSpec r = basic(depth);
      variant(r, "constant-0", b -> b.join(new Join.Sum(0, 1)), table1 + "shortcut 0, branch 1");
      variant(
          r, "constant-0.5", b -> b.join(new Join.Sum(0.5, 1)), table1 + "shortcut 0.5, branch 1");
      variant(
          r,
          "constant-0.5-0.5",
          b -> b.join(new Join.Sum(0.5, 0.5)),
          table1 + "shortcut 0.5, branch 0.5");
      variant(
          r,
          "exclusive-gate",
          b -> b.join(new Join.ExclusiveGate(-6)),
          table1 + "exclusive gating, b = -6");
      variant(
          r,
          "shortcut-gate",
          b -> b.join(new Join.ShortcutGate(-6)),
          table1 + "shortcut-only gating, b = -6");
      variant(
          r,
          "shortcut-gate-0",
          b -> b.join(new Join.ShortcutGate(0)),
          table1 + "shortcut-only gating, b = 0");
      variant(
          r, "conv1x1", b -> b.shortcut(Shortcut.PROJECTION_ALWAYS), table1 + "1x1 conv shortcut");
      variant(
          r,
          "dropout-shortcut",
          b -> b.join(new Join.ShortcutDropout(0.5)),
          table1 + "dropout shortcut, 0.5");
      orders(r);
    }
    orders(bottleneck(164));
  }

  private void orders(ResNetSpec r) {
    String table2 = HE_2016 + "table 2, ";
    variant(r, "bn-after-add", b -> b.order(Order.NORM_AFTER_ADD), table2 + "BN after addition");
    variant(
        r, "relu-before-add", b -> b.order(Order.ACT_BEFORE_ADD), table2 + "ReLU before addition");
    variant(
        r,
        "relu-only-preact",
        b -> b.order(Order.ACT_ONLY_PREACTIVATION),
        table2 + "ReLU-only pre-activation");
  }

  private void wide() {
    String source = "Zagoruyko and Komodakis, arXiv:1605.07146";
    int[][] sizes = {{16, 2}, {16, 8}, {28, 10}, {40, 2}, {40, 4}};
    for (int[] size : sizes) {
      put.accept(wide(size[0], size[1]), source);
    }
    put.accept(
        wide(28, 10)
            .with(d -> d.name("wrn-28-10-dropout").regularisation(Regularisation.dropout(0.3))),
        source + ", dropout 0.3 between convolutions");
  }

  private static ResNetSpec wide(int depth, int k) {
    int n = (depth - 4) / 6;
    return ResNetSpec.DEFAULT
        .with(
            d ->
                d.name("wrn-" + depth + "-" + k)
                    .blocks(List.of(n, n, n))
                    .widths(List.of(16 * k, 32 * k, 64 * k)))
        .withBlock(b -> b.order(Order.PREACTIVATION));
  }

  private void others() {
    for (int groups : new int[] {8, 16}) {
      put.accept(
          ResNetSpec.DEFAULT
              .with(
                  d ->
                      d.name("resnext29_" + groups + "x64d")
                          .stem(new Stem(Stem.Kind.CIFAR, 64))
                          .widths(List.of(64, 128, 256)))
              .withBlock(b -> b.kind(Block.BOTTLENECK).groups(groups)),
          "Xie et al., arXiv:1611.05431, section 5.3");
    }
    for (ResNetSpec r : List.of(basic(20), basic(56), basic(110), bottleneck(164))) {
      put.accept(
          r.withName("se" + r.name()).withBlock(b -> b.squeeze(1.0 / 16)),
          "Hu et al., arXiv:1709.01507, ratio 1/16");
    }
    for (int depth : new int[] {20, 56, 110}) {
      ResNetSpec r = basic(depth);
      variant(
          r,
          "rezero",
          b -> b.scale(BranchScale.LEARNED),
          "ReZero: Bachlechner et al., arXiv:2003.04887");
      variant(
          r,
          "skipinit",
          b ->
              b.order(Order.PREACTIVATION).norm(Norm.of(Norm.Kind.NONE)).scale(BranchScale.LEARNED),
          "SkipInit: De and Smith, arXiv:2002.10444");
      variant(
          r,
          "fixup",
          b -> b.norm(Norm.of(Norm.Kind.FIXUP)),
          "Fixup: Zhang, Dauphin and Ma, arXiv:1901.09321");
      variant(
          r,
          "nf",
          b ->
              b.order(Order.PREACTIVATION)
                  .norm(Norm.of(Norm.Kind.STANDARDISED_WEIGHTS))
                  .shortcut(Shortcut.POOLED_PROJECTION)
                  .scale(BranchScale.LEARNED),
          "NF-ResNet with SkipInit: Brock, De and Smith, arXiv:2101.08692");
      variant(
          r,
          "gn",
          b -> b.norm(new Norm(Norm.Kind.GROUP, 8)),
          "Wu and He, arXiv:1803.08494, 8 groups");
      put.accept(
          r.with(d -> d.name(r.name() + "-sd").regularisation(Regularisation.stochasticDepth(0.5))),
          "stochastic depth: Huang et al., arXiv:1603.09382");
    }
    ResNetSpec deep = basic(1202);
    put.accept(
        deep.with(d -> d.name("resnet1202-sd").regularisation(Regularisation.stochasticDepth(0.5))),
        "stochastic depth: Huang et al., arXiv:1603.09382");
    ResNetSpec r = basic(20).withBlock(b -> b.shortcut(Shortcut.PROJECTION));
    variant(r, "blur", b -> b.blur(true), "BlurPool: Zhang, arXiv:1904.11486");
    variant(
        r,
        "d",
        b -> b.shortcut(Shortcut.POOLED_PROJECTION),
        "the shortcut of ResNet-D: He et al., arXiv:1812.01187");
    put.accept(
        r.with(d -> d.name("resnet20-dropblock").regularisation(Regularisation.dropBlock(0.1, 3))),
        "DropBlock: Ghiasi et al., arXiv:1810.12890");
  }

  /**
   * Nine layers that learn CIFAR-10 in minutes, in the manner of Page's for DAWNBench: each stage
   * begins with a convolution whose result is pooled, so that little is computed at full size, and
   * the later two go on with a residual block, which adds what its activation leaves. 190 million
   * multiply-adds a picture, a third of ResNet-18's.
   */
  private void fast() {
    GraphBuilder g = new GraphBuilder();
    Style style = new Style(Norm.BATCH, Activation.RELU, true);
    BlockDesign design =
        BlockDesign.ORIGINAL.with(b -> b.order(Order.ACT_BEFORE_ADD).shortcut(Shortcut.IDENTITY));
    Window halving = Window.square(2, 2, 0);
    Value x = g.input(ModelSpec.IMAGES, Shape.of(2, 3, 32, 32));
    x = Layers.convNormAct(g, "conv1", "bn1", x, 32, 3, 1, style);
    int[] widths = {64, 256, 256};
    for (int stage = 0; stage < widths.length; stage++) {
      String path = "layer" + (stage + 1);
      x = Layers.conv(g, path + ".0.conv1", x, widths[stage], 3, 1, style);
      x = g.maxPool(path + ".0.pool", x, halving);
      x = Layers.normAct(g, path + ".0.bn1", x, style);
      if (stage > 0) {
        x = Blocks.block(g, path + ".1", x, BlockSpec.of(design, widths[stage], 1, true));
      }
    }
    x = g.globalAveragePool("avgpool", g.maxPool("maxpool", x, halving));
    // Small logits at the start, as there: an eighth.
    x = g.affine("scaled", g.flatten("flatten", x), 0.125, 0);
    g.output(ModelSpec.LOGITS, g.linear("fc", x, 10));
    put.accept(
        GraphSpec.of("resnet9", g.build()),
        "resnet4j, for the recipe cifar10-fast, after Page 2018, davidcpage/cifar10-fast");
  }

  /** Three stages of as many layers as their twins; each block holds two branches. */
  private void reversible() {
    put.accept(reversible(basic(38), 3, 112), "Gomez et al., arXiv:1707.04585, table 1");
    put.accept(reversible(basic(110), 9, 128), "Gomez et al., arXiv:1707.04585, table 1");
    put.accept(reversible(bottleneck(164), 9, 128), "Gomez et al., arXiv:1707.04585, table 1");
  }

  private static ResNetSpec reversible(ResNetSpec twin, int blocks, int last) {
    return twin.with(
            d ->
                d.name(twin.name().replace("resnet", "revnet"))
                    .stem(new Stem(Stem.Kind.CIFAR, 32))
                    .blocks(List.of(blocks, blocks, blocks))
                    .widths(List.of(32, 64, last)))
        .withBlock(b -> b.order(Order.PREACTIVATION).reversible(true));
  }
}
