package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backend;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.TrainedModel;
import io.resnet4j.plan.MemoryMode;
import io.resnet4j.plan.Precision;
import io.resnet4j.quantise.QuantisedModel;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench}. */
@picocli.CommandLine.Command(
    description =
        "Measures pictures a second: training (forward, loss, backward, SGD update, with a fresh"
            + " batch each step) or inference. The share of peak compares the multiply-adds of the"
            + " network (twice for a forward, six times for a training step, in operations) with"
            + " those of a chain of 3x3 convolutions of 256 channels in the same precision.")
final class BenchCommand extends Command {
  private static final int TIMED = 20;
  private static final int WARM_UP = 5;

  @Option(
      names = "--model",
      paramLabel = "M",
      description = "A name that 'models' lists, or a JSON file; its weights are drawn.")
  private @Nullable String model;

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      converter = WeightsFile.class,
      description = "In place of --model, to infer: weights, quantised or not.")
  private @Nullable Path weights;

  @Option(names = "--batch", required = true, paramLabel = "N", description = "Pictures in a step.")
  private int batch;

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      defaultValue = "train",
      description = "train or infer (default: ${DEFAULT-VALUE}).")
  private String mode = "train";

  @Option(
      names = "--precision",
      paramLabel = "P",
      defaultValue = "f32",
      description =
          "f32, bf16 or, to infer, int8: of quantised weights, else of drawn ones with ranges"
              + " calibrated on drawn numbers (default: ${DEFAULT-VALUE}).")
  private String precision = "f32";

  @Option(names = "--input", paramLabel = "CxHxW", description = "Another picture.")
  private @Nullable String input;

  @Option(names = "--classes", paramLabel = "N", description = "Another number of classes.")
  private @Nullable Integer classes;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Timed steps (default: " + TIMED + ").")
  private int steps = TIMED;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      description = "Steps before these (default: " + WARM_UP + ").")
  private int warmUp = WARM_UP;

  @Option(
      names = "--optimiser",
      paramLabel = "O",
      defaultValue = "sgd",
      description = "sgd, adam, adamw, rmsprop, lars, lamb or muon (default: ${DEFAULT-VALUE}).")
  private String optimiser = "sgd";

  @Mixin private EngineOptions engine = new EngineOptions();

  @Mixin private PlanOptions plan = new PlanOptions();

  @Option(
      names = "--profile",
      arity = "0..1",
      paramLabel = "N",
      fallbackValue = "20",
      description =
          "Then measure each operation alone, and show where the time goes: by kind, and the N"
              + " slowest (default: ${FALLBACK-VALUE}).")
  private @Nullable Integer profile;

  @Option(names = "--json", description = "The result as one line of JSON.")
  private boolean json;

  @Override
  int run(Console console) {
    engine.requireThreads();
    boolean train = Choices.require("--mode", mode, List.of("train", "infer")).equals("train");
    Precision numbers = Precision.named(precision);
    boolean tuned = plan.autotune();
    MemoryMode kept = plan.memory();
    requireAtLeast("--batch", batch, 1);
    requireAtLeast("--steps", steps, 1);
    requireAtLeast("--warmup", warmUp, 0);
    if (profile != null) {
      requireAtLeast("--profile", profile, 1);
    }
    Backend backend = engine.backend(numbers);
    TrainedModel measured = measured(backend, numbers, train, console);
    ModelSpec spec = measured.spec();
    Benchmark.Result result =
        new Benchmark(
                backend, measured, numbers, batch, train, kept, tuned, Benchmark.recipe(optimiser))
            .profiling(profile == null ? 0 : steps)
            .run(warmUp, steps, console);
    // Read before the peak is measured, which takes memory of its own.
    long resident = Machine.peakResidentBytes();
    double peak = PeakSpeed.measure(backend, numbers);
    double share = result.bestFlops() / peak;
    if (json) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("model", spec.name());
      fields.put("batch", batch);
      fields.put("mode", train ? "train" : "infer");
      fields.put("precision", numbers.toString());
      fields.put("autotune", tuned ? "on" : "off");
      fields.put("memory", kept.toString());
      fields.put("threads", Threads.count());
      fields.put("images_per_s_median", result.median());
      fields.put("images_per_s_best", result.best());
      fields.put("share_of_peak", share);
      fields.put("peak_rss_bytes", resident);
      fields.put("gflops", result.bestFlops() * 1e-9);
      fields.put("peak_gflops", peak * 1e-9);
      if (train) {
        fields.put("optimiser", optimiser);
        fields.put("update_share", result.updateShare());
      }
      fields.put("steps", steps);
      fields.put("prepare_seconds", result.prepareSeconds());
      fields.put("first_step_seconds", result.firstStepSeconds());
      fields.put("session_bytes", result.sessionBytes());
      result.profile().ifPresent(times -> fields.put("profile", times.tree()));
      console.result(Json.line(fields));
    } else {
      console.result(words(spec, train, numbers, result, peak, share, resident));
      result.profile().ifPresent(times -> console.result(times.words(profile, peak)));
    }
    return Main.OK;
  }

  private TrainedModel measured(
      Backend backend, Precision numbers, boolean train, Console console) {
    boolean int8 = numbers == Precision.INT8;
    if (train && (int8 || weights != null)) {
      throw new InvalidInputException(
          (int8 ? "--precision int8" : "--weights " + weights) + ": only with --mode infer");
    }
    if ((weights == null) == (model == null)) {
      throw new InvalidInputException("bench: give either --model or --weights");
    }
    if (weights != null) {
      if (input != null || classes != null) {
        throw new InvalidInputException("--input and --classes: only with --model");
      }
      return QuantisedModel.isQuantised(weights)
          ? QuantisedModel.load(weights)
          : Model.load(weights);
    }
    ModelSpec spec = Specs.named(model, input, classes);
    if (int8) {
      console.info("int8: drawn weights, ranges calibrated on drawn numbers");
      return Benchmark.drawn(spec, backend);
    }
    return spec.initialise(0);
  }

  private String words(
      ModelSpec spec,
      boolean train,
      Precision numbers,
      Benchmark.Result result,
      double peak,
      double share,
      long resident) {
    TextTable table = new TextTable("ll");
    table.row(
        spec.name(),
        (train ? "training" : "inference")
            + ", batch "
            + batch
            + ", "
            + numbers
            + ", "
            + Threads.count()
            + " threads");
    table.row("median", Text.rate(result.median()));
    table.row("best", Text.rate(result.best()));
    table.row(
        "share of peak",
        String.format(
            Locale.ROOT,
            "%.1f %% (best step; %.0f of %.0f GFLOP/s)",
            100 * share,
            result.bestFlops() * 1e-9,
            peak * 1e-9));
    if (train) {
      table.row(
          "update",
          String.format(
              Locale.ROOT, "%.2f %% of a step (%s)", 100 * result.updateShare(), optimiser));
    }
    table.row("memory", Text.mebibytes(result.sessionBytes()) + " in the session");
    table.row("peak resident", resident == 0 ? "unknown here" : Text.mebibytes(resident));
    table.row("plan ready in", Text.seconds(result.prepareSeconds()));
    table.row("first step after", Text.seconds(result.firstStepSeconds()) + " since the start");
    return table.toString();
  }

  private static void requireAtLeast(String option, int given, int least) {
    if (given < least) {
      throw new InvalidInputException(option + " " + given + ": give at least " + least);
    }
  }
}
