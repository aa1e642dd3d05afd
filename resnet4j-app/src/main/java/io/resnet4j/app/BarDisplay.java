package io.resnet4j.app;

import io.resnet4j.train.TrainResult;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A bar over the whole run on a terminal, with loss, accuracy, speed and time left. */
final class BarDisplay extends TrainDisplay {
  private static final int DEFAULT_WIDTH = 100;
  private static final int INTERVAL_MILLIS = 500;
  static final String CLEAR_LINE = "\r\033[K";

  private final Console console;
  private int epochs;
  private @Nullable ProgressBar bar;

  BarDisplay(Console console) {
    super(console);
    this.console = console;
  }

  @Override
  public void started(Started event) {
    super.started(event);
    epochs = event.epochs();
    long done = (long) (event.firstEpoch() - 1) * event.stepsPerEpoch();
    bar =
        bar(console, event.config().path("model").path("name").asText())
            .setInitialMax(event.steps())
            .startsFrom(done, Duration.ZERO)
            .build();
  }

  /** A bar on standard error as every command draws it. */
  static ProgressBarBuilder bar(Console console, String task) {
    return new ProgressBarBuilder()
        .setTaskName(task)
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(INTERVAL_MILLIS)
        // A width given here keeps the library from opening the terminal to ask for it.
        .setConsumer(new ConsoleProgressBarConsumer(console.err(), width()))
        .clearDisplayOnFinish();
  }

  private static int width() {
    try {
      return Integer.parseInt(System.getenv("COLUMNS"));
    } catch (NumberFormatException e) {
      return DEFAULT_WIDTH;
    }
  }

  @Override
  public void stepDone(StepDone event) {
    if (bar != null) {
      bar.stepTo(event.totalStep());
      bar.setExtraMessage(
          String.format(
              Locale.ROOT,
              " epoch %d/%d  loss %.4f  acc %.1f %%  %s",
              event.epoch(),
              epochs,
              event.meanLoss(),
              100 * event.accuracy(),
              Text.rate(event.imagesPerSecond())));
    }
  }

  @Override
  public void evaluating(String split, int done, int total) {
    if (bar != null) {
      bar.setExtraMessage(String.format(Locale.ROOT, " %s %d/%d", split, done, total));
    }
  }

  @Override
  public void finished(TrainResult result) {
    close();
  }

  @Override
  void print(String line) {
    super.print(bar == null ? line : CLEAR_LINE + line);
  }

  @Override
  public void warning(String line) {
    if (bar != null) {
      console.err().print(CLEAR_LINE);
    }
    super.warning(line);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
