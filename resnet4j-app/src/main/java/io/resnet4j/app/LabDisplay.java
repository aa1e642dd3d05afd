package io.resnet4j.app;

import io.resnet4j.lab.LabListener;
import me.tongfei.progressbar.ProgressBar;
import org.jspecify.annotations.Nullable;

/** Shows people how an experiment goes on: a line a cell, or on a terminal a bar that moves. */
final class LabDisplay implements LabListener, AutoCloseable {
  private final Console console;
  private int cells;
  private @Nullable ProgressBar bar;

  LabDisplay(Console console) {
    this.console = console;
  }

  @Override
  public void started(String experiment, int inAll, int done) {
    cells = inAll;
    String going = done > 0 ? ", going on after " + done : "";
    console.info(experiment + ": " + inAll + " cells to measure" + going);
    if (console.terminal() && !console.quiet()) {
      bar = BarDisplay.bar(console, experiment).setInitialMax(inAll).build();
      bar.stepTo(done);
    }
  }

  @Override
  public void cellStarted(String what, int index) {
    if (bar != null) {
      bar.setExtraMessage(" " + what);
    }
  }

  @Override
  public void cellDone(String what, int index, double seconds) {
    if (bar == null) {
      console.info("[" + index + "/" + cells + "] " + what + "  " + Text.seconds(seconds));
    } else {
      bar.stepTo(index);
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
