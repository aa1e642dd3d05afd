package io.resnet4j.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.tensor.Shape;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class LayersTest {
  private static final Style RELU = new Style(Norm.BATCH, Activation.RELU, true);

  private static Graph block(Block kind, int width, int stride, Shortcut shortcut) {
    return block(width, stride, b -> b.kind(kind).shortcut(shortcut));
  }

  private static Graph block(int width, int stride, Consumer<BlockDesign.Draft> change) {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input("layer1.2.out", Shape.of(128, 16, 32, 32));
    BlockSpec spec = BlockSpec.of(BlockDesign.ORIGINAL.with(change), width, stride, true);
    g.output("y", Blocks.block(g, "layer2.0", x, spec));
    return g.build();
  }

  private static Op op(Graph graph, String path) {
    return graph.find(path).orElseThrow().op();
  }

  @Test
  void mistakenIdentitySaysWhatToUse() {
    Exception e =
        assertThrows(
            InvalidInputException.class, () -> block(Block.BASIC, 32, 2, Shortcut.IDENTITY));
    assertEquals(
        "layer2.0.add: branch [128,32,16,16] from layer2.0.bn2, shortcut [128,16,32,32] from"
            + " layer1.2.out; use PROJECTION or ZERO_PAD",
        e.getMessage());
  }

  @Test
  void zeroPadPutsHalfTheNewChannelsOnEachSide() {
    Graph graph = block(Block.BASIC, 32, 2, Shortcut.ZERO_PAD);
    assertEquals(new Op.PadShortcut(2, 8, 8), op(graph, "layer2.0.downsample"));
    assertEquals(Shape.of(128, 32, 16, 16), graph.output("y").shape());
    graph = block(Block.BASIC, 19, 2, Shortcut.ZERO_PAD);
    assertEquals(new Op.PadShortcut(2, 1, 2), op(graph, "layer2.0.downsample"));
  }

  @Test
  void zeroPadCannotDropChannels() {
    Exception e =
        assertThrows(
            InvalidInputException.class, () -> block(Block.BASIC, 8, 2, Shortcut.ZERO_PAD));
    assertEquals(
        "layer2.0.downsample: shortcut layer1.2.out [128,16,32,32] has more channels than the"
            + " branch's 8; ZERO_PAD only adds channels, use PROJECTION",
        e.getMessage());
  }

  @Test
  void shortcutsOfAnUnchangedShape() {
    for (Shortcut kind :
        new Shortcut[] {Shortcut.IDENTITY, Shortcut.ZERO_PAD, Shortcut.PROJECTION}) {
      Node add = block(Block.BASIC, 16, 1, kind).find("layer2.0.add").orElseThrow();
      assertEquals("layer1.2.out", add.input(1).name(), kind.name());
    }
    Graph always = block(Block.BASIC, 16, 1, Shortcut.PROJECTION_ALWAYS);
    assertEquals(
        "layer2.0.downsample.1", always.find("layer2.0.add").orElseThrow().input(1).name());
    Graph none = block(Block.BASIC, 16, 1, Shortcut.NONE);
    assertTrue(none.find("layer2.0.add").isEmpty());
    assertEquals("layer2.0.bn2", none.find("layer2.0.out").orElseThrow().input(0).name());
  }

  @Test
  void bottleneckStridesWhereAsked() {
    Graph late = block(Block.BOTTLENECK, 8, 2, Shortcut.PROJECTION);
    assertEquals(1, ((Op.Conv2d) op(late, "layer2.0.conv1")).window().strideH());
    assertEquals(2, ((Op.Conv2d) op(late, "layer2.0.conv2")).window().strideH());
    Graph early =
        block(8, 2, b -> b.kind(Block.BOTTLENECK).stridePosition(StridePosition.ON_FIRST_1X1));
    assertEquals(2, ((Op.Conv2d) op(early, "layer2.0.conv1")).window().strideH());
    assertEquals(1, ((Op.Conv2d) op(early, "layer2.0.conv2")).window().strideH());
    assertEquals(late.output("y").shape(), early.output("y").shape());
    assertEquals(Shape.of(128, 32, 16, 16), late.output("y").shape());
  }

  @Test
  void activationIsTheStyles() {
    Graph graph = block(16, 1, b -> b.activation(Activation.SILU));
    assertEquals(new Op.Activate(Activation.SILU), op(graph, "layer2.0.bn1.act"));
    assertEquals(new Op.Activate(Activation.SILU), op(graph, "layer2.0.out"));
  }

  @Test
  void singleValueNormIsRefusedOnlyWhenTraining() {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input("x", Shape.of(1, 4, 1, 1));
    assertThrows(InvalidInputException.class, () -> Layers.norm(g, "bn", x, RELU));
    GraphBuilder h = new GraphBuilder();
    Value y = h.input("x", Shape.of(1, 4, 1, 1));
    Layers.norm(h, "bn", y, new Style(Norm.BATCH, Activation.RELU, false));
    Op.BatchNorm norm = (Op.BatchNorm) op(h.build(), "bn");
    assertEquals(Op.Statistics.RUNNING, norm.statistics());
  }
}
