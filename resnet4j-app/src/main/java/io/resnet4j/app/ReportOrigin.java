package io.resnet4j.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How runs were made: the command lines, and what their numbers depend on. */
final class ReportOrigin {
  private static final List<String> NUMBERS =
      List.of(
          "test_acc",
          "val_acc",
          "best_val_acc",
          "train_acc",
          "train_loss",
          "val_loss",
          "epochs",
          "steps",
          "seconds",
          "images_per_s");

  private final List<RunFiles> runs;

  ReportOrigin(List<RunFiles> runs) {
    this.runs = runs;
  }

  /** Each line once; runs older than this note have none. */
  String commands() {
    StringBuilder text = new StringBuilder();
    runs.stream()
        .map(run -> run.config().path("command").asText())
        .filter(line -> !line.isEmpty())
        .distinct()
        .forEach(line -> text.append("<pre>").append(Html.escape(line)).append("</pre>"));
    return text.toString();
  }

  /** A row for each thing to know, a column for each run. */
  String table() {
    List<Map<String, String>> all = runs.stream().map(ReportOrigin::facts).toList();
    StringBuilder rows = new StringBuilder("<table><thead><tr><th></th>");
    for (RunFiles run : runs) {
      String title = runs.size() == 1 ? run.model() : run.name();
      rows.append("<th>").append(Html.escape(title)).append("</th>");
    }
    rows.append("</tr></thead><tbody>");
    for (String name : all.get(0).keySet()) {
      rows.append("<tr><th scope=row>").append(name).append("</th>");
      for (Map<String, String> facts : all) {
        String fact = facts.get(name);
        rows.append("<td>").append(fact.isEmpty() ? "&ndash;" : Html.escape(fact)).append("</td>");
      }
      rows.append("</tr>");
    }
    return rows.append("</tbody></table>").toString();
  }

  /** The same keys for every run. */
  private static Map<String, String> facts(RunFiles run) {
    JsonNode config = run.config();
    JsonNode machine = config.path("machine");
    JsonNode versions = config.path("versions");
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("data", config.at("/data/description").asText());
    facts.put("recipe", config.at("/recipe/name").asText());
    facts.put("precision", config.path("precision").asText());
    facts.put("seed", config.path("seed").asText());
    facts.put("begun", config.path("begun").asText());
    JsonNode seconds = ReportTables.value(run, "seconds");
    facts.put("took", seconds.isNumber() ? Text.seconds(seconds.asDouble()) : "");
    facts.put("processor", machine.path("cpu").asText());
    String threads = machine.path("threads").asText();
    String processors = machine.path("processors").asText();
    facts.put("threads", processors.isEmpty() ? threads : threads + " of " + processors);
    facts.put(
        "versions",
        versions.isMissingNode()
            ? ""
            : "resnet4j "
                + versions.path("resnet4j").asText()
                + ", Java "
                + versions.path("java").asText()
                + ", oneDNN "
                + versions.path("onednn").asText());
    return facts;
  }

  /** For programs: name, command, facts, and the numbers of the page's first table. */
  ArrayNode json() {
    ArrayNode all = Json.MAPPER.createArrayNode();
    for (RunFiles run : runs) {
      ObjectNode node = all.addObject();
      node.put("run", run.name());
      node.put("model", run.model());
      node.set("command", run.config().get("command"));
      facts(run).forEach(node::put);
      for (String key : NUMBERS) {
        JsonNode value = ReportTables.value(run, key);
        node.set(key, value.isMissingNode() ? null : value);
      }
    }
    return all;
  }
}
