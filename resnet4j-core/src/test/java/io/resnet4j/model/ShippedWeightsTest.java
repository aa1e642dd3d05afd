package io.resnet4j.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ShippedWeightsTest {
  @TempDir private Path cache;

  private static List<String> names() {
    return ShippedWeights.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void eachIsTheNetworkOfItsNameAndTellsHowItWasMade(String name) throws IOException {
    Model model = Model.load(ShippedWeights.file(name, cache));
    assertEquals(name, model.spec().name() + "-cifar10");
    assertEquals(10, model.classNames().orElseThrow().size());
    assertTrue(model.metadata().containsKey(Model.PREPROCESSING));
    String provenance = model.metadata().get("provenance");
    JsonNode made = new ObjectMapper().readTree(provenance);
    assertEquals(0, made.path("val_split").asDouble(-1));
    assertTrue(made.path("epochs").asInt() >= 4, provenance);
    assertFalse(provenance.contains("from /"), provenance);
  }

  @Test
  void aDamagedCopyIsReplaced() throws IOException {
    Path file = ShippedWeights.file("resnet20-cifar10", cache);
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, new byte[100]);
    assertEquals(file, ShippedWeights.file("resnet20-cifar10", cache));
    assertArrayEquals(whole, Files.readAllBytes(file));
  }

  @Test
  void whereTheCacheCannotBeWrittenATemporaryFileServes() throws IOException {
    Path noFolder = Files.writeString(cache.resolve("file"), "in the way");
    Path file = ShippedWeights.file("resnet20-cifar10", noFolder);
    assertFalse(file.startsWith(noFolder));
    assertEquals("resnet20", Model.load(file).spec().name());
  }

  @Test
  void aPathIsAPathAndAnUnknownNameSuggestsTheNearest() {
    assertEquals(Path.of("a", "b.pth"), ShippedWeights.resolve(Path.of("a", "b.pth").toString()));
    InvalidInputException unknown =
        assertThrows(
            InvalidInputException.class, () -> ShippedWeights.resolve("resnet4j:resnet20-cifar"));
    assertTrue(
        unknown.getMessage().endsWith("; did you mean 'resnet20-cifar10'?"), unknown.getMessage());
  }
}
