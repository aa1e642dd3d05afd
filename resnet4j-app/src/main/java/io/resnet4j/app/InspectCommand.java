package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.app.picture.Png;
import io.resnet4j.app.picture.Sheets;
import io.resnet4j.data.Pictures;
import io.resnet4j.data.Views;
import io.resnet4j.infer.FeatureMaps;
import io.resnet4j.infer.Filters;
import io.resnet4j.infer.Predictor;
import io.resnet4j.model.Model;
import io.resnet4j.model.TrainedModel;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code inspect}. */
@picocli.CommandLine.Command(
    description =
        "Draws what is inside a network: with a picture what a layer makes of it, a tile for each"
            + " channel, the most active first; without one the filters of a convolution, the"
            + " longest first.")
final class InspectCommand extends Command {
  private static final int MOST = 4096;

  @Mixin private WeightsOptions weights = new WeightsOptions();

  @Parameters(paramLabel = "IMAGE", arity = "0..1", description = "A picture file.")
  private @Nullable Path image;

  @Option(names = "--out", required = true, paramLabel = "PNG", description = "Where to draw it.")
  private Path out = Path.of("");

  @Option(
      names = "--layer",
      paramLabel = "PATH",
      description =
          "The layer, such as layer1.0.conv2, or what it lies below (default: the first"
              + " convolution).")
  private @Nullable String layer;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "64",
      description =
          "Channels or filters shown, and planes of a filter that has more than three (default:"
              + " ${DEFAULT-VALUE}).")
  private int count;

  @Option(
      names = "--tile",
      paramLabel = "N",
      defaultValue = "64",
      description =
          "Pixels of a tile's longer side, rounded down to a multiple of what it shows (default:"
              + " ${DEFAULT-VALUE}).")
  private int tile;

  @Option(names = "--json", description = "One line of JSON.")
  private boolean json;

  @Override
  int run(Console console) {
    if (count < 1 || count > MOST || tile < 1 || tile > MOST) {
      throw new InvalidInputException(
          "--count " + count + ", --tile " + tile + ": give 1 to " + MOST + " of each");
    }
    if (weights.views() != Views.CENTRE) {
      throw new InvalidInputException("--tta: looks at one view only; leave it out");
    }
    OutputFile.require("--out", out);
    return image == null ? filters(console) : maps(image, console);
  }

  private int filters(Console console) {
    if (!(weights.load() instanceof Model model)) {
      throw new InvalidInputException(
          weights.file()
              + ": its filters are 8-bit codes; look into the weights that it was made from");
    }
    Filters filters = layer == null ? Filters.first(model) : Filters.of(model, layer);
    OutputFile.picture("--out", out, Png.of(Sheets.of(filters, count, tile)));
    List<Integer> shown = filters.byNorm().subList(0, Math.min(count, filters.count()));
    show(console, "filters", filters.layer(), filters.count(), shown);
    return Main.OK;
  }

  private int maps(Path file, Console console) {
    var picture = Pictures.read(file);
    TrainedModel model = WeightsOptions.prepared(weights.file(), weights.load(), console::info);
    try (Predictor predictor = weights.open(model)) {
      String path = layer == null ? FeatureMaps.firstLayer(model.spec()) : layer;
      FeatureMaps maps =
          FeatureMaps.of(predictor, path, predictor.inputs(List.of(picture), Views.CENTRE));
      OutputFile.picture("--out", out, Png.of(Sheets.of(maps, count, tile)));
      List<Integer> shown = maps.byActivity().subList(0, Math.min(count, maps.channels()));
      show(console, "channels", maps.layer(), maps.channels(), shown);
    }
    return Main.OK;
  }

  /** The order is the sheet's, row by row. */
  private void show(Console console, String what, String path, int all, List<Integer> shown) {
    if (json) {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("file", image == null ? null : image.toString());
      line.put("layer", path);
      line.put(what, all);
      line.put("shown", shown);
      line.put("out", out.toString());
      console.result(Json.line(line));
    } else {
      console.result(
          out
              + ": "
              + (shown.size() == all ? all : shown.size() + " of " + all)
              + " "
              + what
              + " of "
              + path
              + (image == null ? ", the longest first: " : ", the most active first: ")
              + numbers(shown));
    }
  }

  private static String numbers(List<Integer> shown) {
    int most = 8;
    String some = String.join(", ", shown.stream().limit(most).map(String::valueOf).toList());
    return shown.size() > most ? some + ", ..." : some;
  }
}
