package io.resnet4j.model;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Criterion;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Value;
import io.resnet4j.nn.Block;
import io.resnet4j.nn.BlockSpec;
import io.resnet4j.nn.Initialisation;
import io.resnet4j.nn.Layers;
import io.resnet4j.nn.Shortcut;
import io.resnet4j.nn.Stem;
import io.resnet4j.nn.StridePosition;
import io.resnet4j.nn.Style;
import io.resnet4j.tensor.Shape;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A residual network of He et al. 2015 (arXiv:1512.03385) or its plain twin: stem, stages, head.
 * Every stage but the first halves the picture. Paths are those of torchvision's state_dict.
 *
 * @param name what it is called
 * @param stem what stands before the first stage; its width is the first stage's
 * @param block basic or bottleneck
 * @param blocks blocks of each stage
 * @param widths channels of the 3x3 convolutions of each stage
 * @param shortcut what runs beside each branch
 * @param stridePosition which convolution of a bottleneck strides
 * @param activation the non-linearity; RELU in every named network
 * @param zeroLastScale whether the last batch norm of each branch starts with scale zero
 * @param classes K
 * @param channels C of the pictures
 * @param height H of the pictures
 * @param width W of the pictures
 */
public record ResNetSpec(
    String name,
    Stem stem,
    Block block,
    List<Integer> blocks,
    List<Integer> widths,
    Shortcut shortcut,
    StridePosition stridePosition,
    Activation activation,
    boolean zeroLastScale,
    int classes,
    int channels,
    int height,
    int width)
    implements ModelSpec {
  /** Checks the numbers and copies the lists. */
  public ResNetSpec {
    blocks = List.copyOf(blocks);
    widths = List.copyOf(widths);
    check(name, !name.isBlank(), "name", name, "a name");
    check(name, !blocks.isEmpty() && blocks.size() <= 16, "blocks", blocks, "1 to 16 stages");
    check(
        name,
        blocks.stream().allMatch(n -> n >= 1 && n <= 10_000),
        "blocks",
        blocks,
        "1 to 10000 blocks per stage");
    check(name, widths.size() == blocks.size(), "widths", widths, "one per stage");
    check(
        name,
        widths.stream().allMatch(n -> n >= 1 && n <= 1 << 16),
        "widths",
        widths,
        "1 to 65536 channels per stage");
    check(name, classes >= 1 && classes <= 1 << 24, "classes", classes, "at least 1");
    check(name, channels >= 1 && channels <= 1 << 16, "channels", channels, "at least 1");
    check(
        name,
        Math.min(height, width) >= 1 && Math.max(height, width) <= 1 << 16,
        "picture",
        height + "x" + width,
        "1 to 65536 pixels a side");
  }

  private static void check(
      String name, boolean right, String field, Object given, String expected) {
    if (!right) {
      throw new InvalidInputException(
          "model " + name + ": " + field + " " + given + "; expected " + expected);
    }
  }

  @Override
  public Graph graph(int batch) {
    GraphBuilder g = new GraphBuilder();
    g.output(LOGITS, write(g, batch, false));
    return g.build();
  }

  @Override
  public Graph trainingGraph(int batch, Criterion criterion) {
    GraphBuilder g = new GraphBuilder();
    Value logits = write(g, batch, true);
    ModelSpec.writeLoss(g, criterion, logits);
    g.output(LOGITS, logits);
    return g.build();
  }

  private Value write(GraphBuilder g, int batch, boolean training) {
    check(name, batch >= 1, "batch", batch, "at least 1");
    Style style = new Style(activation, training);
    Value x = g.input(IMAGES, Shape.of(batch, channels, height, width));
    x = Layers.stem(g, x, stem, widths.get(0), style);
    for (int stage = 0; stage < blocks.size(); stage++) {
      for (int i = 0; i < blocks.get(stage); i++) {
        int stride = stage > 0 && i == 0 ? 2 : 1;
        BlockSpec spec =
            new BlockSpec(block, widths.get(stage), stride, shortcut, stridePosition, style);
        x = Layers.block(g, blockPath(stage, i), x, spec);
      }
    }
    return Layers.head(g, x, classes);
  }

  private static String blockPath(int stage, int index) {
    return "layer" + (stage + 1) + "." + index;
  }

  /**
   * Path of the value that leaves a stage, such as {@code layer3.5.out} for {@code layer3}.
   *
   * @throws InvalidInputException if there is no such stage
   */
  public String stageOutput(String stage) {
    for (int i = 0; i < blocks.size(); i++) {
      if (stage.equals("layer" + (i + 1))) {
        return blockPath(i, blocks.get(i) - 1) + ".out";
      }
    }
    throw new InvalidInputException(
        "model " + name + ": no stage '" + stage + "'; use layer1 to layer" + blocks.size());
  }

  /**
   * Counted on the graph of the network with at most two blocks per stage, the second standing for
   * all later ones, which are alike: so 1202 layers cost no more than 20.
   */
  @Override
  public Counts counts() {
    List<Integer> few = blocks.stream().map(n -> Math.min(n, 2)).toList();
    List<String> repeated =
        IntStream.range(0, blocks.size()).mapToObj(s -> blockPath(s, 1) + ".").toList();
    return Counts.weighted(
        withBlocks(few).graph(1),
        node -> {
          for (int stage = 0; stage < repeated.size(); stage++) {
            if (node.path().startsWith(repeated.get(stage))) {
              return blocks.get(stage) - 1;
            }
          }
          return 1;
        });
  }

  @Override
  public Initialisation initialisation() {
    return Initialisation.torchvision(zeroLastScale);
  }

  /** The same network under another name. */
  public ResNetSpec withName(String newName) {
    return new ResNetSpec(
        newName,
        stem,
        block,
        blocks,
        widths,
        shortcut,
        stridePosition,
        activation,
        zeroLastScale,
        classes,
        channels,
        height,
        width);
  }

  /** With another stem. */
  public ResNetSpec withStem(Stem newStem) {
    return new ResNetSpec(
        name,
        newStem,
        block,
        blocks,
        widths,
        shortcut,
        stridePosition,
        activation,
        zeroLastScale,
        classes,
        channels,
        height,
        width);
  }

  /** With other numbers of blocks per stage. */
  public ResNetSpec withBlocks(List<Integer> newBlocks) {
    return new ResNetSpec(
        name,
        stem,
        block,
        newBlocks,
        widths,
        shortcut,
        stridePosition,
        activation,
        zeroLastScale,
        classes,
        channels,
        height,
        width);
  }

  /** With other widths per stage. */
  public ResNetSpec withWidths(List<Integer> newWidths) {
    return new ResNetSpec(
        name,
        stem,
        block,
        blocks,
        newWidths,
        shortcut,
        stridePosition,
        activation,
        zeroLastScale,
        classes,
        channels,
        height,
        width);
  }

  /** With another kind of shortcut. */
  public ResNetSpec withShortcut(Shortcut newShortcut) {
    return new ResNetSpec(
        name,
        stem,
        block,
        blocks,
        widths,
        newShortcut,
        stridePosition,
        activation,
        zeroLastScale,
        classes,
        channels,
        height,
        width);
  }

  /** With the bottleneck's stride elsewhere. */
  public ResNetSpec withStridePosition(StridePosition newPosition) {
    return new ResNetSpec(
        name,
        stem,
        block,
        blocks,
        widths,
        shortcut,
        newPosition,
        activation,
        zeroLastScale,
        classes,
        channels,
        height,
        width);
  }

  /** With another non-linearity. */
  public ResNetSpec withActivation(Activation newActivation) {
    return new ResNetSpec(
        name,
        stem,
        block,
        blocks,
        widths,
        shortcut,
        stridePosition,
        newActivation,
        zeroLastScale,
        classes,
        channels,
        height,
        width);
  }

  /** With the last scale of each branch starting at zero, or not. */
  public ResNetSpec withZeroLastScale(boolean zero) {
    return new ResNetSpec(
        name,
        stem,
        block,
        blocks,
        widths,
        shortcut,
        stridePosition,
        activation,
        zero,
        classes,
        channels,
        height,
        width);
  }

  @Override
  public ResNetSpec withClasses(int newClasses) {
    return new ResNetSpec(
        name,
        stem,
        block,
        blocks,
        widths,
        shortcut,
        stridePosition,
        activation,
        zeroLastScale,
        newClasses,
        channels,
        height,
        width);
  }

  @Override
  public ResNetSpec withInput(int newChannels, int newHeight, int newWidth) {
    return new ResNetSpec(
        name,
        stem,
        block,
        blocks,
        widths,
        shortcut,
        stridePosition,
        activation,
        zeroLastScale,
        classes,
        newChannels,
        newHeight,
        newWidth);
  }
}
