package io.resnet4j.golden;

import io.resnet4j.backend.Backends;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.interop.Safetensors;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.plan.Mode;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Compares a network's logits in f32 with those in a file of tools/reference/torchvision_random.py.
 * Arguments: network, file.
 */
final class ForwardParity {
  private ForwardParity() {}

  /** Prints the relative norm of the difference. */
  public static void main(String[] arguments) {
    Map<String, Tensor> tensors =
        new LinkedHashMap<>(Safetensors.read(Path.of(arguments[1])).tensors());
    Tensor input = tensors.remove("input");
    double[] expected = tensors.remove("logits").toDoubles();
    Shape shape = input.shape();
    ModelSpec spec = Models.named(arguments[0]).withInput(shape.dim(1), shape.dim(2), shape.dim(3));
    double error = error(Model.of(spec, tensors, Map.of()), input, expected);
    System.out.printf(Locale.ROOT, "%.2e%n", error);
  }

  private static double error(Model model, Tensor input, double[] expected) {
    Program program =
        Program.inference(model.spec().graph(input.shape().dim(0)), Precision.F32)
            .in(Mode.INFERENCE);
    try (Session session = Backends.named("onednn").open()) {
      Executable run = session.prepare(Planner.plan(program));
      model.state().forEach((path, tensor) -> session.write(Program.MODEL, path, tensor));
      run.feed(ModelSpec.IMAGES, Tensor.ofFloats(input.shape(), input.toFloats()));
      run.run(0, 0);
      double[] actual = run.fetch(ModelSpec.LOGITS).toDoubles();
      double difference = 0;
      double norm = 0;
      for (int i = 0; i < expected.length; i++) {
        difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
        norm += expected[i] * expected[i];
      }
      return Math.sqrt(difference / norm);
    }
  }
}
