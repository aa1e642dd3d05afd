package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import io.resnet4j.app.picture.Overlay;
import io.resnet4j.app.picture.Png;
import io.resnet4j.app.picture.Sheets;
import io.resnet4j.data.Picture;
import io.resnet4j.data.Pictures;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.data.Views;
import io.resnet4j.infer.Explanation;
import io.resnet4j.infer.Explanations;
import io.resnet4j.infer.HeatMap;
import io.resnet4j.infer.Prediction;
import io.resnet4j.infer.Predictor;
import io.resnet4j.infer.SanityCheck;
import io.resnet4j.model.Model;
import io.resnet4j.model.TrainedModel;
import java.awt.image.BufferedImage;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
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
  private static final int DRAWS = 3;

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

  @Option(
      names = "--sanity",
      description =
          "Check the method (Adebayo et al. 2018): explain the same class again while the network's"
              + " weights are drawn afresh, part by part from the head down; a method that still"
              + " draws the same does not show why the network answers so. Draws all pictures in a"
              + " row, the trained network's first.")
  private boolean sanity;

  @Option(
      names = "--draws",
      paramLabel = "N",
      description = "With --sanity: random networks to average over (default: " + DRAWS + ").")
  private @Nullable Integer drawsGiven;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "With --sanity: of the random networks (default: 0).")
  private @Nullable Long seedGiven;

  @Option(names = "--json", description = "One line of JSON.")
  private boolean json;

  @Override
  int run(Console console) {
    Explanation how = Explanation.named(method);
    if (size < 1 || size > LONGEST) {
      throw new InvalidInputException("--size " + size + ": expected 1 to " + LONGEST);
    }
    int draws = drawsGiven == null ? DRAWS : drawsGiven;
    long seed = seedGiven == null ? 0 : seedGiven;
    if (!sanity && (drawsGiven != null || seedGiven != null)) {
      throw new InvalidInputException(
          (drawsGiven != null ? "--draws" : "--seed") + ": only together with --sanity");
    }
    if (draws < 1) {
      throw new InvalidInputException("--draws " + draws + ": give at least 1");
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
      Function<HeatMap, BufferedImage> drawing =
          map -> Overlay.draw(picture, preprocessing, map, size);
      if (sanity) {
        if (!(model instanceof Model plain)) {
          throw new InvalidInputException(
              weights.file()
                  + ": 8-bit codes cannot be drawn afresh; check the weights that it was made from");
        }
        SanityCheck.Outcome outcome =
            SanityCheck.run(
                plain, predictor, explanations, how, input, chosen.index(), seed, draws);
        OutputFile.picture("--out", out, Png.of(row(outcome, drawing)));
        show(console, chosen, all.get(0), how, explanations.layer(), Optional.of(outcome));
      } else {
        HeatMap map = explanations.explain(how, input, chosen.index());
        OutputFile.picture("--out", out, Png.of(drawing.apply(map)));
        show(console, chosen, all.get(0), how, explanations.layer(), Optional.empty());
      }
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

  /** The trained network's picture, then the first random network's of each step. */
  private static BufferedImage row(
      SanityCheck.Outcome outcome, Function<HeatMap, BufferedImage> drawing) {
    List<BufferedImage> all = new ArrayList<>(List.of(drawing.apply(outcome.trained())));
    outcome.steps().forEach(step -> all.add(drawing.apply(step.maps().get(0))));
    return Sheets.row(all);
  }

  private static Map<String, Object> json(SanityCheck.Outcome outcome) {
    List<Object> steps = new ArrayList<>();
    for (SanityCheck.Step step : outcome.steps()) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("random_from", step.part());
      one.put("rank_correlation", step.rankCorrelation());
      one.put("structural_similarity", step.structure());
      steps.add(one);
    }
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("verdict", outcome.verdict().name().toLowerCase(Locale.ROOT));
    all.put("draws", outcome.steps().get(0).maps().size());
    all.put("steps", steps);
    return all;
  }

  private static String words(SanityCheck.Outcome outcome, Explanation how) {
    TextTable table = new TextTable("lrr");
    table.row("random down to", "rank correlation", "SSIM");
    for (SanityCheck.Step step : outcome.steps()) {
      table.row(
          step.part(),
          String.format(Locale.ROOT, "%.2f", step.rankCorrelation()),
          String.format(Locale.ROOT, "%.2f", step.structure()));
    }
    return table
        + System.lineSeparator()
        + how
        + switch (outcome.verdict()) {
          case PASSED ->
              " passes: for a network that has learned nothing it draws another picture.";
          case FAILED ->
              " fails: for a network that has learned nothing it draws much the same picture, so"
                  + " that the picture does not tell why the network answers so.";
          case UNDECIDED ->
              " is undecided: for a network that has learned nothing it draws a picture that is"
                  + " somewhat like this one; look at them, try others, or give more --draws.";
          case BLANK ->
              " cannot be checked here: nothing in the picture speaks for this class; give another"
                  + " --class.";
        };
  }

  private void show(
      Console console,
      Prediction chosen,
      Prediction best,
      Explanation how,
      Optional<String> lookedAt,
      Optional<SanityCheck.Outcome> checked) {
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
      checked.ifPresent(outcome -> line.put("sanity", json(outcome)));
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
      checked.ifPresent(outcome -> console.result(words(outcome, how)));
    }
  }
}
