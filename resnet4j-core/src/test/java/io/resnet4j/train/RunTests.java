package io.resnet4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSplits;
import io.resnet4j.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;

/** What the tests of runs share. */
abstract class RunTests {
  static final DataSplits DATA = Stripes.splits(60, 33);

  @TempDir Path temp;

  TrainOptions options(String folder) {
    return TrainOptions.in(temp.resolve(folder)).withBackend("reference").withSeed(3);
  }

  static TrainResult train(Recipe recipe, TrainOptions options) {
    try (Trainer trainer = Trainer.of(Stripes.network(), recipe, DATA, options)) {
      return trainer.fit();
    }
  }

  static List<JsonNode> metrics(Path folder) throws Exception {
    return lines(folder.resolve("metrics.jsonl"));
  }

  static List<JsonNode> warnings(Path folder) throws Exception {
    return lines(folder.resolve("warnings.jsonl"));
  }

  private static List<JsonNode> lines(Path file) throws Exception {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      lines.add(Json.MAPPER.readTree(line));
    }
    return lines;
  }

  static TreeSet<String> files(Path folder) throws Exception {
    try (Stream<Path> entries = Files.list(folder)) {
      TreeSet<String> names = new TreeSet<>();
      // Names of event files tell the time.
      entries.forEach(
          entry ->
              names.add(
                  entry
                      .getFileName()
                      .toString()
                      .replaceFirst("^events\\.out\\.tfevents\\.\\d+\\.resnet4j$", "events")));
      return names;
    }
  }

  static void assertSameState(Path a, Path b) {
    Map<String, Tensor> left = Checkpoint.read(a.resolve("last.ckpt")).tensors();
    Map<String, Tensor> right = Checkpoint.read(b.resolve("last.ckpt")).tensors();
    assertEquals(left.keySet(), right.keySet());
    left.forEach((name, t) -> assertEquals(t.bytes(), right.get(name).bytes(), name));
  }

  static void assertRefused(String part, Recipe recipe, TrainOptions options) {
    String message =
        assertThrows(
                InvalidInputException.class,
                () -> Trainer.of(Stripes.network(), recipe, DATA, options).close())
            .getMessage();
    assertTrue(message.contains(part), message);
    assertFalse(message.contains("\n"), message);
  }
}
