package io.resnet4j.examples;

import io.resnet4j.data.DataSource;
import io.resnet4j.data.DataSplits;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.train.EpochMetrics;
import io.resnet4j.train.Recipe;
import io.resnet4j.train.TrainListener;
import io.resnet4j.train.TrainOptions;
import io.resnet4j.train.TrainResult;
import io.resnet4j.train.Trainer;
import java.nio.file.Path;

/** Trains a network from nothing: {@code Train cifar10:DIR runs/first}. */
public final class Train {
  private Train() {}

  /** The data, as {@code --data} of the command line names it, and a folder for the run. */
  public static void main(String[] arguments) {
    DataSplits data = DataSource.parse(arguments[0]).open();
    TrainResult result = train(data, Recipe.named("cifar10-default"), Path.of(arguments[1]));
    System.out.printf("%.1f %% of the test set%n", 100 * result.testAcc());
  }

  static TrainResult train(DataSplits data, Recipe recipe, Path folder) {
    // Every named network is one line; what differs from it is another.
    ModelSpec network = Models.resnet20(data.train().classes().size());
    return train(network, data, recipe, folder);
  }

  static TrainResult train(ModelSpec network, DataSplits data, Recipe recipe, Path folder) {
    // The trainer owns native memory: try-with-resources frees it. The folder gets checkpoints,
    // metrics and weights; withResume(true) would go on from there.
    TrainOptions options = TrainOptions.in(folder).withSeed(1);
    try (Trainer trainer = Trainer.of(network, recipe, data, options)) {
      trainer.listen(new Progress());
      TrainResult result = trainer.fit();
      trainer.model().save(folder.resolve("trained.safetensors"));
      return result;
    }
  }

  /** The library prints nothing; a listener hears of every step, epoch and warning. */
  private static final class Progress implements TrainListener {
    @Override
    public void epochDone(EpochMetrics epoch) {
      System.out.printf("epoch %d: loss %.3f%n", epoch.epoch(), epoch.trainLoss());
    }

    @Override
    public void warning(String line) {
      System.out.println("warning: " + line);
    }
  }
}
