package io.resnet4j.app;

import io.resnet4j.interop.Onnx;
import io.resnet4j.model.Model;
import io.resnet4j.model.OnnxModels;
import io.resnet4j.model.TrainedModel;
import io.resnet4j.quantise.QuantisedModel;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code export}. */
@picocli.CommandLine.Command(
    description =
        "Writes trained weights as an ONNX file: input 'images' [batch,C,H,W], output 'logits'"
            + " [batch,K]; the metadata hold the classes and how pictures become the input. Quantised"
            + " weights give ONNX's QDQ form, batch norms folded.")
final class ExportCommand extends Command {
  @Parameters(
      paramLabel = "FILE",
      converter = WeightsFile.class,
      description = "Weights in a safetensors file, such as a run's last.safetensors.")
  private Path weights = Path.of("");

  @Option(
      names = "--onnx",
      required = true,
      paramLabel = "OUT",
      description = "The file to write; what is there is replaced.")
  private Path out = Path.of("");

  @Mixin private NetworkOptions network = new NetworkOptions();

  @Option(
      names = "--fold",
      negatable = true,
      description = "Fold batch norms into the convolutions before them (default: --no-fold).")
  private boolean fold;

  @Option(
      names = "--opset",
      paramLabel = "N",
      defaultValue = "17",
      description =
          "Version of ONNX's operators, "
              + Onnx.FIRST_OPSET
              + " to "
              + Onnx.LAST_OPSET
              + " (default: ${DEFAULT-VALUE}).")
  private int opset;

  @Option(names = "--json", description = "The result as one line of JSON.")
  private boolean json;

  @Override
  int run(Console console) {
    Onnx.Options options = new Onnx.Options(fold, opset);
    OutputFile.require("--onnx", out);
    TrainedModel loaded = network.load(weights);
    if (loaded instanceof QuantisedModel quantised) {
      quantised.writeOnnx(out, options);
    } else {
      OnnxModels.write((Model) loaded, out, options);
    }
    Map<String, Object> fields = OnnxFields.of(loaded, out);
    fields.put("folded", fold || loaded instanceof QuantisedModel);
    fields.put("opset", opset);
    console.result(json ? Json.line(fields) : OnnxFields.words(fields));
    return Main.OK;
  }
}
