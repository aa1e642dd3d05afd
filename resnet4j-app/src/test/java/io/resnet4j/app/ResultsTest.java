package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The published figures: what wrote them, and that a reader of tables can read them. */
class ResultsTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  /** RFC 4180, one line a row. */
  private static final Pattern FIELD =
      Pattern.compile("\\G(?:^|,)(?:\"((?:[^\"]|\"\")*)\"|([^\",]*))");

  private static List<String> fields(String line) {
    List<String> fields = new ArrayList<>();
    Matcher field = FIELD.matcher(line);
    int end = 0;
    while (field.find()) {
      fields.add(field.group(1) == null ? field.group(2) : field.group(1).replace("\"\"", "\""));
      end = field.end();
    }
    assertEquals(line.length(), end, () -> "no field follows the last one of " + line);
    return fields;
  }

  @TestFactory
  Stream<DynamicTest> everyRowHasAFieldForEachColumn() throws IOException {
    List<Path> tables;
    try (Stream<Path> files = Files.list(ROOT.resolve("docs/results"))) {
      tables = files.filter(file -> file.toString().endsWith(".csv")).sorted().toList();
    }
    assertTrue(tables.size() > 20, () -> "only " + tables.size() + " tables");
    return tables.stream()
        .map(file -> DynamicTest.dynamicTest(ROOT.relativize(file) + "", () -> require(file)));
  }

  private static void require(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file);
    int columns = fields(lines.get(0)).size();
    assertTrue(columns > 1 && lines.size() > 1, "a table");
    for (int i = 1; i < lines.size(); i++) {
      int line = i + 1;
      assertEquals(columns, fields(lines.get(i)).size(), () -> file + ", line " + line);
    }
  }

  @Test
  void proofsQuoteWhatHoldsCommas() throws Exception {
    Process bash;
    try {
      bash =
          new ProcessBuilder(
                  "bash", "-c", ". tools/proofs/lib.sh; csv a '0,1,2' '' 'say \"x\"' '$(b) *'")
              .directory(ROOT.toFile())
              .start();
    } catch (IOException e) {
      assumeTrue(false, "no bash here");
      return;
    }
    String line = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertEquals(0, bash.waitFor());
    assertEquals("a,\"0,1,2\",,\"say \"\"x\"\"\",$(b) *", line);
    assertEquals(List.of("a", "0,1,2", "", "say \"x\"", "$(b) *"), fields(line));
  }
}
