package io.resnet4j.train;

import io.resnet4j.interop.EventFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The run for TensorBoard: each epoch's numbers, and what probes add, in an event file of the run
 * folder, which is begun with the first number. A resumed run begins another one, which TensorBoard
 * reads as the same run.
 */
public final class RunEvents {
  private static final String TRAIN_LOSS = "train/loss";
  private static final String TRAIN_ACC = "train/accuracy";
  private static final String VAL_LOSS = "val/loss";
  private static final String VAL_ACC = "val/accuracy";
  private static final String EMA_VAL_LOSS = "ema_val/loss";
  private static final String EMA_VAL_ACC = "ema_val/accuracy";
  private static final String RATE = "train/learning_rate";
  private static final String EPOCH = "train/epoch";
  private static final String SPEED = "speed/images_per_s";
  private static final String SECONDS = "speed/seconds";
  private static final String WAIT = "speed/data_wait";
  private static final String TEST_ACC = "test/accuracy";

  private static final Set<String> OF_EPOCHS =
      Set.of(
          TRAIN_LOSS,
          TRAIN_ACC,
          VAL_LOSS,
          VAL_ACC,
          EMA_VAL_LOSS,
          EMA_VAL_ACC,
          RATE,
          EPOCH,
          SPEED,
          SECONDS,
          WAIT);

  private final Path folder;
  private OptionalLong goesOnAfter = OptionalLong.empty();
  private @Nullable EventFile file;

  RunEvents(Path folder) {
    this.folder = folder;
  }

  /**
   * Drops what a resumed run does again: what was written after the checkpoint's step, and of that
   * step all that is not an epoch's, since probes read before a step and the test comes after all.
   */
  void goOnAfter(long done) {
    goesOnAfter = OptionalLong.of(done);
    try {
      for (Path each : EventFile.files(folder)) {
        try {
          EventFile.cut(
              each, (step, tags) -> step > done || step == done && !OF_EPOCHS.containsAll(tags));
        } catch (IOException e) {
          throw RunFolder.failed(each, e);
        }
      }
    } catch (IOException e) {
      throw RunFolder.failed(folder, e);
    }
  }

  /**
   * Adds numbers and histograms; nothing where there are none.
   *
   * @param step updates done
   * @throws java.io.UncheckedIOException if the file cannot be written, which ends the run as any
   *     file of its folder does; what was written before is whole
   */
  public void write(long step, EventFile.Values values) {
    if (values.isEmpty()) {
      return;
    }
    try {
      EventFile open = file;
      if (open == null) {
        open = EventFile.begin(folder, goesOnAfter);
        file = open;
      }
      open.write(step, values);
    } catch (IOException e) {
      throw RunFolder.failed(file == null ? folder : file.path(), e);
    }
  }

  void epoch(EpochMetrics metrics) {
    EventFile.Values values = new EventFile.Values();
    values.scalar(EPOCH, metrics.epoch());
    values.scalar(TRAIN_LOSS, metrics.trainLoss());
    values.scalar(TRAIN_ACC, metrics.trainAcc());
    add(values, VAL_LOSS, metrics.valLoss());
    add(values, VAL_ACC, metrics.valAcc());
    add(values, EMA_VAL_LOSS, metrics.emaValLoss());
    add(values, EMA_VAL_ACC, metrics.emaValAcc());
    values.scalar(RATE, metrics.lr());
    values.scalar(SPEED, metrics.imagesPerSecond());
    values.scalar(SECONDS, metrics.seconds());
    values.scalar(WAIT, metrics.dataWait());
    write(metrics.step(), values);
  }

  private static void add(EventFile.Values values, String tag, @Nullable Double value) {
    if (value != null) {
      values.scalar(tag, value);
    }
  }

  void test(long step, double accuracy) {
    write(step, new EventFile.Values().scalar(TEST_ACC, accuracy));
  }

  void close() {
    if (file != null) {
      try {
        file.close();
      } catch (IOException e) {
        // Every record was flushed when it was written.
      }
    }
  }
}
