package io.resnet4j.nn;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Activation;
import java.util.function.Consumer;

/**
 * What the blocks of a network have in common: a branch of convolutions, a shortcut, and how the
 * two are joined. {@link #ORIGINAL} with some options changed is a block of the literature; the
 * sources stand beside the options.
 *
 * @param kind the convolutions of the branch
 * @param order where norm and activation stand around convolutions and addition
 * @param norm what keeps the scale of the activations
 * @param activation the non-linearity
 * @param shortcut what runs beside the branch
 * @param join how the two become one
 * @param stridePosition which convolution of a bottleneck strides; of the others the first one does
 * @param groups channel groups of a bottleneck's 3x3 convolution (ResNeXt: Xie et al.,
 *     arXiv:1611.05431)
 * @param groupWidth channels of each group where a stage is 64 wide, in proportion elsewhere: 4 of
 *     32 groups in ResNeXt-50 32x4d, 128 of one group in Wide ResNet-50-2 (Zagoruyko and Komodakis,
 *     arXiv:1605.07146)
 * @param squeeze width of a squeeze-and-excitation bottleneck as a share of the channels; 0 for
 *     none
 * @param scale what the branch's end is multiplied by at the start
 * @param blur whether strides become a dense convolution followed by blur pooling
 * @param reversible whether the block is two couplings of channel halves, y1 = x1 + F(x2) and y2 =
 *     x2 + G(y1), F and G being this design's branch (RevNet: Gomez et al., arXiv:1707.04585)
 */
public record BlockDesign(
    Block kind,
    Order order,
    Norm norm,
    Activation activation,
    Shortcut shortcut,
    Join join,
    StridePosition stridePosition,
    int groups,
    int groupWidth,
    double squeeze,
    BranchScale scale,
    boolean blur,
    boolean reversible) {
  /** The basic block of He et al. 2015 with projections (option B). */
  public static final BlockDesign ORIGINAL =
      new BlockDesign(
          Block.BASIC,
          Order.ORIGINAL,
          Norm.BATCH,
          Activation.RELU,
          Shortcut.PROJECTION,
          Join.SUM,
          StridePosition.ON_3X3,
          1,
          64,
          0,
          BranchScale.ONE,
          false,
          false);

  /** Checks that the options go together. */
  public BlockDesign {
    require(groups >= 1 && groups <= 1 << 16, "groups " + groups, "at least 1");
    require(groupWidth >= 1 && groupWidth <= 1 << 16, "groupWidth " + groupWidth, "at least 1");
    require(
        kind == Block.BOTTLENECK || groups == 1 && groupWidth == 64,
        "groups " + groups + " of width " + groupWidth + " in a block of kind " + kind,
        "kind BOTTLENECK, or 1 group of width 64");
    require(squeeze >= 0 && squeeze <= 1, "squeeze " + squeeze, "0 (none) to 1");
    require(
        norm.kind() != Norm.Kind.FIXUP || order == Order.ORIGINAL && scale == BranchScale.ONE,
        "norm FIXUP with order " + order + " and scale " + scale,
        "order ORIGINAL and scale ONE");
    require(
        norm.kind() != Norm.Kind.STANDARDISED_WEIGHTS || order == Order.PREACTIVATION,
        "norm STANDARDISED_WEIGHTS with order " + order,
        "order PREACTIVATION");
    require(
        !reversible || order.preactivates() && shortcut != Shortcut.NONE && join.equals(Join.SUM),
        "a reversible block with order " + order + ", shortcut " + shortcut + " and join " + join,
        "a pre-activated order, a shortcut and the plain sum");
  }

  private static void require(boolean right, String given, String expected) {
    if (!right) {
      throw new InvalidInputException("block: " + given + "; expected " + expected);
    }
  }

  /** This design with what {@code change} changes. */
  public BlockDesign with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.design();
  }

  /** Channels that leave a block, total over both halves of a reversible one. */
  public int channels(int width) {
    return Math.multiplyExact(width, kind.expansion());
  }

  /** Channels between the convolutions of the branch. */
  int innerWidth(int width) {
    // As torchvision rounds it.
    return kind == Block.BOTTLENECK ? (int) (width * (groupWidth / 64.0)) * groups : width;
  }

  /** A design to be changed; each method sets the option of its name. */
  public static final class Draft {
    private Block kind;
    private Order order;
    private Norm norm;
    private Activation activation;
    private Shortcut shortcut;
    private Join join;
    private StridePosition stridePosition;
    private int groups;
    private int groupWidth;
    private double squeeze;
    private BranchScale scale;
    private boolean blur;
    private boolean reversible;

    private Draft(BlockDesign from) {
      kind = from.kind;
      order = from.order;
      norm = from.norm;
      activation = from.activation;
      shortcut = from.shortcut;
      join = from.join;
      stridePosition = from.stridePosition;
      groups = from.groups;
      groupWidth = from.groupWidth;
      squeeze = from.squeeze;
      scale = from.scale;
      blur = from.blur;
      reversible = from.reversible;
    }

    private BlockDesign design() {
      return new BlockDesign(
          kind,
          order,
          norm,
          activation,
          shortcut,
          join,
          stridePosition,
          groups,
          groupWidth,
          squeeze,
          scale,
          blur,
          reversible);
    }

    /** The convolutions of the branch. */
    public Draft kind(Block value) {
      kind = value;
      return this;
    }

    /** Where norm and activation stand. */
    public Draft order(Order value) {
      order = value;
      return this;
    }

    /** What keeps the scale of the activations. */
    public Draft norm(Norm value) {
      norm = value;
      return this;
    }

    /** The non-linearity. */
    public Draft activation(Activation value) {
      activation = value;
      return this;
    }

    /** What runs beside the branch. */
    public Draft shortcut(Shortcut value) {
      shortcut = value;
      return this;
    }

    /** How shortcut and branch become one. */
    public Draft join(Join value) {
      join = value;
      return this;
    }

    /** Which convolution of a bottleneck strides. */
    public Draft stridePosition(StridePosition value) {
      stridePosition = value;
      return this;
    }

    /** Channel groups of a bottleneck's 3x3 convolution. */
    public Draft groups(int value) {
      groups = value;
      return this;
    }

    /** Channels of each group where a stage is 64 wide. */
    public Draft groupWidth(int value) {
      groupWidth = value;
      return this;
    }

    /** Share of the channels that squeeze-and-excitation leaves; 0 for none. */
    public Draft squeeze(double value) {
      squeeze = value;
      return this;
    }

    /** What the branch's end is multiplied by at the start. */
    public Draft scale(BranchScale value) {
      scale = value;
      return this;
    }

    /** Whether strides are blurred. */
    public Draft blur(boolean value) {
      blur = value;
      return this;
    }

    /** Whether the block couples halves. */
    public Draft reversible(boolean value) {
      reversible = value;
      return this;
    }
  }
}
