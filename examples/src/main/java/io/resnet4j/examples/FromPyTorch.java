package io.resnet4j.examples;

import io.resnet4j.data.Pictures;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.infer.Prediction;
import io.resnet4j.infer.Predictor;
import io.resnet4j.interop.StateDict;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.plan.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Weights of torchvision, from {@code torch.save(model.state_dict(), "resnet50.pth")}: {@code
 * FromPyTorch resnet50.pth classes.txt cat.jpg}.
 */
public final class FromPyTorch {
  private FromPyTorch() {}

  /** A state dict of a ResNet-50, names of its classes, a line each, and a picture. */
  public static void main(String[] arguments) throws IOException {
    List<String> classes = Files.readAllLines(Path.of(arguments[1]));
    ModelSpec network = Models.resnet50(classes.size());
    Model model = read(network, Path.of(arguments[0])).withClassNames(classes);

    // What torchvision's transforms do: 256, the middle 224, ImageNet's mean and deviation.
    try (Predictor predictor =
        Predictor.open(model, Precision.F32, Preprocessing.imageNet(256, 224))) {
      for (Prediction each : predictor.predict(Pictures.read(Path.of(arguments[2])), 5)) {
        System.out.printf("%5.1f %% %s%n", 100 * each.probability(), each.label());
      }
    }
  }

  static Model read(ModelSpec network, Path file) {
    // The file is parsed, nothing in it is run. Names are torchvision's on both sides: what does
    // not fit by name and shape fails here, with a list.
    return Model.of(network, StateDict.read(file));
  }
}
