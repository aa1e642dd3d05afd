package io.resnet4j.app;

import io.resnet4j.train.EpochMetrics;
import io.resnet4j.train.TrainListener;
import io.resnet4j.train.TrainResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Keeps the report of a run up to date: after an epoch, but not anew each second, and at the end.
 */
final class ReportListener implements TrainListener {
  private static final long LEAST_NANOS = 2_000_000_000L;

  private final Console console;
  private final Path folder;
  private boolean failed;
  private long written = System.nanoTime() - LEAST_NANOS;

  ReportListener(Console console, Path folder) {
    this.console = console;
    this.folder = folder;
  }

  @Override
  public void epochDone(EpochMetrics metrics) {
    if (System.nanoTime() - written >= LEAST_NANOS) {
      write();
      written = System.nanoTime();
    }
  }

  @Override
  public void finished(TrainResult result) {
    write();
  }

  /** A report can be made again; a run should not end because one could not be written. */
  void write() {
    if (failed) {
      return;
    }
    try {
      Report.of(List.of(RunFiles.read(folder))).write(folder.resolve(Runs.REPORT));
    } catch (IOException | UncheckedIOException e) {
      failed = true;
      console.warn(Failures.line(e) + "; the run goes on, 'resnet4j report' makes the report");
    }
  }
}
