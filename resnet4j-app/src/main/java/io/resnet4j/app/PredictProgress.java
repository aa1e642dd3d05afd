package io.resnet4j.app;

import java.util.OptionalLong;
import me.tongfei.progressbar.ProgressBar;
import org.jspecify.annotations.Nullable;

/**
 * How far {@code predict} has come: a bar where results go elsewhere than to the terminal, else a
 * line now and then, and one at the end of a long run. Results that scroll by are progress enough.
 */
final class PredictProgress implements AutoCloseable {
  private static final long EVERY_NANOS = 15_000_000_000L;

  private final Console console;
  private final OptionalLong total;
  private final boolean scrolling = Console.resultsGoToTerminal();
  private final long begin = System.nanoTime();
  private @Nullable ProgressBar bar;
  private long told = begin;
  private long done;
  private long bad;

  PredictProgress(Console console, OptionalLong total) {
    this.console = console;
    this.total = total;
    if (console.terminal() && !console.quiet() && !scrolling) {
      bar = BarDisplay.bar(console, "predict").setInitialMax(total.orElse(-1)).showSpeed().build();
    }
  }

  void done(int pictures) {
    done += pictures;
    step();
  }

  /** A picture was left out. */
  void bad() {
    if (bar != null) {
      console.err().print(BarDisplay.CLEAR_LINE);
    }
    bad++;
    step();
  }

  private void step() {
    long now = System.nanoTime();
    if (bar != null) {
      bar.stepTo(done + bad);
    } else if (!scrolling && now - told > EVERY_NANOS) {
      told = now;
      String of = total.isPresent() ? " of " + Text.count(total.getAsLong()) : "";
      console.info(Text.count(done + bad) + of + " pictures, " + rate(now));
    }
  }

  private String rate(long now) {
    return Text.rate(done / Math.max(1e-9, (now - begin) * 1e-9));
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
    if (done + bad > 1) {
      console.info(
          Text.count(done)
              + " pictures"
              + (bad > 0 ? ", " + Text.count(bad) + " left out" : "")
              + ", "
              + rate(System.nanoTime()));
    }
  }
}
