package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.Picture;
import io.resnet4j.data.Pictures;
import io.resnet4j.infer.Prediction;
import io.resnet4j.infer.Predictor;
import io.resnet4j.model.TrainedModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code predict}. */
@picocli.CommandLine.Command(
    description =
        "Says what pictures (JPEG, PNG or WebP) show. A picture that cannot be used is reported and left"
            + " out; the exit status is then 2.")
final class PredictCommand extends Command {
  @Mixin private WeightsOptions weights = new WeightsOptions();

  @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "Picture files.")
  private List<Path> images = new ArrayList<>();

  @Option(
      names = "--top",
      paramLabel = "K",
      defaultValue = "5",
      description = "Classes shown (default: ${DEFAULT-VALUE}).")
  private int top;

  @Option(
      names = "--labels",
      paramLabel = "FILE",
      description = "Names of the classes, a line each, in place of those in the weights.")
  private @Nullable Path labels;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "32",
      description = "Pictures at a time (default: ${DEFAULT-VALUE}).")
  private int batch;

  @Option(names = "--json", description = "A line of JSON for each picture.")
  private boolean json;

  @Override
  int run(Console console) {
    if (batch < 1 || top < 1) {
      throw new InvalidInputException(
          (top < 1 ? "--top " + top : "--batch " + batch) + ": give at least 1");
    }
    TrainedModel model = prepared(console);
    boolean allGood = true;
    try (Predictor predictor = weights.open(model)) {
      for (int from = 0; from < images.size(); from += batch) {
        List<Path> files = images.subList(from, Math.min(images.size(), from + batch));
        allGood &= predict(predictor, files, console);
      }
    }
    return allGood ? Main.OK : Main.BAD_INPUT;
  }

  private TrainedModel prepared(Console console) {
    TrainedModel model = WeightsOptions.prepared(weights.file(), weights.load(), console::info);
    return labels == null ? model : model.withClassNames(names(labels));
  }

  private static List<String> names(Path file) {
    try {
      return Files.readAllLines(file, StandardCharsets.UTF_8).stream()
          .map(String::strip)
          .filter(line -> !line.isEmpty())
          .toList();
    } catch (IOException e) {
      throw new InvalidInputException(
          file + ": cannot be read as lines of text; give a file with a class name a line", e);
    }
  }

  private boolean predict(Predictor predictor, List<Path> files, Console console) {
    List<Path> good = new ArrayList<>();
    List<Picture> pictures = new ArrayList<>();
    for (Path file : files) {
      try {
        pictures.add(Pictures.read(file));
        good.add(file);
      } catch (InvalidInputException e) {
        Main.failed(console, e, debug());
      }
    }
    List<List<Prediction>> all =
        pictures.isEmpty() ? List.of() : predictor.predict(pictures, top, weights.views());
    for (int i = 0; i < good.size(); i++) {
      show(good.get(i), all.get(i), console);
    }
    return good.size() == files.size();
  }

  private void show(Path file, List<Prediction> best, Console console) {
    if (json) {
      List<Object> classes = new ArrayList<>();
      for (Prediction each : best) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("class", each.label());
        one.put("probability", each.probability());
        classes.add(one);
      }
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("file", file.toString());
      line.put("top", classes);
      console.result(Json.line(line));
    } else {
      List<String> parts = new ArrayList<>();
      best.forEach(each -> parts.add(each.label() + " " + Text.percent(each.probability())));
      console.result(file + ": " + String.join(", ", parts));
    }
  }
}
