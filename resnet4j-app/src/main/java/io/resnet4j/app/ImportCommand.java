package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code import}. */
@picocli.CommandLine.Command(
    description =
        "Reads a network of another tool and writes it as a model that predicts and can be"
            + " trained. Nothing in the file is run.")
final class ImportCommand extends Command {
  @Parameters(paramLabel = "FILE", description = "An ONNX file (.onnx).")
  private Path file = Path.of("");

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "The safetensors file to write; what is there is replaced.")
  private Path out = Path.of("");

  @Option(names = "--json", description = "The result as one line of JSON.")
  private boolean json;

  @Override
  int run(Console console) {
    if (!OnnxImport.reads(file)) {
      throw new InvalidInputException(file + ": expected an ONNX file, whose name ends in .onnx");
    }
    Map<String, Object> fields = OnnxImport.run(file, out);
    console.result(json ? Json.line(fields) : OnnxImport.words(fields));
    return Main.OK;
  }
}
