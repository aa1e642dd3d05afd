package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backend;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.infer.Evaluation;
import io.resnet4j.infer.Predictor;
import io.resnet4j.model.Model;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Quantiser;
import io.resnet4j.quantise.Method;
import io.resnet4j.quantise.PostTraining;
import io.resnet4j.quantise.QuantisedModel;
import io.resnet4j.random.KeyedRandom;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code quantize}. */
@picocli.CommandLine.Command(
    description =
        "Makes trained weights compute with 8-bit numbers: calibrates on training pictures, chooses"
            + " on others, and reports the accuracy before and after on the test set, with the"
            + " layers that cost most accuracy and most time.")
final class QuantizeCommand extends Command {
  private static final int HELD = 2000;
  private static final int SHOWN = 5;

  @Option(
      names = "--weights",
      required = true,
      paramLabel = "FILE",
      converter = WeightsFile.class,
      description = "Weights, such as a run's last.safetensors.")
  private Path weights = Path.of("");

  @Mixin private NetworkOptions network = new NetworkOptions();

  @Mixin private DataOptions data = new DataOptions();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "The file to write; what is there is replaced.")
  private Path out = Path.of("");

  @Option(
      names = "--method",
      paramLabel = "M",
      defaultValue = "entropy",
      description =
          "How ranges of activations are found: entropy, percentile or minmax (default:"
              + " ${DEFAULT-VALUE}).")
  private String method = "entropy";

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "512",
      description = "Training pictures that calibrate (default: ${DEFAULT-VALUE}).")
  private int samples;

  @Option(
      names = "--keep",
      paramLabel = "LAYERS",
      defaultValue = "auto",
      description =
          "Layers left in f32: none, first, last, first,last, or auto, by accuracy (default:"
              + " ${DEFAULT-VALUE}).")
  private String keep = "auto";

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Chooses the pictures (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Mixin private EngineOptions engine = new EngineOptions();

  @Option(names = "--json", description = "The result as one line of JSON.")
  private boolean json;

  @Override
  int run(Console console) {
    engine.requireThreads();
    Method how = Method.named(method);
    PostTraining.Keep kept = keep();
    if (samples < 1) {
      throw new InvalidInputException("--samples " + samples + ": give at least 1");
    }
    OutputFile.require("--out", out);
    if (QuantisedModel.isQuantised(weights)) {
      throw new InvalidInputException(
          "--weights " + weights + ": is quantised already; give the weights it was made from");
    }
    Model loaded = network.plain(weights);
    Backend backend = engine.backend(Precision.INT8);
    DataSplits splits = WeightsOptions.framed(data.open(console), loaded, weights);
    Preprocessing seen = WeightsOptions.preprocessing(splits, loaded, weights, console);
    Pictures pictures = pictures(splits);
    PostTraining training = new PostTraining(loaded, backend, seen, pictures.held());
    console.info(
        "calibrating on "
            + pictures.calibration().size()
            + " training pictures, choosing on "
            + pictures.held().size()
            + " others");
    PostTraining.Outcome outcome =
        training.run(training.calibrate(pictures.calibration(), how), kept);
    QuantisedModel made = outcome.model();
    made.save(out);
    Evaluation before = training.evaluate(loaded, Precision.F32, pictures.tested());
    Evaluation after = training.evaluate(made, Precision.INT8, pictures.tested());
    Map<String, Double> seconds = profile(made, backend);
    console.result(
        json
            ? Json.line(fields(loaded, outcome, pictures, before, after, seconds))
            : words(loaded, outcome, pictures, before, after, seconds));
    return Main.OK;
  }

  private PostTraining.Keep keep() {
    return switch (Choices.require(
        "--keep", keep, List.of("none", "first", "last", "first,last", "auto"))) {
      case "none" -> PostTraining.Keep.NONE;
      case "first" -> PostTraining.Keep.FIRST;
      case "last" -> PostTraining.Keep.LAST;
      case "first,last" -> PostTraining.Keep.FIRST_AND_LAST;
      default -> PostTraining.Keep.AUTO;
    };
  }

  /**
   * Pictures that calibrate, others that choices are made by, and those that the report tells of.
   */
  private record Pictures(Dataset calibration, Dataset held, Dataset tested) {}

  private Pictures pictures(DataSplits splits) {
    Dataset train = splits.train();
    int[] order = KeyedRandom.of(seed, "quantize/pictures").permutation(train.size());
    boolean own = splits.validation().isPresent();
    int calibrating = Math.min(samples, own ? order.length : order.length / 2);
    if (calibrating < 1) {
      throw new InvalidInputException(
          splits.description() + ": too few pictures to calibrate and to choose by");
    }
    int[] held = Arrays.copyOfRange(order, calibrating, Math.min(order.length, calibrating + HELD));
    Dataset choosing = own ? splits.validation().get() : train.subset(held);
    Dataset tested = splits.testing().orElse(choosing);
    return new Pictures(train.subset(Arrays.copyOf(order, calibrating)), choosing, tested);
  }

  private static Map<String, Double> profile(QuantisedModel made, Backend backend) {
    var spec = made.spec();
    try (Predictor predictor = Predictor.open(made, Precision.INT8, backend)) {
      FloatBuffer image =
          Benchmark.normal((long) spec.channels() * spec.height() * spec.width(), "profile");
      return predictor.profile(image, 1);
    }
  }

  private static List<Map.Entry<String, Double>> slowest(Map<String, Double> seconds) {
    return seconds.entrySet().stream()
        .sorted(Map.Entry.<String, Double>comparingByValue(Comparator.reverseOrder()))
        .limit(SHOWN)
        .toList();
  }

  private Map<String, Object> fields(
      Model loaded,
      PostTraining.Outcome outcome,
      Pictures pictures,
      Evaluation before,
      Evaluation after,
      Map<String, Double> seconds) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("model", loaded.spec().name());
    fields.put("out", out.toString());
    fields.put("bytes", size(out));
    fields.put("method", Method.named(method).toString());
    fields.put("samples", pictures.calibration().size());
    fields.put("n", after.n());
    fields.put("top1_f32", before.top1());
    fields.put("top1", after.top1());
    fields.put("top5_f32", before.top5());
    fields.put("top5", after.top5());
    fields.put("loss_f32", before.loss());
    fields.put("loss", after.loss());
    fields.put("layers", outcome.model().quantisation().layers().size());
    fields.put("kept", outcome.kept());
    fields.put("excluded", Quantiser.excluded(Quantiser.fused(loaded.spec().graph(1))));
    fields.put("in_f32", Quantiser.inNumbers(outcome.model().graph(1)));
    fields.put("damage", outcome.damage());
    fields.put("measured", outcome.measured());
    fields.put("seconds", seconds);
    return fields;
  }

  private String words(
      Model loaded,
      PostTraining.Outcome outcome,
      Pictures pictures,
      Evaluation before,
      Evaluation after,
      Map<String, Double> seconds) {
    List<String> lines = new ArrayList<>();
    TextTable table = new TextTable("lrr");
    table.row(Text.count(after.n()) + " pictures", "f32", "int8");
    table.row("top1", Text.percent(before.top1()), Text.percent(after.top1()));
    table.row("top5", Text.percent(before.top5()), Text.percent(after.top5()));
    table.row("loss", Text.decimal(before.loss()), Text.decimal(after.loss()));
    lines.add(
        String.format(
            "%s: %d layers in int8, ranges by %s of %d pictures",
            loaded.spec().name(),
            outcome.model().quantisation().layers().size(),
            Method.named(method),
            pictures.calibration().size()));
    lines.add(table.toString());
    if (!outcome.kept().isEmpty()) {
      lines.add("kept in f32: " + String.join(", ", outcome.kept()));
    }
    Quantiser.excluded(Quantiser.fused(loaded.spec().graph(1)))
        .forEach((path, why) -> lines.add("stays in f32: " + path + ", " + why));
    Map<String, Integer> others = Quantiser.inNumbers(outcome.model().graph(1));
    if (!others.isEmpty()) {
      List<String> parts = new ArrayList<>();
      others.forEach((kind, count) -> parts.add(count + " " + kind));
      lines.add("other operations in f32: " + String.join(", ", parts));
    }
    lines.add("most damaging, each quantised alone, on " + outcome.measured() + " pictures:");
    TextTable worst = new TextTable("lrl");
    for (PostTraining.Damage each : outcome.damage().subList(0, shown(outcome.damage().size()))) {
      worst.row(
          "  " + each.path(),
          String.format(Locale.ROOT, "%.2e", each.noise()),
          "of the logits' power is noise; " + Text.percent(each.changed()) + " other classes");
    }
    lines.add(worst.toString());
    if (!seconds.isEmpty()) {
      lines.add("slowest, one picture:");
      double all = seconds.values().stream().mapToDouble(Double::doubleValue).sum();
      TextTable slow = new TextTable("lrl");
      for (Map.Entry<String, Double> each : slowest(seconds)) {
        slow.row(
            "  " + each.getKey(),
            String.format(Locale.ROOT, "%.3f ms", 1e3 * each.getValue()),
            Text.share(each.getValue() / all));
      }
      lines.add(slow.toString());
    }
    lines.add("written: " + out + ", " + Text.count(size(out)) + " bytes");
    return String.join(System.lineSeparator(), lines);
  }

  private static int shown(int size) {
    return Math.min(SHOWN, size);
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
