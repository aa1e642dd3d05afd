package io.resnet4j.model;

import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Value;
import io.resnet4j.nn.BlockDesign;
import io.resnet4j.nn.BlockSpec;
import io.resnet4j.nn.Blocks;
import io.resnet4j.nn.HeadKind;
import io.resnet4j.nn.Initialisation;
import io.resnet4j.nn.Norm;
import io.resnet4j.nn.Regularisation;
import io.resnet4j.nn.Shortcut;
import io.resnet4j.nn.Stages;
import io.resnet4j.nn.Stem;
import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * A residual network or its plain twin: stem, stages of blocks of one design, head. Every stage but
 * the first halves the picture. Paths are those of torchvision's and timm's state_dicts where these
 * have the network.
 *
 * @param name what it is called
 * @param stem what stands before the first stage
 * @param block what all blocks have in common
 * @param blocks blocks of each stage
 * @param widths channels of the 3x3 convolutions of each stage, both halves of a reversible one
 * @param outputStride pixels of the stem's picture per pixel of the last stage that are not to be
 *     exceeded: later stages dilate their convolutions instead of striding (DRN: Yu et al.,
 *     arXiv:1705.09914; DeepLab: Chen et al., arXiv:1706.05587); 0 for no limit
 * @param headKind what the affine map at the end reads; one that flattens takes pictures of the
 *     spec's size only, and {@link #withInput} gives it another number of weights
 * @param regularisation what is lost at random in training
 * @param initialisation how weights start where the design does not say
 * @param classes K
 * @param channels C of the pictures
 * @param height H of the pictures
 * @param width W of the pictures
 */
public record ResNetSpec(
    String name,
    Stem stem,
    BlockDesign block,
    List<Integer> blocks,
    List<Integer> widths,
    int outputStride,
    HeadKind headKind,
    Regularisation regularisation,
    Initialisation initialisation,
    int classes,
    int channels,
    int height,
    int width)
    implements ModelSpec {
  /** ResNet-20 of He et al. 2015 (arXiv:1512.03385) with projections, for 32x32 pictures. */
  static final ResNetSpec DEFAULT =
      new ResNetSpec(
          "resnet",
          new Stem(Stem.Kind.CIFAR, 16),
          BlockDesign.ORIGINAL,
          List.of(3, 3, 3),
          List.of(16, 32, 64),
          0,
          HeadKind.POOL,
          Regularisation.NONE,
          Initialisation.TORCHVISION,
          10,
          3,
          32,
          32);

  /** What an affine map may read of a picture; more would not fit into any machine. */
  private static final long MOST_FEATURES = 1 << 24;

  /** Checks the numbers and copies the lists. */
  public ResNetSpec {
    blocks = List.copyOf(blocks);
    widths = List.copyOf(widths);
    Checks.picture(name, classes, channels, height, width);
    Checks.stages(name, "blocks", blocks, 10_000);
    Checks.require(name, widths.size() == blocks.size(), "widths", widths, "one per stage");
    Checks.stages(name, "widths", widths, 1 << 16);
    Checks.require(
        name,
        outputStride == 0 || outputStride >= stem.kind().stride(),
        "outputStride",
        outputStride,
        "0 or at least the stem's " + stem.kind().stride());
  }

  @Override
  public Value write(GraphBuilder g, Value images, boolean training) {
    Value x = Stages.stem(g, images, stem, block, stemActivates(), training);
    List<List<BlockSpec>> stages = stages(training);
    for (int stage = 0; stage < stages.size(); stage++) {
      x = Stages.stage(g, stagePath(stage), x, stages.get(stage));
    }
    requireHead(images.shape(), x.shape());
    return Stages.head(g, x, block, headKind, classes, regularisation.headDropout(), training);
  }

  private void requireHead(Shape images, Shape last) {
    if (headKind == HeadKind.POOL) {
      return;
    }
    Checks.require(
        name,
        images.dim(2) == height && images.dim(3) == width,
        "picture",
        images.dim(2) + "x" + images.dim(3),
        height
            + "x"
            + width
            + ", since a head that flattens takes one size; resize the pictures, or train the"
            + " network for theirs (withInput) or with headKind POOL");
    Checks.require(
        name,
        last.elements() / last.dim(0) <= MOST_FEATURES,
        "headKind FLATTEN of",
        last,
        "at most " + MOST_FEATURES + " numbers a picture; give a smaller one, or headKind POOL");
  }

  private static String stagePath(int stage) {
    return "layer" + (stage + 1);
  }

  /**
   * Whether norm and activation follow the stem's last convolution: not where the first block
   * brings its own. On 32x32 pictures pre-activated blocks do, as in KaimingHe/resnet-1k-layers;
   * after a max pool they do not, as in fb.resnet.torch, nor in a RevNet; an NF-ResNet's always do.
   */
  private boolean stemActivates() {
    return !block.order().preactivates()
        || block.reversible()
        || stem.kind() != Stem.Kind.CIFAR && block.norm().kind() != Norm.Kind.STANDARDISED_WEIGHTS;
  }

  private List<List<BlockSpec>> stages(boolean training) {
    int total = blocks.stream().mapToInt(Integer::intValue).sum();
    List<List<BlockSpec>> stages = new ArrayList<>();
    int index = 0;
    int entering = stem.width();
    int reached = stem.kind().stride();
    int dilation = 1;
    double variance = 1;
    for (int stage = 0; stage < blocks.size(); stage++) {
      int stride = stage == 0 ? 1 : 2;
      int firstDilation = dilation;
      if (outputStride > 0 && reached * stride > outputStride) {
        // The first block still sees neighbours at the old distance, as in torchvision.
        dilation *= stride;
        stride = 1;
      }
      reached *= stride;
      List<BlockSpec> row = new ArrayList<>();
      for (int i = 0; i < blocks.get(stage); i++) {
        boolean changes = i == 0 && (stride > 1 || entering != block.channels(widths.get(stage)));
        index++;
        row.add(
            new BlockSpec(
                block,
                widths.get(stage),
                i == 0 ? stride : 1,
                i == 0 ? firstDilation : dilation,
                entry(index == 1, changes),
                1 - regularisation.stochasticDepth() * index / total,
                regularisation.dropPath() * (index - 1) / Math.max(1, total - 1),
                regularisation.dropout(),
                dropBlock(stage),
                regularisation.dropBlockSize(),
                variance,
                total,
                training));
        // NF-ResNets: a projection resets the variance, each branch adds its own.
        variance = (i == 0 ? 1 : variance) + Blocks.NF_ALPHA * Blocks.NF_ALPHA;
      }
      entering = block.channels(widths.get(stage));
      stages.add(row);
    }
    return stages;
  }

  private BlockSpec.Entry entry(boolean first, boolean changes) {
    if (first && stemActivates()) {
      return BlockSpec.Entry.BARE;
    }
    boolean shared = block.order().preactivates() && !block.reversible() && (first || changes);
    return shared ? BlockSpec.Entry.SHARED : BlockSpec.Entry.OWN;
  }

  private double dropBlock(int stage) {
    int fromEnd = blocks.size() - 1 - stage;
    return fromEnd > 1 ? 0 : regularisation.dropBlock() / (fromEnd == 0 ? 1 : 4);
  }

  /**
   * Path of the value that leaves a stage, such as {@code layer3.5.out} for {@code layer3}.
   *
   * @throws io.resnet4j.InvalidInputException if there is no such stage
   */
  public String stageOutput(String stage) {
    int wanted =
        IntStream.range(0, blocks.size())
            .filter(s -> stage.equals(stagePath(s)))
            .findFirst()
            .orElse(-1);
    Checks.require(
        name, wanted >= 0, "stage", "'" + stage + "'", "layer1 to layer" + blocks.size());
    GraphBuilder g = new GraphBuilder();
    Value x = g.input(IMAGES, Shape.of(1, channels, height, width));
    x = Stages.stem(g, x, stem, block, stemActivates(), false);
    List<List<BlockSpec>> stages = stages(false);
    for (int s = 0; s <= wanted; s++) {
      x = Stages.stage(g, stagePath(s), x, stages.get(s));
    }
    return x.name();
  }

  /**
   * Counted on the graph of the network with at most two blocks per stage, the second standing for
   * all later ones, which are alike: so 1202 layers cost no more than 20.
   */
  @Override
  public Counts counts() {
    List<Integer> few = blocks.stream().map(n -> Math.min(n, 2)).toList();
    List<String> repeated =
        IntStream.range(0, blocks.size()).mapToObj(s -> stagePath(s) + ".1.").toList();
    Graph graph = with(d -> d.blocks(few)).graph(1);
    return Counts.weighted(
        graph,
        node -> {
          for (int stage = 0; stage < repeated.size(); stage++) {
            if (node.path().startsWith(repeated.get(stage))) {
              return blocks.get(stage) - 1;
            }
          }
          return 1;
        });
  }

  /** This network with what {@code change} changes. */
  public ResNetSpec with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.spec();
  }

  /**
   * The same network with branches dropped picture by picture; 0 for none.
   *
   * @throws io.resnet4j.InvalidInputException if nothing runs beside its branches
   */
  public ResNetSpec withDropPath(double probability) {
    Checks.require(
        name,
        probability == 0 || block.shortcut() != Shortcut.NONE,
        "dropPath",
        probability,
        "0, since without shortcuts nothing is left of a picture whose branch is dropped");
    return with(d -> d.regularisation(regularisation.withDropPath(probability)));
  }

  /** The same network with other blocks. */
  public ResNetSpec withBlock(Consumer<BlockDesign.Draft> change) {
    return with(d -> d.block(block.with(change)));
  }

  /** The same network under another name. */
  public ResNetSpec withName(String newName) {
    return with(d -> d.name(newName));
  }

  /** With other numbers of blocks per stage. */
  public ResNetSpec withBlocks(List<Integer> newBlocks) {
    return with(d -> d.blocks(newBlocks));
  }

  /** With other widths per stage; the stem follows where it was as wide as the first. */
  public ResNetSpec withWidths(List<Integer> newWidths) {
    boolean follows = stem.width() == widths.get(0) && !newWidths.isEmpty();
    Stem newStem = follows ? new Stem(stem.kind(), newWidths.get(0)) : stem;
    return with(d -> d.widths(newWidths).stem(newStem));
  }

  /** With another non-linearity. */
  public ResNetSpec withActivation(Activation newActivation) {
    return withBlock(b -> b.activation(newActivation));
  }

  @Override
  public ResNetSpec withClasses(int newClasses) {
    return with(d -> d.classes(newClasses));
  }

  @Override
  public ResNetSpec withInput(int newChannels, int newHeight, int newWidth) {
    return with(d -> d.input(newChannels, newHeight, newWidth));
  }

  /** A network to be changed; each method sets the field of its name. */
  public static final class Draft {
    private String name;
    private Stem stem;
    private BlockDesign block;
    private List<Integer> blocks;
    private List<Integer> widths;
    private int outputStride;
    private HeadKind headKind;
    private Regularisation regularisation;
    private Initialisation initialisation;
    private int classes;
    private int channels;
    private int height;
    private int width;

    private Draft(ResNetSpec from) {
      name = from.name;
      stem = from.stem;
      block = from.block;
      blocks = from.blocks;
      widths = from.widths;
      outputStride = from.outputStride;
      headKind = from.headKind;
      regularisation = from.regularisation;
      initialisation = from.initialisation;
      classes = from.classes;
      channels = from.channels;
      height = from.height;
      width = from.width;
    }

    private ResNetSpec spec() {
      return new ResNetSpec(
          name,
          stem,
          block,
          blocks,
          widths,
          outputStride,
          headKind,
          regularisation,
          initialisation,
          classes,
          channels,
          height,
          width);
    }

    /** What it is called. */
    public Draft name(String value) {
      name = value;
      return this;
    }

    /** What stands before the first stage. */
    public Draft stem(Stem value) {
      stem = value;
      return this;
    }

    /** What all blocks have in common. */
    public Draft block(BlockDesign value) {
      block = value;
      return this;
    }

    /** Blocks of each stage. */
    public Draft blocks(List<Integer> value) {
      blocks = value;
      return this;
    }

    /** Channels of the 3x3 convolutions of each stage. */
    public Draft widths(List<Integer> value) {
      widths = value;
      return this;
    }

    /** The stride from which on stages dilate; 0 for none. */
    public Draft outputStride(int value) {
      outputStride = value;
      return this;
    }

    /** What the affine map at the end reads. */
    public Draft headKind(HeadKind value) {
      headKind = value;
      return this;
    }

    /** What is lost at random in training. */
    public Draft regularisation(Regularisation value) {
      regularisation = value;
      return this;
    }

    /** How weights start. */
    public Draft initialisation(Initialisation value) {
      initialisation = value;
      return this;
    }

    /** K. */
    public Draft classes(int value) {
      classes = value;
      return this;
    }

    /** C, H and W of the pictures. */
    public Draft input(int newChannels, int newHeight, int newWidth) {
      channels = newChannels;
      height = newHeight;
      width = newWidth;
      return this;
    }
  }
}
