package io.resnet4j.fetch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.model.Models;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Names in published files. */
class ConversionTest {
  /** torchvision renames {@code norm.1} to {@code norm1} of layers when it loads these files. */
  @Test
  void namesOfOlderDenseNetsAreThoseOfToday() {
    String older = "features.denseblock4.denselayer16.norm.2.running_mean";
    assertEquals("features.denseblock4.denselayer16.norm2.running_mean", Conversion.path(older));
    assertEquals(
        "features.denseblock1.denselayer1.conv1.weight",
        Conversion.path("features.denseblock1.denselayer1.conv.1.weight"));
    Set<String> here = Models.named("densenet121").stateShapes().keySet();
    Set<String> published =
        here.stream()
            .map(path -> path.replaceAll("(denselayer\\d+\\.(?:norm|conv))([12])", "$1.$2"))
            .collect(Collectors.toSet());
    assertTrue(published.stream().anyMatch(path -> !here.contains(path)));
    assertEquals(here, published.stream().map(Conversion::path).collect(Collectors.toSet()));
  }

  @Test
  void otherNamesStay() {
    for (String path : Set.of("layer1.0.conv1.weight", "features.norm.1.weight", "fc.bias")) {
      assertEquals(path, Conversion.path(path));
    }
  }
}
