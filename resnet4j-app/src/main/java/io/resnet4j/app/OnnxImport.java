package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.OnnxModels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The part of {@code import} that reads ONNX files, which say themselves what network they hold.
 */
final class OnnxImport {
  private OnnxImport() {}

  /** Whether {@code file} is to be read as ONNX. */
  static boolean reads(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(".onnx");
  }

  /** Writes the network of {@code file} as a model to {@code out}; the fields of the result. */
  static Map<String, Object> run(Path file, Path out) {
    requireFolder("--out", out);
    Model model = OnnxModels.read(file);
    model.save(out);
    return fields(model, out);
  }

  static void requireFolder(String option, Path out) {
    Path folder = out.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new InvalidInputException(
          option + " " + out + ": there is no folder " + folder + "; make it, or name another");
    }
    if (Files.isDirectory(out)) {
      throw new InvalidInputException(option + " " + out + ": is a folder; name a file");
    }
  }

  /** What was written. */
  static Map<String, Object> fields(Model model, Path out) {
    ModelSpec spec = model.spec();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("model", spec.name());
    fields.put("input", spec.channels() + "x" + spec.height() + "x" + spec.width());
    fields.put("classes", spec.classes());
    fields.put("parameters", spec.counts().parameters());
    fields.put("out", out.toString());
    return fields;
  }

  static String words(Map<String, Object> fields) {
    TextTable table = new TextTable("ll");
    fields.forEach(
        (name, value) ->
            table.row(
                name, value instanceof Number n ? Text.count(n.longValue()) : value.toString()));
    return table.toString();
  }
}
