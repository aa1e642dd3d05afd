package io.resnet4j.model;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;

/** Runs a file in ONNX Runtime. */
public final class OnnxRuntime {
  private OnnxRuntime() {}

  /** Logits [count,K] of pictures. */
  public static float[] logits(Path file, ModelSpec spec, FloatBuffer pictures, int count) {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    long[] shape = {count, spec.channels(), spec.height(), spec.width()};
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      try (OrtSession session = environment.createSession(file.toString(), options);
          OnnxTensor images = OnnxTensor.createTensor(environment, pictures, shape);
          OrtSession.Result result = session.run(Map.of(ModelSpec.IMAGES, images))) {
        FloatBuffer logits =
            ((OnnxTensor) result.get(ModelSpec.LOGITS).orElseThrow()).getFloatBuffer();
        float[] values = new float[logits.remaining()];
        logits.get(values);
        return values;
      }
    } catch (OrtException e) {
      throw new AssertionError(e);
    }
  }
}
