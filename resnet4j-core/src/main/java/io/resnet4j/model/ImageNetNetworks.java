package io.resnet4j.model;

import io.resnet4j.nn.Block;
import io.resnet4j.nn.BlockDesign;
import io.resnet4j.nn.BranchScale;
import io.resnet4j.nn.Norm;
import io.resnet4j.nn.Order;
import io.resnet4j.nn.Regularisation;
import io.resnet4j.nn.Shortcut;
import io.resnet4j.nn.Stem;
import io.resnet4j.nn.StridePosition;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Residual networks for pictures of 224x224: four stages, 64 to 512 wide. */
final class ImageNetNetworks {
  private static final String HE_2015 = "He et al. 2015, arXiv:1512.03385, ";
  private static final String TRICKS = "He et al., arXiv:1812.01187, ";

  /** Blocks of each stage by depth. */
  private static final Map<Integer, List<Integer>> BLOCKS = new LinkedHashMap<>();

  static {
    BLOCKS.put(18, List.of(2, 2, 2, 2));
    BLOCKS.put(26, List.of(2, 2, 2, 2));
    BLOCKS.put(34, List.of(3, 4, 6, 3));
    BLOCKS.put(50, List.of(3, 4, 6, 3));
    BLOCKS.put(101, List.of(3, 4, 23, 3));
    BLOCKS.put(152, List.of(3, 8, 36, 3));
    BLOCKS.put(200, List.of(3, 24, 36, 3));
  }

  private final BiConsumer<ModelSpec, String> put;

  private ImageNetNetworks(BiConsumer<ModelSpec, String> put) {
    this.put = put;
  }

  static void put(BiConsumer<ModelSpec, String> put) {
    ImageNetNetworks networks = new ImageNetNetworks(put);
    networks.he2015();
    networks.preactivated();
    networks.widened();
    networks.squeezed();
    networks.tricks();
    networks.rs();
    networks.others();
  }

  private static ResNetSpec of(int depth) {
    return ResNetSpec.DEFAULT
        .with(
            d ->
                d.name("resnet" + depth)
                    .stem(new Stem(Stem.Kind.IMAGENET, 64))
                    .blocks(BLOCKS.get(depth))
                    .widths(List.of(64, 128, 256, 512))
                    .classes(1000)
                    .input(3, 224, 224))
        .withBlock(b -> b.kind(depth == 18 || depth == 34 ? Block.BASIC : Block.BOTTLENECK));
  }

  private void variant(
      ResNetSpec of, String name, Consumer<BlockDesign.Draft> change, String source) {
    put.accept(of.withBlock(change).withName(name), source);
  }

  private void he2015() {
    for (int depth : new int[] {18, 34, 50, 101, 152, 200}) {
      ResNetSpec r = of(depth);
      boolean basic = r.block().kind() == Block.BASIC;
      put.accept(
          r,
          HE_2015 + "table 1, option B" + (basic ? "" : ", stride on the 3x3 as in torchvision"));
      if (depth == 34) {
        String table3 = HE_2015 + "table 3, ";
        variant(r, "resnet34-a", b -> b.shortcut(Shortcut.ZERO_PAD), table3 + "option A");
        variant(r, "resnet34-c", b -> b.shortcut(Shortcut.PROJECTION_ALWAYS), table3 + "option C");
      }
      if (!basic && depth < 200) {
        variant(
            r,
            r.name() + "-2015",
            b -> b.stridePosition(StridePosition.ON_FIRST_1X1),
            HE_2015 + "table 1, option B, stride on the first 1x1");
      }
      if (depth < 200) {
        variant(
            r,
            "plain" + depth,
            b -> b.shortcut(Shortcut.NONE),
            basic
                ? HE_2015 + "section 4.1, plain"
                : "twin of resnet" + depth + " without shortcuts");
      }
    }
    put.accept(
        of(18)
            .with(
                d ->
                    d.name("resnet18-cifar")
                        .stem(new Stem(Stem.Kind.CIFAR, 64))
                        .classes(10)
                        .input(3, 32, 32)),
        HE_2015 + "table 1, option B, with a 3x3 stem for 32x32 pictures");
  }

  private void preactivated() {
    for (int depth : new int[] {18, 34, 50, 101, 152, 200}) {
      variant(
          of(depth),
          "preresnet" + depth,
          b -> b.order(Order.PREACTIVATION),
          "He et al. 2016, arXiv:1603.05027, section 5, as fb.resnet.torch has it");
    }
  }

  private void widened() {
    String resnext = "Xie et al., arXiv:1611.05431, as in torchvision";
    variant(of(50), "resnext50_32x4d", b -> b.groups(32).groupWidth(4), resnext);
    variant(of(101), "resnext101_32x8d", b -> b.groups(32).groupWidth(8), resnext);
    variant(of(101), "resnext101_64x4d", b -> b.groups(64).groupWidth(4), resnext);
    String wide = "Zagoruyko and Komodakis, arXiv:1605.07146, as in torchvision";
    variant(of(50), "wide_resnet50_2", b -> b.groupWidth(128), wide);
    variant(of(101), "wide_resnet101_2", b -> b.groupWidth(128), wide);
  }

  private void squeezed() {
    for (int depth : new int[] {50, 101, 152}) {
      variant(
          of(depth),
          "seresnet" + depth,
          b -> b.squeeze(1.0 / 16),
          "Hu et al., arXiv:1709.01507, ratio 1/16, as in timm");
    }
  }

  private static ResNetSpec deep(ResNetSpec r) {
    return r.with(d -> d.stem(new Stem(Stem.Kind.DEEP, 64)));
  }

  /** ResNet-B is resnet50 itself: its stride sits on the 3x3. */
  private void tricks() {
    for (int depth : new int[] {50, 101, 152}) {
      put.accept(deep(of(depth)).withName("resnet" + depth + "c"), TRICKS + "ResNet-C, as in timm");
    }
    for (int depth : new int[] {18, 26, 34, 50, 101, 152, 200}) {
      variant(
          deep(of(depth)),
          "resnet" + depth + "d",
          b -> b.shortcut(Shortcut.POOLED_PROJECTION),
          TRICKS + "ResNet-D, as in timm");
    }
  }

  private void rs() {
    for (int depth : new int[] {50, 101, 152, 200}) {
      variant(
          of(depth).with(d -> d.stem(new Stem(Stem.Kind.DEEP_STRIDED, 64))),
          "resnetrs" + depth,
          b -> b.shortcut(Shortcut.POOLED_PROJECTION).squeeze(0.25).scale(BranchScale.ZERO),
          "Bello et al., arXiv:2103.07579, as in timm");
    }
  }

  private void others() {
    for (int depth : new int[] {18, 34, 50, 101}) {
      variant(
          of(depth),
          "resnet" + depth + "-blur",
          b -> b.blur(true),
          "BlurPool: Zhang, arXiv:1904.11486, filter 1 2 1");
    }
    variant(
        of(50),
        "resnet50_gn",
        b -> b.norm(Norm.of(Norm.Kind.GROUP)),
        "Wu and He, arXiv:1803.08494, 32 groups, as in timm");
    for (int depth : new int[] {50, 101}) {
      for (int stride : new int[] {16, 8}) {
        put.accept(
            of(depth).with(d -> d.name("resnet" + depth + "-os" + stride).outputStride(stride)),
            "dilated, as torchvision's backbones of DeepLab: Chen et al., arXiv:1706.05587");
      }
    }
    for (int depth : new int[] {26, 50, 101}) {
      variant(
          of(depth),
          "nf_resnet" + depth,
          b ->
              b.order(Order.PREACTIVATION)
                  .norm(Norm.of(Norm.Kind.STANDARDISED_WEIGHTS))
                  .shortcut(Shortcut.POOLED_PROJECTION)
                  .scale(BranchScale.ZERO),
          "Brock, De and Smith, arXiv:2101.08692, as in timm but for its names");
    }
    variant(
        of(50),
        "resnet50-fixup",
        b -> b.norm(Norm.of(Norm.Kind.FIXUP)),
        "Fixup: Zhang, Dauphin and Ma, arXiv:1901.09321");
    put.accept(
        of(152)
            .with(d -> d.name("resnet152-sd").regularisation(Regularisation.stochasticDepth(0.5))),
        "stochastic depth: Huang et al., arXiv:1603.09382");
    put.accept(
        of(50)
            .with(
                d -> d.name("resnet50-dropblock").regularisation(Regularisation.dropBlock(0.1, 7))),
        "DropBlock: Ghiasi et al., arXiv:1810.12890");
  }
}
