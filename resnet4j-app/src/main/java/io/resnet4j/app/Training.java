package io.resnet4j.app;

import io.resnet4j.data.DataSplits;
import io.resnet4j.train.NonFiniteLossException;
import io.resnet4j.train.TrainResult;
import io.resnet4j.train.Trainer;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Runs a trainer with everything that listens to it. */
final class Training {
  private static final String STOPPING = "stopping after this step; writing a checkpoint ...";

  private Training() {}

  /**
   * Trains to the end or until Ctrl-C, with progress on standard error and a report in the folder.
   *
   * @param show what becomes of the result, before a shutdown goes on
   */
  static TrainResult run(
      Console console, Path folder, Supplier<Trainer> maker, Consumer<TrainResult> show) {
    ReportListener report = new ReportListener(console, folder);
    try (Interruption interruption = Interruption.handled(console, STOPPING)) {
      long begin = System.nanoTime();
      try (Trainer trainer = maker.get();
          TrainDisplay display = TrainDisplay.on(console)) {
        console.detail("plans ready after " + Text.seconds((System.nanoTime() - begin) * 1e-9));
        interruption.stopBy(trainer::requestStop);
        trainer.listen(display).listen(report);
        TrainResult result = trainer.fit();
        show.accept(result);
        return result;
      } catch (NonFiniteLossException e) {
        report.write();
        throw e;
      }
    }
  }

  /** Says so where data has no test set, lest someone takes another accuracy for it. */
  static void untested(Console console, DataSplits data) {
    if (data.testing().isEmpty()) {
      console.info("no test was made: the data has no test set (a folder has it in test/CLASS/)");
    }
  }

  /**
   * The result as people read it; the words are those of the accuracy rules.
   *
   * @param validation what {@code val_acc} is measured on
   */
  static String words(TrainResult result, String validation) {
    TextTable table = new TextTable("ll");
    table.row("run", result.run() + (result.stopped() ? " (stopped; go on with --resume)" : ""));
    table.row(
        "trained",
        result.epochs()
            + " epochs, "
            + result.steps()
            + " steps, "
            + Text.seconds(result.seconds())
            + ", "
            + Text.rate(result.imagesPerSecond()));
    table.row("train_loss", Text.decimal(result.trainLoss()));
    if (result.valAcc() != null) {
      table.row("val_loss", Text.decimal(result.valLoss()));
      table.row(
          "val_acc",
          String.format(
              Locale.ROOT,
              "%s, best epoch %s (%s)",
              Text.percent(result.valAcc()),
              Text.percent(result.bestValAcc()),
              validation));
    }
    if (result.testAcc() != null) {
      table.row(
          "test_acc",
          Text.percent(result.testAcc())
              + " (the test set, once, final weights"
              + (result.weights().equals("model") ? "" : ", averaged: " + result.weights())
              + Words.views(String.valueOf(result.testViews()))
              + ")");
    }
    return table.toString();
  }
}
