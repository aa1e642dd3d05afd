package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import io.resnet4j.app.picture.Overlay;
import io.resnet4j.app.picture.Png;
import io.resnet4j.data.Picture;
import io.resnet4j.data.Pictures;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.data.Views;
import io.resnet4j.infer.Explanation;
import io.resnet4j.infer.Explanations;
import io.resnet4j.infer.HeatMap;
import io.resnet4j.infer.Prediction;
import io.resnet4j.infer.Predictor;
import io.resnet4j.interop.AtomicFile;
import io.resnet4j.model.TrainedModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code explain}. */
@picocli.CommandLine.Command(
    description =
        "Draws where in a picture the answer comes from: bright places spoke for the class, what is"
            + " dark at the rim the network did not see.")
final class ExplainCommand extends Command {
  private static final int LONGEST = 4096;

  @Mixin private WeightsOptions weights = new WeightsOptions();

  @Parameters(paramLabel = "IMAGE", description = "A picture file.")
  private Path image = Path.of("");

  @Option(names = "--out", required = true, paramLabel = "PNG", description = "Where to draw it.")
  private Path out = Path.of("");

  @Option(
      names = "--method",
      paramLabel = "M",
      defaultValue = "grad-cam",
      description = "grad-cam, grad-cam++, occlusion or smoothgrad (default: ${DEFAULT-VALUE}).")
  private String method = "";

  @Option(
      names = "--class",
      paramLabel = "C",
      description = "The class to explain, by name or index (default: the likeliest).")
  private @Nullable String target;

  @Option(
      names = "--layer",
      paramLabel = "PATH",
      description =
          "Where class activation maps look, such as layer3 (default: the last layer with rows and"
              + " columns).")
  private @Nullable String layer;

  @Option(
      names = "--size",
      paramLabel = "N",
      defaultValue = "512",
      description = "Longest side of the drawing (default: ${DEFAULT-VALUE}).")
  private int size;

  @Option(names = "--json", description = "One line of JSON.")
  private boolean json;

  @Override
  int run(Console console) {
    Explanation how = Explanation.named(method);
    if (size < 1 || size > LONGEST) {
      throw new InvalidInputException("--size " + size + ": expected 1 to " + LONGEST);
    }
    if (weights.views() != Views.CENTRE) {
      throw new InvalidInputException("--tta: explains one view only; leave it out");
    }
    OutputFile.require("--out", out);
    Picture picture = Pictures.read(image);
    TrainedModel model = WeightsOptions.prepared(weights.file(), weights.load(), console::info);
    try (Predictor predictor = weights.open(model)) {
      Explanations explanations =
          layer == null ? Explanations.of(predictor) : Explanations.of(predictor, layer);
      Preprocessing preprocessing = predictor.preprocessing().orElseThrow();
      FloatBuffer input = FloatBuffer.allocate(preprocessing.pictureSize().samples());
      preprocessing.write(picture, input);
      List<Prediction> all = predictor.predict(input.flip(), predictor.spec().classes());
      Prediction chosen = chosen(all);
      HeatMap map = explanations.explain(how, input, chosen.index());
      write(Png.of(Overlay.draw(picture, preprocessing, map, size)));
      show(console, chosen, all.get(0), how, explanations.layer());
    }
    return Main.OK;
  }

  private Prediction chosen(List<Prediction> all) {
    if (target == null) {
      return all.get(0);
    }
    return all.stream()
        .filter(each -> each.label().equals(target))
        .findFirst()
        .or(
            () ->
                all.stream()
                    .filter(each -> Integer.toString(each.index()).equals(target))
                    .findFirst())
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "--class "
                        + target
                        + ": no such class"
                        + Nearest.suggestion(
                            String.valueOf(target), all.stream().map(Prediction::label).toList())));
  }

  private void write(byte[] png) {
    try {
      AtomicFile.write(
          out,
          file -> {
            ByteBuffer left = ByteBuffer.wrap(png);
            while (left.hasRemaining()) {
              file.write(left);
            }
          });
    } catch (IOException e) {
      throw new InvalidInputException(
          "--out " + out + ": cannot be written: " + Failures.reason(e) + "; give another file", e);
    }
  }

  private void show(
      Console console,
      Prediction chosen,
      Prediction best,
      Explanation how,
      Optional<String> lookedAt) {
    boolean ofLayer = how == Explanation.GRAD_CAM || how == Explanation.GRAD_CAM_PLUS_PLUS;
    if (json) {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("file", image.toString());
      line.put("class", chosen.label());
      line.put("probability", chosen.probability());
      line.put("best", best.label());
      line.put("method", how.toString());
      line.put("layer", ofLayer ? lookedAt.orElse(null) : null);
      line.put("out", out.toString());
      console.result(Json.line(line));
    } else {
      console.result(
          out
              + ": what speaks for "
              + chosen.label()
              + " ("
              + Text.percent(chosen.probability())
              + ") by "
              + how
              + (ofLayer ? " at " + lookedAt.orElse("") : ""));
    }
  }
}
