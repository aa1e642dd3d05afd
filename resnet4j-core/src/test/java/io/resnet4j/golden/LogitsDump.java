package io.resnet4j.golden;

import io.resnet4j.infer.Predictor;
import io.resnet4j.interop.Safetensors;
import io.resnet4j.model.Model;
import io.resnet4j.plan.Precision;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;

/**
 * Runs a model's file on given pictures, for a comparison by compare_full.py. Arguments: the model,
 * a safetensors file with "input" [N,C,H,W], and the file to write "logits" [N,K] to.
 */
final class LogitsDump {
  private LogitsDump() {}

  /** Writes the file that the last argument names. */
  public static void main(String[] arguments) {
    Tensor input = Safetensors.read(Path.of(arguments[1])).tensors().get("input");
    int count = input.shape().dim(0);
    try (Predictor predictor = Predictor.open(Model.load(Path.of(arguments[0])), Precision.F32)) {
      float[] logits = predictor.logits(FloatBuffer.wrap(input.toFloats()), count);
      Shape shape = Shape.of(count, predictor.spec().classes());
      new Safetensors(Map.of("logits", Tensor.ofFloats(shape, logits)), Map.of())
          .write(Path.of(arguments[2]));
    }
  }
}
