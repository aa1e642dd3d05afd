package io.resnet4j.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SummaryTest {
  @ParameterizedTest
  @ValueSource(strings = {"resnet20", "resnet50", "plain34"})
  void rowsAddUpToTheTotals(String name) {
    Summary summary = Summary.of(Models.named(name));
    assertEquals(
        summary.totals(),
        new Counts(
            summary.rows().stream().mapToLong(Summary.Row::parameters).sum(),
            summary.rows().stream().mapToLong(Summary.Row::macs).sum()));
    assertEquals(Models.named(name).counts(), summary.totals());
  }

  @Test
  void rowsSayWhatEachLayerDoes() {
    Summary summary = Summary.of(Models.resnet50(1000));
    assertEquals(
        new Summary.Row(
            "conv1", "conv 7x7/2 pad 3", Shape.of(1, 64, 112, 112), 9408, 118013952, 3211264),
        summary.rows().get(1));
    assertEquals(
        new Summary.Row("fc", "linear", Shape.of(1, 1000), 2049000, 2048000, 4000),
        summary.rows().get(summary.rows().size() - 1));
    assertTrue(
        Summary.of(Models.resnet20(10)).rows().stream()
            .anyMatch(r -> r.operation().equals("subsample 2, zero channels 8+8")));
  }

  @Test
  void diagramShowsMainPathAndShortcuts() {
    String residual = Diagram.mermaid(Models.resnet20(10));
    assertTrue(residual.startsWith("flowchart TD\n  n0[\"images<br/>[1,3,32,32]\"]\n"), residual);
    assertEquals(9, residual.lines().filter(l -> l.contains("((\"+\"))")).count());
    // Nine shortcuts, two of them by way of a padding box.
    assertEquals(11, residual.lines().filter(l -> l.contains("-.->")).count());
    String plain = Diagram.mermaid(Models.named("plain20"));
    assertFalse(plain.contains("-.->"));
    assertEquals(
        plain.lines().filter(l -> l.contains("[\"")).count() - 1,
        plain.lines().filter(l -> l.contains("-->")).count());
  }

  @Test
  void treeSumsStagesAndBlocks() {
    List<Summary.Line> tree = Summary.of(Models.resnet50(1000)).tree();
    Summary.Line stage = line(tree, 0, "layer1");
    assertEquals(Shape.of(1, 256, 56, 56), stage.output());
    assertEquals(215808, stage.parameters());
    assertEquals(75008, line(tree, 1, "0").parameters());
    assertEquals("conv 1x1", line(tree, 2, "conv1").operation());
    assertEquals(256 * 64, line(tree, 3, "0").parameters());
    long tops = tree.stream().filter(l -> l.depth() == 0).mapToLong(Summary.Line::macs).sum();
    assertEquals(Models.resnet50(1000).counts().macs(), tops);
  }

  private static Summary.Line line(List<Summary.Line> tree, int depth, String label) {
    return tree.stream()
        .filter(l -> l.depth() == depth && l.label().equals(label))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aBlockIsDrawnByItself() {
    String block = Diagram.mermaid(Models.resnet("resnet20-b"), "layer2.0");
    assertEquals(1, block.lines().filter(l -> l.contains("[\"layer1.2.out")).count(), block);
    // Into the projection, from its convolution to its norm, and into the sum.
    assertEquals(3, block.lines().filter(l -> l.contains("-.->")).count(), block);
    assertTrue(block.contains("batch norm"), block);
    assertThrows(
        InvalidInputException.class, () -> Diagram.mermaid(Models.resnet20(10), "layer9.0"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"resnet20-nf", "resnet20-exclusive-gate", "revnet38", "densenet-bc-40-12"})
  void everyArrowOfADiagramLeavesABox(String name) {
    String text = Diagram.mermaid(Models.named(name));
    long boxes = text.lines().filter(l -> l.contains("[\"") || l.contains("((\"")).count();
    // Every box but the picture has a way in; weights have none.
    long entered =
        text.lines()
            .filter(l -> l.contains("->"))
            .map(l -> l.substring(l.lastIndexOf(' ')))
            .distinct()
            .count();
    assertEquals(boxes - 1, entered);
  }
}
