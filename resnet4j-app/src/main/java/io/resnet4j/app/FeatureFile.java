package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.interop.Safetensors;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The features of many pictures as one matrix [N,D], {@code features}, in a safetensors file whose
 * metadata {@code files} is a JSON list of the N names: numbers and names in one file, which Python
 * reads with one call, and which this library writes and reads already. A .npy file would have left
 * the names to a second one.
 */
final class FeatureFile {
  private final Path file;
  private final String model;
  private final int size;
  private final List<String> names = new ArrayList<>();
  private final List<float[]> rows = new ArrayList<>();

  FeatureFile(Path file, String model, int size) {
    OutputFile.require("--features", file);
    this.file = file;
    this.model = model;
    this.size = size;
  }

  void add(String name, float[] features) {
    names.add(name);
    rows.add(features);
    if ((long) rows.size() * size > Integer.MAX_VALUE / Float.BYTES) {
      throw new InvalidInputException(
          "--features "
              + file
              + ": more than 2 GiB; take fewer pictures at a time, or --features - for lines of"
              + " JSON");
    }
  }

  /** Writes the file, whole or not at all; of no picture there is nothing to write. */
  void write() {
    if (rows.isEmpty()) {
      return;
    }
    float[] all = new float[rows.size() * size];
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i), 0, all, i * size, size);
    }
    Tensor matrix = Tensor.ofFloats(Shape.of(rows.size(), size), all);
    new Safetensors(Map.of("features", matrix), Map.of("files", Json.line(names), "model", model))
        .write(file);
  }
}
