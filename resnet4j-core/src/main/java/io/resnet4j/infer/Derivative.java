package io.resnet4j.infer;

import io.resnet4j.InvalidInputException;
import io.resnet4j.autodiff.Gradients;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Value;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.MemoryMode;
import io.resnet4j.plan.Mode;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A value of the network for one picture, the derivative of a logit by it, and all logits.
 *
 * @param value elements, row-major
 * @param gradient as many
 * @param logits [K]
 */
record Derivative(float[] value, float[] gradient, float[] logits) {
  /**
   * Differentiates a logit by what the node at {@code path} makes of a picture.
   *
   * @param image [C,H,W] from the buffer's position on
   * @param target the logit's class
   */
  static Derivative of(Predictor predictor, String path, FloatBuffer image, int target) {
    float[] seed = new float[predictor.spec().classes()];
    seed[target] = 1;
    return predictor.with(
        "derivative by " + path,
        () -> program(predictor, path),
        plan -> {
          Value by = plan.plan().observed().iterator().next();
          plan.feed(ModelSpec.IMAGES, image);
          plan.feed(Gradients.SEED, FloatBuffer.wrap(seed));
          plan.run(0, 0);
          return new Derivative(
              plan.fetch(by).toFloats(),
              plan.fetch(plan.plan().gradients().get(by.name())).toFloats(),
              plan.fetch(ModelSpec.LOGITS).toFloats());
        });
  }

  private static Program program(Predictor predictor, String path) {
    if (predictor.precision() == Precision.INT8) {
      throw new InvalidInputException(
          "model "
              + predictor.spec().name()
              + ": 8-bit codes have no gradients; explain the weights that it was made from");
    }
    Graph graph = predictor.spec().graph(1);
    Value by = graph.find(path).orElseThrow().output();
    return new Program(
        graph,
        Mode.INFERENCE,
        predictor.precision(),
        Optional.of(graph.output(ModelSpec.LOGITS)),
        List.of(by),
        Set.of(by),
        Program.MODEL,
        MemoryMode.KEEP);
  }
}
