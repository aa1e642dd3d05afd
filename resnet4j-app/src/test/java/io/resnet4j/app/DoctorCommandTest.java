package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorCommandTest {
  private static final Finding OK = Finding.ok("a", "b");
  private static final Finding NOTE = Finding.note("c", "d", "do e");

  @TempDir Path folder;

  private static String last(Finding... findings) {
    return DoctorCommand.words(List.of(findings)).lines().reduce("", (a, b) -> b);
  }

  @Test
  void theLastLineCountsTheNotes() {
    assertEquals("all is well", last(OK));
    assertEquals("well enough: 1 note, with a remedy each", last(OK, NOTE));
    assertEquals("well enough: 2 notes, with a remedy each", last(NOTE, OK, NOTE));
    assertTrue(last(NOTE, Finding.broken("f", "g", "h")).startsWith("something is broken"));
  }

  @Test
  void weightsCacheAndRunsAreLookedAt() {
    List<Finding> findings = DataChecks.all();
    assertEquals(
        List.of("data", "weights", "cache", "runs"), findings.stream().map(Finding::name).toList());
    assertTrue(findings.get(1).value().contains("resnet20-cifar10"), findings.get(1).value());
  }

  @Test
  void withoutDataTheDownloadIsNamed() {
    Finding none = DataChecks.data(folder.resolve("none"));
    assertEquals(Finding.State.NOTE, none.state());
    assertTrue(none.remedy().contains("'download cifar10'"), none.remedy());
    assertTrue(none.remedy().contains("'synthetic'"), none.remedy());
  }

  @Test
  void foldersThatCannotBeWrittenOrAreNearlyFullAreNoted() throws IOException {
    Path later = folder.resolve("not/yet");
    assertFalse(DataChecks.kept("cache", later, "go").value().contains("cannot be written"));
    assertFalse(Files.exists(folder.resolve("not")), "nothing is made");
    try (var left = Files.list(folder)) {
      assertEquals(0, left.count(), "nor left behind");
    }
    Path file = Files.createFile(folder.resolve("file"));
    Finding blocked = DataChecks.kept("cache", file.resolve("cache"), "go elsewhere");
    assertEquals(Finding.State.NOTE, blocked.state());
    assertTrue(blocked.value().endsWith("cannot be written"), blocked.value());
    assertEquals("go elsewhere", blocked.remedy());
    Finding full = DataChecks.room("runs", folder, 5 << 20, "go elsewhere");
    assertEquals(Finding.State.NOTE, full.state());
    assertEquals(folder + ", 5 MiB free", full.value());
    assertTrue(full.remedy().endsWith("free some, or go elsewhere"), full.remedy());
    assertEquals(Finding.State.OK, DataChecks.room("runs", folder, 1L << 40, "").state());
  }

  @Test
  void readOnlyFoldersAreNoted() throws IOException {
    Path locked = Files.createDirectory(folder.resolve("locked"));
    Assumptions.assumeTrue(locked.toFile().setWritable(false, false));
    Assumptions.assumeFalse(Files.isWritable(locked), "whoever runs this may write everywhere");
    assertEquals(Finding.State.NOTE, DataChecks.kept("runs", locked, "go").state());
    assertTrue(locked.toFile().setWritable(true));
  }
}
