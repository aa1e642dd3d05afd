package io.resnet4j.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.resnet4j.tensor.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.zip.GZIPInputStream;

/** Reads the JSON under src/test/resources/golden. */
final class GoldenFiles {
  private GoldenFiles() {}

  static JsonNode read(String file) {
    try (InputStream raw = GoldenFiles.class.getResourceAsStream("/golden/" + file)) {
      if (raw == null) {
        throw new IllegalArgumentException(
            "golden/" + file + ": not found; make it with tools/reference/make_goldens.py");
      }
      try (InputStream in = file.endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
        return new ObjectMapper().readTree(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("golden/" + file, e);
    }
  }

  static double[] doubles(JsonNode array) {
    double[] values = new double[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).doubleValue();
    }
    return values;
  }

  static Shape shape(JsonNode array) {
    int[] dims = new int[array.size()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = array.get(i).intValue();
    }
    return Shape.of(dims);
  }
}
