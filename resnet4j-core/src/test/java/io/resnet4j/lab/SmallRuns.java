package io.resnet4j.lab;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.data.DataSplits;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Experiments run to their end with a few settings changed. */
final class SmallRuns {
  private SmallRuns() {}

  static Settings settings(String name, String... changes) {
    Settings settings = Experiments.named(name).settings(false);
    for (String change : changes) {
      settings = settings.set(change);
    }
    return settings;
  }

  static LabRun.Outcome run(DataSplits data, Path folder, String name, String... changes) {
    LabRun.Outcome outcome =
        new LabRun(Experiments.named(name), settings(name, changes), data, 1, folder)
            .run(new LabListener() {});
    assertFalse(outcome.stopped());
    assertFalse(outcome.findings().charts().isEmpty());
    withoutACell(outcome);
    return outcome;
  }

  /** Whichever cell is missing, since its training diverged, the others are judged. */
  private static void withoutACell(LabRun.Outcome outcome) {
    Settings settings = outcome.settings();
    for (Map<String, Object> cell : outcome.experiment().cells(settings)) {
      Object[] values =
          cell.entrySet().stream().flatMap(e -> Stream.of(e.getKey(), e.getValue())).toArray();
      List<Row> others = outcome.rows().stream().filter(row -> !row.is(values)).toList();
      assertTrue(others.size() < outcome.rows().size(), cell::toString);
      if (!others.isEmpty()) {
        outcome.experiment().findings(settings, others);
      }
    }
  }
}
