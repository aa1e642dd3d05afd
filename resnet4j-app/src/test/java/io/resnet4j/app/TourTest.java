package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.data.DataSource;
import io.resnet4j.lab.LabListener;
import io.resnet4j.lab.LabRun;
import io.resnet4j.lab.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The guided tour's words and page; its experiments have tests of their own. */
class TourTest {
  @TempDir Path folder;

  @Test
  void bothLanguagesTellAllOfIt() {
    Tour english = Tour.in("en");
    Tour chinese = Tour.in("zh");
    assertEquals(ClaimWords.ENGLISH, english.claimWords());
    assertEquals("未测定", chinese.claimWords().notMeasured());
    assertEquals(9, english.chapters().size());
    for (int i = 0; i < english.chapters().size(); i++) {
      Tour.Chapter one = english.chapters().get(i);
      Tour.Chapter other = chinese.chapters().get(i);
      assertFalse(one.title().isBlank() || other.title().isBlank(), one.id());
      assertEquals(one.words().size(), other.words().size(), one.id());
      assertTrue(other.words().stream().allMatch(words -> words.matches("(?s).*\\p{IsHan}.*")));
      assertTrue(one.words().stream().noneMatch(words -> words.matches("(?s).*\\p{IsHan}.*")));
    }
  }

  @Test
  void everyChaptersSettingsAreItsExperiments() {
    for (Tour.Chapter chapter : Tour.in("en").chapters()) {
      chapter
          .experiment()
          .ifPresent(
              experiment ->
                  assertFalse(experiment.cells(chapter.settings(folder)).isEmpty(), chapter.id()));
    }
    Tour.Chapter lesion = chapter("lesion");
    assertTrue(
        lesion.commandSettings(folder).stream()
            .anyMatch(s -> s.startsWith("weights=" + folder.resolve("degradation"))));
  }

  /** Later chapters look for the networks of the second under the names that it gives them. */
  @Test
  void networksOfEarlierChaptersAreThoseThatTheyTrain() {
    Set<String> trained = new HashSet<>();
    Tour.Chapter first = chapter("degradation");
    first
        .experiment()
        .orElseThrow()
        .cells(first.settings(folder))
        .forEach(
            c -> trained.add("" + c.get("network") + c.get("depth") + "-seed" + c.get("seed")));
    for (String id : List.of("lesion", "paths")) {
      for (String file : chapter(id).changes().get("weights").split(",")) {
        assertTrue(trained.contains(Path.of(file).getName(2).toString()), file);
      }
    }
  }

  private static Tour.Chapter chapter(String id) {
    return Tour.in("en").chapters().stream().filter(c -> c.id().equals(id)).findAny().orElseThrow();
  }

  @Test
  void thePageHoldsWordsNumbersAndCommands() throws IOException {
    Tour.Chapter chapter = chapter("gradients");
    Settings few = chapter.settings(folder).set("depths=8").set("norms=none").set("precisions=f32");
    LabRun.Outcome outcome =
        new LabRun(
                chapter.experiment().orElseThrow(),
                few,
                DataSource.parse("synthetic").open(),
                0,
                folder.resolve("gradients"))
            .run(new LabListener() {});
    TourReport report = new TourReport(Tour.in("zh"), "./resnet4j lab tour", "drawn <pictures>");
    report.add(chapter, outcome, "./resnet4j lab gradients --set depths=8");
    report.write(folder.resolve("tour.html"));
    String page = Files.readString(folder.resolve("tour.html"));
    assertTrue(page.contains("lang=\"zh\"") && page.contains("什么是残差块"));
    assertTrue(page.contains("<th>来源</th>") && page.contains("\">&#10003; 一致</td>"), page);
    assertFalse(page.contains("; agrees"), page);
    assertTrue(page.contains("1 / 8"), "the other chapters are not measured");
    assertTrue(page.contains("--set depths=8"), "the command");
    assertTrue(page.contains("drawn &lt;pictures&gt;"));
    assertTrue(page.contains("id=chart0"), "a chart");
    assertFalse(page.contains("{{"), "a place that nothing filled");
  }

  @Test
  void mistakesAreNamed() {
    Ran.of("lab", "tour", "--full").bad(Main.BAD_INPUT, "settings of its own");
    Ran.of("lab", "tour", "--language", "de").bad(Main.BAD_INPUT, "--language", "zh");
  }
}
