package io.resnet4j.examples;

import io.resnet4j.data.DataSource;
import io.resnet4j.data.DataSplits;
import io.resnet4j.model.Model;
import io.resnet4j.train.FineTuner;
import java.nio.file.Path;

/**
 * Teaches trained weights your classes: {@code FineTune weights.safetensors flowers/ runs/mine}.
 */
public final class FineTune {
  private FineTune() {}

  /** Weights; a folder with {@code train/CLASS/*.jpg}; where the run goes. */
  public static void main(String[] arguments) {
    Model pretrained = Model.load(Path.of(arguments[0]));
    DataSplits data = DataSource.parse("folder:" + arguments[1]).open();
    Path out = Path.of(arguments[2]);

    // A new head first, over layers that stay as they are; then all layers, the early ones slowly.
    FineTuner.Outcome done = FineTuner.of(pretrained, data, out).fit();
    report(done);
  }

  static void report(FineTuner.Outcome done) {
    System.out.println("weights, with classes and preprocessing: " + done.weights());
    // The test set was looked at once, by the weights that the validation set chose.
    done.test().ifPresent(test -> System.out.println("test pictures: " + test.size()));
  }
}
