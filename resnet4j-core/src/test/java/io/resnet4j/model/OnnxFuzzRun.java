package io.resnet4j.model;

import io.resnet4j.interop.Onnx;
import io.resnet4j.interop.OnnxFuzz;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Usage: FILE ROUNDS: reads mutations of an ONNX file, or of one with every operation. */
public final class OnnxFuzzRun {
  private OnnxFuzzRun() {}

  /** See the class. */
  public static void main(String[] arguments) throws IOException {
    Path file = Path.of(arguments[0]);
    if (!Files.exists(file)) {
      GraphSpec spec = GraphSpec.of("every operation", ManyOps.graph(2));
      file = Files.createTempFile("every", ".onnx");
      OnnxModels.write(ManyOps.model(spec, 1), file, Onnx.Options.DEFAULT);
    }
    OnnxFuzz fuzz = new OnnxFuzz(file, "onnx fuzz");
    fuzz.run(0, Integer.parseInt(arguments[1]));
    System.out.println(fuzz);
    if (!Files.exists(Path.of(arguments[0]))) {
      Files.delete(file);
    }
  }
}
