package io.resnet4j.lab;

import static org.junit.jupiter.api.Assertions.assertFalse;

import io.resnet4j.data.DataSplits;
import java.nio.file.Path;

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
    return outcome;
  }
}
