package io.resnet4j.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.tensor.Shape;
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
        new Summary.Row("conv1", "conv 7x7/2 pad 3", Shape.of(1, 64, 112, 112), 9408, 118013952),
        summary.rows().get(1));
    assertEquals(
        new Summary.Row("fc", "linear", Shape.of(1, 1000), 2049000, 2048000),
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
}
