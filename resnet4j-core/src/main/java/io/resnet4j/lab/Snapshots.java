package io.resnet4j.lab;

import io.resnet4j.InvalidInputException;
import io.resnet4j.interop.Safetensors;
import io.resnet4j.plan.Program;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import io.resnet4j.train.StepProbe;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongPredicate;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Keeps weights at some steps, in the run folder. */
final class Snapshots implements StepProbe {
  private static final String FOLDER = "snapshots";

  private final LongPredicate moments;
  private final Predicate<Shape> kept;
  private @Nullable Subject subject;

  private Snapshots(LongPredicate moments, Predicate<Shape> kept) {
    this.moments = moments;
    this.kept = kept;
  }

  /**
   * Keeps weights that have filters: before the first step, after every so many of them, and after
   * the last.
   */
  static Snapshots ofFilters(int every, int steps) {
    return new Snapshots(done -> done % every == 0 || done == steps, Direction::hasFilters);
  }

  /** Keeps the whole state after so many steps each. */
  static Snapshots ofState(List<Integer> steps) {
    return new Snapshots(done -> steps.contains((int) done), shape -> true);
  }

  @Override
  public void attach(Subject to) {
    subject = to;
    try {
      Files.createDirectories(to.folder().resolve(FOLDER));
    } catch (IOException e) {
      throw new InvalidInputException(to.folder() + ": cannot be written: " + e.getMessage(), e);
    }
    keep(to.done());
  }

  @Override
  public void beforeUpdate(long done) {}

  @Override
  public void afterUpdate(long done) {
    keep(done + 1);
  }

  private void keep(long step) {
    Subject from = subject;
    if (from == null || !moments.test(step)) {
      return;
    }
    Map<String, Tensor> weights = new LinkedHashMap<>();
    from.session()
        .state(Program.MODEL)
        .forEach(
            (path, shape) -> {
              if (kept.test(shape)) {
                weights.put(path, from.session().read(Program.MODEL, path));
              }
            });
    new Safetensors(weights, Map.of())
        .write(
            from.folder()
                .resolve(FOLDER)
                .resolve(String.format(Locale.ROOT, "%08d.safetensors", step)));
  }

  /** What a run has kept, in the order of its steps. */
  static Map<Integer, Map<String, Tensor>> read(Path run) {
    Map<Integer, Map<String, Tensor>> all = new LinkedHashMap<>();
    try (Stream<Path> files = Files.list(run.resolve(FOLDER))) {
      List<Path> sorted = files.sorted().toList();
      for (Path file : sorted) {
        int step = Integer.parseInt(file.getFileName().toString().split("\\.")[0]);
        all.put(step, Safetensors.read(file).tensors());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(run + ": cannot be read: " + e.getMessage(), e);
    }
    return all;
  }
}
