package io.resnet4j.app;

import io.resnet4j.data.PictureSize;
import io.resnet4j.model.Diagram;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Summary;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code summary MODEL}. */
@picocli.CommandLine.Command(description = "Shows a network layer by layer.")
final class SummaryCommand extends Command {
  @Parameters(paramLabel = "MODEL", description = "A name that 'models' lists.")
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

  @Option(names = "--json", description = "The same as --format json.")
  private boolean json;

  @Override
  int run(Console console) {
    ModelSpec spec = Specs.named(model, input, classes);
    String wanted = Choices.require("--format", json ? "json" : format, FORMATS);
    switch (wanted) {
      case "mermaid" -> console.result(Diagram.mermaid(spec).stripTrailing());
      case "svg" -> console.result(SvgDiagram.draw(spec));
      case "json" -> console.result(Json.line(tree(spec, Summary.of(spec))));
      default -> console.result(table(spec, Summary.of(spec)));
    }
    return Main.OK;
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
      layers.add(layer);
    }
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("name", spec.name());
    tree.put("input", size(spec).toString());
    tree.put("classes", spec.classes());
    tree.put("parameters", summary.totals().parameters());
    tree.put("macs", summary.totals().macs());
    tree.put("layers", layers);
    return tree;
  }

  private static PictureSize size(ModelSpec spec) {
    return new PictureSize(spec.channels(), spec.height(), spec.width());
  }

  private static String table(ModelSpec spec, Summary summary) {
    TextTable table = new TextTable("lllrr");
    table.row("layer", "operation", "output", "parameters", "macs");
    for (Summary.Row row : summary.rows()) {
      table.row(
          row.path(),
          row.operation(),
          row.output().toString(),
          row.parameters() == 0 ? "" : Text.count(row.parameters()),
          row.macs() == 0 ? "" : Text.large(row.macs()));
    }
    return table
        + System.lineSeparator()
        + spec.name()
        + " for "
        + size(spec)
        + ", "
        + spec.classes()
        + " classes: "
        + Text.count(summary.totals().parameters())
        + " parameters, "
        + Text.large(summary.totals().macs())
        + " multiply-adds a picture";
  }
}
