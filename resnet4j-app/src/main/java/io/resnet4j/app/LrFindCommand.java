package io.resnet4j.app;

import io.resnet4j.data.DataSplits;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.train.LearningRateFinder;
import io.resnet4j.train.Recipe;
import io.resnet4j.train.TrainOptions;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lr-find}. */
@picocli.CommandLine.Command(
    description =
        "Suggests a learning rate (Smith 2015): trains for some steps at a rate that grows"
            + " exponentially until the loss diverges, and looks for where it fell fastest. Nothing"
            + " is kept of that training.")
final class LrFindCommand extends Command {
  private static final int SHOWN_EVERY = 10;

  @Mixin private LearningOptions learning = new LearningOptions();

  @Option(
      names = "--from",
      paramLabel = "X",
      defaultValue = "1e-5",
      description = "The first rate (default: ${DEFAULT-VALUE}).")
  private double from;

  @Option(
      names = "--to",
      paramLabel = "X",
      defaultValue = "10",
      description = "The last rate (default: ${DEFAULT-VALUE}).")
  private double to;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "100",
      description = "Steps of the test (default: ${DEFAULT-VALUE}).")
  private int steps;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Write lr-find.csv and lr-find.svg there.")
  private @Nullable Path out;

  @Option(names = "--json", description = "The result as one line of JSON.")
  private boolean json;

  @Override
  int run(Console console) {
    learning.check();
    LearningRateFinder.Range range = new LearningRateFinder.Range(from, to, steps);
    if (out != null) {
      OutputFile.folder("--out", out);
    }
    ModelSpec spec = learning.spec();
    DataSplits opened = learning.open(console);
    Recipe recipe = learning.recipe(opened);
    ModelSpec fitted = Specs.fitted(spec, recipe.augment().framed(opened).train());
    TrainOptions options = learning.options(Path.of(""));
    recipe = learning.fitted(recipe, fitted, opened, options, Optional.empty(), console);
    int[] done = new int[1];
    LearningRateFinder.Result result =
        LearningRateFinder.find(
            learning.initial(fitted, console),
            recipe,
            opened,
            options,
            range,
            point -> {
              if (++done[0] % SHOWN_EVERY == 0) {
                console.info(
                    String.format(
                        Locale.ROOT,
                        "step %d/%d  lr %.3g  loss %.4f",
                        done[0],
                        steps,
                        point.learningRate(),
                        point.smoothed()));
              }
            });
    if (out != null) {
      OutputFile.write(out.resolve("lr-find.csv"), csv(result));
      OutputFile.write(out.resolve("lr-find.svg"), chart(result));
      console.info("wrote " + out.resolve("lr-find.csv") + " and lr-find.svg");
    }
    if (json) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("suggestion", result.suggestion());
      fields.put("steepest", result.steepest());
      fields.put("valley", result.valley());
      fields.put("diverged", result.diverged());
      fields.put("steps", result.points().size());
      fields.put("points", result.points());
      console.result(Json.line(fields));
    } else {
      console.result(words(result));
    }
    return Main.OK;
  }

  private static String words(LearningRateFinder.Result result) {
    LearningRateFinder.Point last = result.points().get(result.points().size() - 1);
    TextTable table = new TextTable("ll").row("suggestion", "--lr " + rate(result.suggestion()));
    table.row("steepest", rate(result.steepest()) + " (where the loss falls fastest)");
    Double valley = result.valley();
    table.row(
        "valley",
        valley == null
            ? "none: the loss never falls"
            : rate(valley) + " (two thirds down its longest fall)");
    table.row(
        result.diverged() ? "diverged" : "ended",
        "at "
            + rate(last.learningRate())
            + " after "
            + result.points().size()
            + " steps"
            + (result.diverged() ? "" : "; the loss had not diverged, try a larger --to"));
    return table.toString();
  }

  private static String rate(double value) {
    return String.format(Locale.ROOT, "%.2g", value);
  }

  private static String csv(LearningRateFinder.Result result) {
    StringBuilder text = new StringBuilder("learning_rate,loss,smoothed\n");
    result
        .points()
        .forEach(
            p ->
                text.append(p.learningRate())
                    .append(',')
                    .append(p.loss())
                    .append(',')
                    .append(p.smoothed())
                    .append('\n'));
    return text.toString();
  }

  private static String chart(LearningRateFinder.Result result) {
    double[] rates = result.points().stream().mapToDouble(p -> p.learningRate()).toArray();
    double first = result.points().get(0).smoothed();
    // A loss that has diverged would flatten all that matters.
    double most = 1.5 * first;
    SvgChart chart =
        new SvgChart("Learning rate range test", "learning rate", "loss")
            .logarithmic()
            .line(
                "each step",
                rates,
                result.points().stream().mapToDouble(p -> Math.min(most, p.loss())).toArray())
            .line(
                "smoothed",
                rates,
                result.points().stream().mapToDouble(p -> Math.min(most, p.smoothed())).toArray())
            .mark("suggestion " + rate(result.suggestion()), result.suggestion());
    return chart.svg();
  }
}
