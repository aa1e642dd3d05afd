package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CommandFilesTest {
  private static final Map<String, String> FILES = CommandFiles.files("1.2-X");

  /** Macros of man(7) in use; any other line with a leading dot would be swallowed. */
  private static final Set<String> MACROS = Set.of(".TH", ".SH", ".TP", ".B");

  @Test
  void everyCommandHasAPageAndTheFirstPageNamesAll() {
    String first = FILES.get("man/man1/resnet4j.1");
    for (String command : Commands.all().keySet()) {
      assertTrue(first.contains("\n.B " + command.replace("-", "\\-") + "\n"), command);
      if (!command.equals("help")) {
        String page = FILES.get("man/man1/resnet4j-" + command + ".1");
        assertTrue(page.contains(".SH NAME\nresnet4j\\-" + command.replace("-", "\\-")), page);
        assertTrue(page.contains("1.2\\-X"), page);
      }
    }
    assertEquals(Commands.all().size() + 1, FILES.size());
  }

  @Test
  void pagesHoldArgumentsAndOptionsWithTheirDefaults() {
    String page = FILES.get("man/man1/resnet4j-predict.1");
    assertTrue(page.contains("\n.B IMAGE...\n"), page);
    assertTrue(page.contains("\n.B \\-\\-top K\nClasses shown (default: 5).\n"), page);
    assertTrue(page.contains("\n.B \\-h, \\-\\-help\n"), page);
    FILES.forEach(
        (name, text) -> {
          if (name.endsWith(".1")) {
            assertFalse(text.contains("${"), name);
            text.lines()
                .filter(line -> line.startsWith(".") || line.startsWith("'"))
                .forEach(line -> assertTrue(MACROS.contains(line.split(" ")[0]), name + line));
          }
        });
  }

  @Test
  void thePageOfAllCommandsIsWhatTheyAre() throws Exception {
    Path made = Files.writeString(Path.of("target/commands.md"), CommandReference.page());
    assertEquals(
        Files.readString(made),
        Files.readString(Path.of("../docs/commands.md")),
        "docs/commands.md is stale: cp resnet4j-app/target/commands.md docs/commands.md");
  }

  @Test
  void completionKnowsCommandsAndOptions() {
    String script = FILES.get("completion/resnet4j");
    for (String word : new String[] {"quickstart", "predict", "--allow-urls", "'--tls-cert'"}) {
      assertTrue(script.contains(word), word);
    }
  }
}
