package io.resnet4j.app;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Summary;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The tables of a report, which do without a script. */
final class ReportTables {
  /** A network of a thousand layers is not a table that anyone reads. */
  private static final int MOST_LAYERS = 200;

  private static final String NOT_YET = "&ndash;";
  private final List<RunFiles> runs;

  ReportTables(List<RunFiles> runs) {
    this.runs = runs;
  }

  /** How each run ended, or stands. */
  String numbers() {
    StringBuilder rows = new StringBuilder("<table class=figures><thead><tr><th></th>");
    runs.forEach(run -> rows.append("<th>").append(Html.escape(title(run))).append("</th>"));
    rows.append("</tr></thead><tbody>");
    row(rows, "test_acc", "the test set, once, at the end, with the final weights", "test_acc");
    row(rows, "val_acc", "last epoch; held out of the training set, used for choosing", "val_acc");
    row(
        rows,
        "best_val_acc",
        "the best epoch&rsquo;s, whose weights best.safetensors holds",
        "best_val_acc");
    row(rows, "train_acc", "mean over the last epoch, augmented, while it moved", "train_acc");
    row(rows, "train_loss", "mean over the last epoch", "train_loss");
    row(rows, "val_loss", "last epoch", "val_loss");
    row(rows, "epochs", "", "epochs");
    row(rows, "steps", "", "steps");
    row(rows, "time", "evaluation included", "seconds");
    row(rows, "speed", "training, evaluation left out", "images_per_s");
    rows.append("</tbody></table>");
    for (RunFiles run : runs) {
      run.warnings().stream()
          .filter(warning -> !RunFiles.ends(warning))
          .forEach(warning -> warned(rows, run, warning));
    }
    return rows.toString();
  }

  private void warned(StringBuilder page, RunFiles run, JsonNode warning) {
    page.append("<p>")
        .append(runs.size() == 1 ? "" : Html.escape(title(run)) + ", ")
        .append("step ")
        .append(Text.count(warning.path("step").asLong()))
        .append(": ")
        .append(Html.escape(warning.path("message").asText()))
        .append("</p>");
  }

  /** What ended runs before their time; empty where nothing did. */
  String failures() {
    StringBuilder text = new StringBuilder();
    for (RunFiles run : runs) {
      @Nullable JsonNode failure = run.failure();
      if (failure != null) {
        String said = failure.path("message").asText();
        text.append("<p><b>").append(Html.escape(title(run) + " ended early: " + said));
        text.append("</b></p>");
      }
    }
    return text.toString();
  }

  private String title(RunFiles run) {
    return runs.size() == 1 ? run.model() : run.name();
  }

  private void row(StringBuilder rows, String name, String meaning, String key) {
    rows.append("<tr><th scope=row>").append(name);
    if (!meaning.isEmpty()) {
      rows.append(" <small>").append(meaning).append("</small>");
    }
    rows.append("</th>");
    runs.forEach(run -> rows.append("<td>").append(number(run, key)).append("</td>"));
    rows.append("</tr>");
  }

  private static String number(RunFiles run, String key) {
    JsonNode value = value(run, key);
    if (value.isTextual()) {
      return Html.escape(value.textValue());
    }
    if (!value.isNumber()) {
      return NOT_YET;
    }
    if (key.equals("test_acc")) {
      return Text.percent(value.asDouble()) + Words.views(value(run, "test_views").asText());
    }
    if (key.endsWith("acc")) {
      return Text.percent(value.asDouble());
    }
    return switch (key) {
      case "seconds" -> Text.seconds(value.asDouble());
      case "images_per_s" -> Text.rate(value.asDouble());
      case "epochs", "steps" -> Text.count(value.asLong());
      default -> Text.decimal(value.asDouble());
    };
  }

  /** From the result; while there is none, from the lines of metrics. */
  static JsonNode value(RunFiles run, String key) {
    @Nullable JsonNode result = run.result();
    if (result != null && result.has(key)) {
      return result.path(key);
    }
    JsonNode none = Json.MAPPER.missingNode();
    if (run.metrics().isEmpty()) {
      return none;
    }
    JsonNode last = run.metrics().get(run.metrics().size() - 1);
    return switch (key) {
      case "epochs" -> last.path("epoch");
      case "steps" -> last.path("step");
      case "best_val_acc" -> best(run.metrics());
      case "seconds" -> {
        double sum = run.metrics().stream().mapToDouble(m -> m.path("seconds").asDouble()).sum();
        yield Json.MAPPER.getNodeFactory().numberNode(sum);
      }
      default -> last.path(key);
    };
  }

  private static JsonNode best(List<JsonNode> metrics) {
    JsonNode best = Json.MAPPER.missingNode();
    for (JsonNode line : metrics) {
      // With an average of the weights, that is what was chosen.
      JsonNode average = line.path("ema_val_acc");
      JsonNode now = average.isNumber() ? average : line.path("val_acc");
      if (now.isNumber() && (!best.isNumber() || now.asDouble() > best.asDouble())) {
        best = now;
      }
    }
    return best;
  }

  /** Every setting of every run; where runs differ, the row stands out. */
  String config() {
    Map<String, String[]> settings = new LinkedHashMap<>();
    for (int i = 0; i < runs.size(); i++) {
      flatten("", runs.get(i).config(), settings, i);
    }
    StringBuilder rows = new StringBuilder("<table><thead><tr><th></th>");
    runs.forEach(run -> rows.append("<th>").append(Html.escape(title(run))).append("</th>"));
    rows.append("</tr></thead><tbody>");
    settings.forEach(
        (key, values) -> {
          Set<String> different = new LinkedHashSet<>();
          for (String value : values) {
            different.add(String.valueOf(value));
          }
          rows.append(different.size() > 1 ? "<tr class=differs>" : "<tr>");
          rows.append("<th scope=row>").append(Html.escape(key)).append("</th>");
          for (String value : values) {
            rows.append("<td>")
                .append(value == null ? NOT_YET : Html.escape(value))
                .append("</td>");
          }
          rows.append("</tr>");
        });
    return rows.append("</tbody></table>").toString();
  }

  private void flatten(String path, JsonNode node, Map<String, String[]> into, int run) {
    if (node.isObject()) {
      node.properties()
          .forEach(
              each ->
                  flatten(
                      path.isEmpty() ? each.getKey() : path + "." + each.getKey(),
                      each.getValue(),
                      into,
                      run));
      return;
    }
    String text = node.isValueNode() ? node.asText() : node.toString();
    into.computeIfAbsent(path, p -> new String[runs.size()])[run] = text;
  }

  /** The layers with weights, once for each network. */
  String networks() {
    Map<String, ModelSpec> specs = new LinkedHashMap<>();
    for (RunFiles run : runs) {
      String json = run.config().path("model").toString();
      specs.computeIfAbsent(
          json, j -> ModelSpec.fromJson(j, run.folder().resolve("config.json").toString()));
    }
    StringBuilder all = new StringBuilder();
    specs.values().forEach(spec -> network(all, spec));
    return all.toString();
  }

  private static void network(StringBuilder all, ModelSpec spec) {
    Summary summary = Summary.of(spec);
    List<Summary.Row> layers = summary.rows().stream().filter(row -> row.macs() > 0).toList();
    all.append("<details><summary>")
        .append(Html.escape(spec.name()))
        .append(": ")
        .append(Text.count(summary.totals().parameters()))
        .append(" parameters, ")
        .append(Text.large(summary.totals().macs()))
        .append(" multiply-adds a picture, ")
        .append(layers.size())
        .append(" layers with weights</summary><table><thead><tr><th>layer</th><th>operation</th>")
        .append("<th>output</th><th>parameters</th><th>multiply-adds</th></tr></thead><tbody>");
    for (Summary.Row row : layers.subList(0, Math.min(MOST_LAYERS, layers.size()))) {
      all.append("<tr><th scope=row>")
          .append(Html.escape(row.path()))
          .append("</th><td>")
          .append(Html.escape(row.operation()))
          .append("</td><td>")
          .append(Html.escape(row.output().toString()))
          .append("</td><td>")
          .append(Text.count(row.parameters()))
          .append("</td><td>")
          .append(Text.large(row.macs()))
          .append("</td></tr>");
    }
    all.append("</tbody></table>");
    if (layers.size() > MOST_LAYERS) {
      all.append("<p>and ").append(layers.size() - MOST_LAYERS).append(" more</p>");
    }
    all.append("</details>");
  }
}
