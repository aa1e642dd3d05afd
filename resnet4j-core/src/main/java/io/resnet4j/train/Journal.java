package io.resnet4j.train;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Says what a run does, to its listeners and in the files of its folder that grow: metrics,
 * warnings and events.
 */
final class Journal implements AutoCloseable {
  private final RunFolder folder;
  private final RunEvents events;
  private final Warnings warnings;
  private final List<TrainListener> listeners = new ArrayList<>();

  Journal(RunFolder folder) {
    this.folder = folder;
    events = new RunEvents(folder.path());
    warnings = new Warnings(folder);
  }

  void listen(TrainListener listener) {
    listeners.add(listener);
  }

  /** The run for TensorBoard. */
  RunEvents events() {
    return events;
  }

  /** Drops what a resumed run comes to again. */
  void goOnAfter(Progress done) {
    folder.trimMetrics(done.epoch());
    events.goOnAfter(done.step());
    warnings.goOnAfter(done.step());
  }

  void started(TrainListener.Started event) {
    listeners.forEach(listener -> listener.started(event));
  }

  void stepDone(TrainListener.StepDone event) {
    listeners.forEach(listener -> listener.stepDone(event));
  }

  void evaluating(String split, int done, int total) {
    listeners.forEach(listener -> listener.evaluating(split, done, total));
  }

  void epochDone(EpochMetrics metrics) {
    folder.append(RunFolder.METRICS, metrics);
    events.epoch(metrics);
    listeners.forEach(listener -> listener.epochDone(metrics));
  }

  void tested(long step, double accuracy) {
    events.test(step, accuracy);
  }

  /** A file has replaced the one before it. */
  void written(Path file) {
    listeners.forEach(listener -> listener.checkpointWritten(file));
  }

  void finished(TrainResult result) {
    listeners.forEach(listener -> listener.finished(result));
  }

  void warn(Symptoms.Warning warning, long step, int epoch) {
    warnings.add(new Warnings.Line(step, epoch, warning.kind(), warning.text()));
    note(warning.text());
  }

  /** Something that only listeners hear. */
  void note(String line) {
    listeners.forEach(listener -> listener.warning(line));
  }

  /** Leaves in the folder why the run ended. */
  NonFiniteLossException ended(NonFiniteLossException cause) {
    try {
      warnings.add(
          new Warnings.Line(
              cause.step(),
              cause.epoch(),
              Warnings.NON_FINITE,
              String.valueOf(cause.getMessage())));
    } catch (UncheckedIOException e) {
      cause.addSuppressed(e);
    }
    return cause;
  }

  @Override
  public void close() {
    events.close();
  }
}
