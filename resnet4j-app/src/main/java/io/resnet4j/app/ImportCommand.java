package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.interop.StateDict;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.OnnxModels;
import io.resnet4j.model.StateMatch;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code import}. */
@picocli.CommandLine.Command(
    description =
        "Reads weights of another tool, checks them against a network (or, from ONNX, reads the"
            + " network too) and writes them as a safetensors file that says which network it is of."
            + " Nothing in the file is run.")
final class ImportCommand extends Command {
  @Parameters(
      paramLabel = "FILE",
      description =
          "PyTorch's .pth or .pt (a state dict or a checkpoint), safetensors, or ONNX's .onnx.")
  private Path file = Path.of("");

  @Option(
      names = "--model",
      paramLabel = "M",
      description = "The network that the weights are of; see 'models'. Not for ONNX files.")
  private @Nullable String model;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "The file to write; what is there is replaced.")
  private Path out = Path.of("");

  @Option(
      names = "--classes",
      paramLabel = "N",
      description = "Classes of the network (default: as many as the weights' head has).")
  private @Nullable Integer classes;

  @Option(
      names = "--input",
      paramLabel = "CxHxW",
      description = "The picture that the network takes (default: the network's own).")
  private @Nullable String input;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Of weights that are left fresh (default: 0).")
  private long seed;

  @Mixin private FitOptions fit = new FitOptions();

  @Option(names = "--json", description = "The result as one line of JSON.")
  private boolean json;

  @Override
  int run(Console console) {
    OutputFile.require("--out", out);
    if (file.toString().toLowerCase(Locale.ROOT).endsWith(".onnx")) {
      return onnx(console);
    }
    if (model == null) {
      throw new InvalidInputException(
          "--model: name the network that the weights are of; only ONNX files say it themselves");
    }
    ModelSpec named = Specs.named(model, input, classes);
    StateDict weights = StateDict.read(file);
    console.info(weights.toString());
    ModelSpec spec = classes == null ? Specs.withHeadOf(named, weights) : named;
    StateMatch match = StateMatch.of(spec, weights.tensors());
    console.info(spec.name() + " of " + spec.classes() + " classes: " + match);
    // Fresh weights are drawn only where they are needed.
    Model imported =
        match.complete()
            ? Model.of(spec, weights)
            : spec.initialise(seed).overlay(weights, fit.allowed());
    imported.save(out);
    console.result(json ? Json.line(fields(spec, weights, match)) : words(spec, match));
    return Main.OK;
  }

  private int onnx(Console console) {
    if (model != null || classes != null || input != null) {
      throw new InvalidInputException(
          file
              + ": an ONNX file says itself what network it holds; leave out --model, --classes and"
              + " --input");
    }
    Model imported = OnnxModels.read(file);
    imported.save(out);
    Map<String, Object> fields = OnnxFields.of(imported, out);
    console.result(json ? Json.line(fields) : OnnxFields.words(fields));
    return Main.OK;
  }

  private Map<String, Object> fields(ModelSpec spec, StateDict weights, StateMatch match) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("model", spec.name());
    fields.put("classes", spec.classes());
    fields.put("parameters", spec.counts().parameters());
    fields.put("file", file.toString());
    fields.put("format", weights.format().toString());
    fields.put("nesting", weights.nesting());
    fields.put("prefix", weights.prefix());
    fields.put("matched", match.matched().size());
    fields.put("missing", match.missing());
    fields.put("unexpected", match.unexpected());
    fields.put("mismatched", match.mismatched().stream().map(ImportCommand::fields).toList());
    fields.put("out", out.toString());
    return fields;
  }

  private static Map<String, Object> fields(StateMatch.Mismatch mismatch) {
    return Map.of(
        "name",
        mismatch.name(),
        "expected",
        mismatch.expected().toArray(),
        "given",
        mismatch.given().toArray());
  }

  private String words(ModelSpec spec, StateMatch match) {
    TextTable table = new TextTable("ll");
    table.row("model", spec.name() + ", " + Text.count(spec.classes()) + " classes");
    table.row("matched", Text.count(match.matched().size()) + " tensors");
    row(table, "missing", match.missing(), "left fresh");
    row(table, "unexpected", match.unexpected(), "left out");
    row(table, "of another shape", match.mismatched(), "left fresh");
    table.row("written", out.toString());
    return table.toString();
  }

  private static void row(TextTable table, String kind, List<?> items, String fate) {
    if (!items.isEmpty()) {
      table.row(kind, Text.count(items.size()) + ", " + fate);
    }
  }
}
