package io.resnet4j.train;

import io.resnet4j.InvalidInputException;
import io.resnet4j.interop.AtomicFile;
import io.resnet4j.interop.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The checkpoints of a run folder: {@code last.ckpt} and, from newer to older, {@code
 * before-1.ckpt}, {@code before-2.ckpt} and so on.
 *
 * <p>A new one is written and flushed beside them before any is renamed, so neither a full disk nor
 * a kill costs one that is there; in between renames the newest may be {@code before-1.ckpt}.
 */
final class Checkpoints {
  static final String NEXT = "next.ckpt";
  private static final Pattern BEFORE = Pattern.compile("before-(\\d{1,4})\\.ckpt");
  private static final double NANOS_A_MINUTE = 60e9;

  private final RunFolder folder;
  private final Checkpointing options;
  private long written = System.nanoTime();

  Checkpoints(RunFolder folder, Checkpointing options) {
    this.folder = folder;
    this.options = options;
  }

  /** Whether the newest is as old as one may get within an epoch. */
  boolean due() {
    return options.minutes() > 0
        && System.nanoTime() - written >= options.minutes() * NANOS_A_MINUTE;
  }

  /** Writes the newest and drops the oldest. */
  Path write(Safetensors content) {
    Path last = folder.file(RunFolder.CHECKPOINT);
    if (options.keep() == 1) {
      folder.save(RunFolder.CHECKPOINT, content::write);
    } else {
      Path next = folder.save(NEXT, content::write);
      try {
        for (int i = options.keep() - 1; i > 0; i--) {
          Path from = i == 1 ? last : folder.file(before(i - 1));
          if (Files.exists(from)) {
            AtomicFile.move(from, folder.file(before(i)));
          }
        }
        AtomicFile.move(next, last);
      } catch (IOException e) {
        throw RunFolder.failed(last, e);
      }
    }
    // Further ones are those of a run that kept more.
    for (int i : older()) {
      if (i >= options.keep()) {
        drop(folder.file(before(i)));
      }
    }
    written = System.nanoTime();
    return last;
  }

  private static String before(int count) {
    return "before-" + count + ".ckpt";
  }

  private static void drop(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw RunFolder.failed(file, e);
    }
  }

  /** The numbers of those before the last, the newest first. */
  private List<Integer> older() {
    try (Stream<Path> files = Files.list(folder.path())) {
      return files
          .map(file -> BEFORE.matcher(file.getFileName().toString()))
          .filter(Matcher::matches)
          .map(matcher -> Integer.valueOf(matcher.group(1)))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw RunFolder.failed(folder.path(), e);
    }
  }

  /**
   * The newest that can be read; empty where none was ever written.
   *
   * @param warn hears of those that cannot
   * @throws InvalidInputException if there are some and none can be read; the message is that of
   *     the newest
   */
  Optional<Read> newest(Consumer<String> warn) {
    List<Path> files = new ArrayList<>(List.of(folder.file(RunFolder.CHECKPOINT)));
    older().forEach(i -> files.add(folder.file(before(i))));
    Optional<InvalidInputException> first = Optional.empty();
    for (Path file : files) {
      if (!Files.exists(file)) {
        continue;
      }
      try {
        Read read = new Read(Checkpoint.read(file), file);
        first.ifPresent(
            e ->
                warn.accept(
                    e.getMessage()
                        + "; going on from the one before it, "
                        + file.getFileName()
                        + ", step "
                        + read.checkpoint().progress().step()));
        return Optional.of(read);
      } catch (InvalidInputException e) {
        first = first.or(() -> Optional.of(e));
      }
    }
    first.ifPresent(
        e -> {
          throw e;
        });
    return Optional.empty();
  }

  /** Where the run can go on from, for a message. */
  String lastGood() {
    try {
      return newest(passed -> {})
          .map(
              read ->
                  "the last good checkpoint is "
                      + read.file()
                      + ", step "
                      + read.checkpoint().progress().step())
          .orElse("no checkpoint was written");
    } catch (InvalidInputException e) {
      return "no checkpoint is good: " + e.getMessage();
    }
  }

  /**
   * A checkpoint and where it was.
   *
   * @param checkpoint what it holds
   * @param file that it came from
   */
  record Read(Checkpoint checkpoint, Path file) {}
}
