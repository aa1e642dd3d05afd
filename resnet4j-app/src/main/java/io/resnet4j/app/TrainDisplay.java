package io.resnet4j.app;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.train.EpochMetrics;
import io.resnet4j.train.TrainListener;
import java.util.Locale;

/** Shows people how a run goes on: a line an epoch, and on a terminal a bar that moves. */
class TrainDisplay implements TrainListener, AutoCloseable {
  private final Console console;
  private long begin = System.nanoTime();
  private long firstStep;
  private long steps;
  private int epochs;

  TrainDisplay(Console console) {
    this.console = console;
  }

  /** What suits where standard error goes. */
  static TrainDisplay on(Console console) {
    return console.terminal() && !console.quiet()
        ? new BarDisplay(console)
        : new TrainDisplay(console);
  }

  @Override
  public void started(Started event) {
    begin = System.nanoTime();
    steps = event.steps();
    epochs = event.epochs();
    firstStep = (long) (event.firstEpoch() - 1) * event.stepsPerEpoch();
    String from = event.firstEpoch() > 1 ? ", going on with epoch " + event.firstEpoch() : "";
    String length =
        steps == (long) epochs * event.stepsPerEpoch()
            ? epochs + (epochs == 1 ? " epoch of " : " epochs of ") + event.stepsPerEpoch()
            : steps + " steps; an epoch is " + event.stepsPerEpoch();
    print(
        String.format(
            Locale.ROOT,
            "%s, %s, %s, batch %d: %s steps%s; %d threads, %s of memory",
            event.config().path("model").path("name").asText(),
            event.config().path("recipe").path("name").asText(),
            precision(event.config()),
            event.config().path("recipe").path("batch").asInt(),
            length,
            from,
            Threads.count(),
            Text.mebibytes(event.sessionBytes())));
    print("run folder " + event.folder());
  }

  private static String precision(JsonNode config) {
    String used = config.path("precision").asText();
    String usual = config.path("recipe").path("precision").asText();
    return used.equals(usual) ? used : used + " (the recipe's: " + usual + ")";
  }

  @Override
  public void epochDone(EpochMetrics metrics) {
    String held =
        metrics.valAcc() == null
            ? ""
            : "  val_loss "
                + Text.decimal(metrics.valLoss())
                + "  val_acc "
                + Text.percent(metrics.valAcc())
                + (metrics.emaValAcc() == null
                    ? ""
                    : "  ema_val_acc " + Text.percent(metrics.emaValAcc()));
    print(
        String.format(
            Locale.ROOT,
            "epoch %d/%d  loss %s  acc %s%s  lr %.3g  %s  data wait %.1f %%  %s%s",
            metrics.epoch(),
            epochs,
            Text.decimal(metrics.trainLoss()),
            Text.percent(metrics.trainAcc()),
            held,
            metrics.lr(),
            Text.rate(metrics.imagesPerSecond()),
            100 * metrics.dataWait(),
            Text.seconds(metrics.seconds()),
            left(metrics.step())));
  }

  @Override
  public void warning(String line) {
    console.warn(line);
  }

  private String left(long step) {
    double each = (System.nanoTime() - begin) * 1e-9 / Math.max(1, step - firstStep);
    return step < steps ? "  left " + Text.seconds(each * (steps - step)) : "";
  }

  /** A line that stays. */
  void print(String line) {
    console.info(line);
  }

  @Override
  public void close() {}
}
