package io.resnet4j.app;

import io.resnet4j.fetch.FetchListener;
import java.net.URI;
import java.time.Duration;
import me.tongfei.progressbar.ProgressBar;
import org.jspecify.annotations.Nullable;

/** Shows people how a download goes on: a line a file, and on a terminal a bar that moves. */
final class FetchDisplay implements FetchListener, AutoCloseable {
  private static final long MEBIBYTE = 1 << 20;

  private final Console console;
  private @Nullable ProgressBar bar;

  FetchDisplay(Console console) {
    this.console = console;
  }

  @Override
  public void started(String file, URI address, long already, long total) {
    print(
        "fetching "
            + file
            + (total < 0 ? "" : ", " + size(total))
            + (already > 0 ? ", going on after " + size(already) : "")
            + ", from "
            + address.getHost());
    console.detail(address.toString());
    if (console.terminal() && !console.quiet()) {
      bar =
          BarDisplay.bar(console, file)
              .setInitialMax(total)
              .startsFrom(already, Duration.ZERO)
              .setUnit(" MiB", MEBIBYTE)
              .showSpeed()
              .build();
    }
  }

  private static String size(long bytes) {
    return bytes < MEBIBYTE ? Text.count(bytes) + " bytes" : Text.mebibytes(bytes);
  }

  @Override
  public void received(long bytes) {
    if (bar != null) {
      bar.stepTo(bytes);
    }
  }

  @Override
  public void ended() {
    close();
  }

  @Override
  public void note(String line) {
    print(line);
  }

  private void print(String line) {
    console.info(bar == null ? line : BarDisplay.CLEAR_LINE + line);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
