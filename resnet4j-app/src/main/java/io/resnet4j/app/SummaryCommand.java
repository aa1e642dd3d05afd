package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backend;
import io.resnet4j.backend.Backends;
import io.resnet4j.backend.ChoiceCache;
import io.resnet4j.backend.Session;
import io.resnet4j.data.PictureSize;
import io.resnet4j.graph.Graph;
import io.resnet4j.model.Diagram;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Summary;
import io.resnet4j.plan.MemoryMode;
import io.resnet4j.plan.Precision;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code summary MODEL}. */
@picocli.CommandLine.Command(description = "Shows a network layer by layer.")
final class SummaryCommand extends Command {
  private static final List<String> MODES = List.of("train", "infer");

  @Parameters(paramLabel = "MODEL", description = "A name that 'models' lists, or a JSON file.")
  private String model = "";

  @Option(names = "--input", paramLabel = "CxHxW", description = "Another picture.")
  private @Nullable String input;

  @Option(names = "--classes", paramLabel = "N", description = "Another number of classes.")
  private @Nullable Integer classes;

  @Option(
      names = "--format",
      paramLabel = "F",
      defaultValue = "table",
      description = "table, json, mermaid or svg (default: ${DEFAULT-VALUE}).")
  private String format = "table";

  @Option(
      names = "--block",
      paramLabel = "PATH",
      description = "With mermaid or svg: only this block, such as layer2.0, in full detail.")
  private @Nullable String block;

  @Option(
      names = "--plan",
      description =
          "Instead of the layers, what this machine would run: operations and their"
              + " implementations. 'bench --profile' measures them.")
  private boolean plan;

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      description = "With --plan: train or infer (default: infer).")
  private @Nullable String mode;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "With --plan: pictures at once (default: 1).")
  private @Nullable Integer batch;

  @Option(
      names = "--precision",
      paramLabel = "P",
      description = "With --plan: f32 or bf16 (default: f32).")
  private @Nullable String precision;

  @Option(names = "--json", description = "The same as --format json.")
  private boolean json;

  @Override
  int run(Console console) {
    ModelSpec spec = Specs.named(model, input, classes);
    String wanted = Choices.require("--format", json ? "json" : format, FORMATS);
    if (block != null && !wanted.equals("mermaid") && !wanted.equals("svg")) {
      throw new InvalidInputException("--block: only with --format mermaid or svg");
    }
    if (!plan && (mode != null || batch != null || precision != null)) {
      throw new InvalidInputException("--mode, --batch, --precision: only with --plan");
    }
    if (plan && !wanted.equals("table") && !wanted.equals("json")) {
      throw new InvalidInputException("--plan: only with --format table or json");
    }
    if (plan) {
      Profile steps = steps(spec);
      console.result(wanted.equals("json") ? Json.line(steps.tree()) : steps.plan());
      return Main.OK;
    }
    switch (wanted) {
      case "mermaid" -> console.result(diagram(spec).stripTrailing());
      case "svg" -> console.result(SvgDiagram.draw(title(spec), diagram(spec)));
      case "json" -> console.result(Json.line(tree(spec, Summary.of(spec))));
      default -> console.result(table(spec, Summary.of(spec)));
    }
    return Main.OK;
  }

  private Profile steps(ModelSpec spec) {
    String kind = Choices.require("--mode", mode == null ? "infer" : mode, MODES);
    boolean train = kind.equals("train");
    Precision numbers = precision == null ? Precision.F32 : Precision.named(precision);
    int pictures = batch == null ? 1 : batch;
    if (pictures < 1) {
      throw new InvalidInputException("--batch " + pictures + ": give a number of at least 1");
    }
    Backend engine = Specs.backend(Backends.DEFAULT, numbers);
    // As far as this machine has measured; summary itself measures nothing.
    var choices = io.resnet4j.backend.Choices.fixed(ChoiceCache.of(engine).read());
    try (Session session = engine.open(choices)) {
      Graph graph = train ? spec.trainingGraph(pictures, 0) : spec.graph(pictures);
      return Profile.of(
          session.prepare(Benchmark.plan(graph, numbers, train, MemoryMode.KEEP)).steps());
    }
  }

  private String diagram(ModelSpec spec) {
    return block == null ? Diagram.mermaid(spec) : Diagram.mermaid(spec, block);
  }

  private String title(ModelSpec spec) {
    return block == null ? spec.name() : spec.name() + " " + block;
  }

  private static final List<String> FORMATS = List.of("table", "json", "mermaid", "svg");

  private static Map<String, Object> tree(ModelSpec spec, Summary summary) {
    List<Object> layers = new ArrayList<>();
    for (Summary.Row row : summary.rows()) {
      Map<String, Object> layer = new LinkedHashMap<>();
      layer.put("path", row.path());
      layer.put("operation", row.operation());
      layer.put("output", row.output().toArray());
      layer.put("parameters", row.parameters());
      layer.put("macs", row.macs());
      layer.put("memory_bytes", row.memory());
      layers.add(layer);
    }
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("name", spec.name());
    tree.put("input", size(spec).toString());
    tree.put("classes", spec.classes());
    tree.put("parameters", summary.totals().parameters());
    tree.put("macs", summary.totals().macs());
    tree.put("memory_bytes", summary.memory());
    tree.put("layers", layers);
    return tree;
  }

  private static PictureSize size(ModelSpec spec) {
    return new PictureSize(spec.channels(), spec.height(), spec.width());
  }

  private static String table(ModelSpec spec, Summary summary) {
    TextTable table = new TextTable("lllrrr");
    table.row("layer", "operation", "output", "parameters", "macs", "MiB");
    for (Summary.Line line : summary.tree()) {
      table.row(
          "  ".repeat(line.depth()) + line.label(),
          line.operation(),
          line.output().toString(),
          line.parameters() == 0 ? "" : Text.count(line.parameters()),
          line.macs() == 0 ? "" : Text.large(line.macs()),
          mebibytes(line.memory()));
    }
    double weights = summary.totals().parameters() * (double) Float.BYTES;
    return table
        + System.lineSeparator()
        + spec.name()
        + " for "
        + size(spec)
        + ", "
        + spec.classes()
        + " classes: "
        + Text.count(summary.totals().parameters())
        + " parameters ("
        + mebibytes(weights)
        + " MiB"
        + " in f32), "
        + Text.large(summary.totals().macs())
        + " multiply-adds and "
        + mebibytes(summary.memory())
        + " MiB"
        + " of results a picture";
  }

  private static String mebibytes(double bytes) {
    return String.format(Locale.ROOT, "%.2f", bytes / (1 << 20));
  }
}
