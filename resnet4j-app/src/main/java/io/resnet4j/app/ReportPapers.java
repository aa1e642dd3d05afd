package io.resnet4j.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.train.Recipe;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a paper found beside what a run of its network by its recipe on its data found. */
final class ReportPapers {
  private static final String SOURCE = "He et al. 2015, arXiv:1512.03385, table 6";
  private static final String RECIPE = "cifar10-he2015";

  /** Test errors on CIFAR-10 that the table gives, in per cent. */
  private static final Map<String, String> FOUND =
      Map.of(
          "resnet20", "8.75 %",
          "resnet32", "7.51 %",
          "resnet44", "7.17 %",
          "resnet56", "6.97 %",
          "resnet110", "6.43 %, the best of five runs; in the mean 6.61 %",
          "resnet1202", "7.93 %");

  private static final int TRAINING = 50_000;
  private static final int TEST = 10_000;

  /** Which precision, and where the recipe's text comes from, are not the paper's matter. */
  private static final Set<String> FREE = Set.of("precision", "source");

  private final List<RunFiles> runs;

  ReportPapers(List<RunFiles> all) {
    runs = all.stream().filter(ReportPapers::comparable).toList();
  }

  /** The section; empty where no run can be laid beside a paper. */
  String html() {
    if (runs.isEmpty()) {
      return "";
    }
    StringBuilder rows =
        new StringBuilder("<section><h2>Beside the paper</h2><table class=claims><thead><tr>")
            .append("<th>source</th><th>test error of</th><th>paper found</th>")
            .append("<th>this run found</th></tr></thead><tbody>");
    for (RunFiles run : runs) {
      rows.append("<tr>");
      FindingsHtml.cell(rows, "source", SOURCE);
      FindingsHtml.cell(rows, "network", run.model());
      FindingsHtml.cell(rows, "paper", FOUND.get(run.model()));
      FindingsHtml.cell(rows, "run", found(run));
      rows.append("</tr>");
    }
    return rows.append("</tbody></table></section>").toString();
  }

  private static String found(RunFiles run) {
    JsonNode test = ReportTables.value(run, "test_acc");
    String how =
        run.config().path("precision").asText()
            + ", seed "
            + run.config().path("seed").asText()
            + ", "
            + Text.count(run.config().at("/data/train").asLong())
            + " training pictures";
    return (test.isNumber() ? Text.percent(1 - test.asDouble()) : "not at its end yet")
        + " ("
        + how
        + ")";
  }

  /** Whether network, recipe and data are the paper's. */
  private static boolean comparable(RunFiles run) {
    JsonNode data = run.config().path("data");
    return FOUND.containsKey(run.model())
        && data.path("description").asText().startsWith("CIFAR-10:")
        && data.path("train").asInt() + data.path("validation").asInt() == TRAINING
        && data.path("test").asInt() == TEST
        && unchanged(run.config().path("recipe"))
        && ModelSpec.fromJson(run.config().path("model").toString(), run.folder().toString())
            .equals(Models.named(run.model()));
  }

  private static boolean unchanged(JsonNode recipe) {
    if (!recipe.path("name").asText().equals(RECIPE)) {
      return false;
    }
    try {
      JsonNode named = Json.MAPPER.readTree(Recipe.named(RECIPE).toJson());
      return recipe.properties().stream()
          .filter(each -> !FREE.contains(each.getKey()))
          .allMatch(each -> each.getValue().equals(named.path(each.getKey())));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("recipe " + RECIPE + ": its JSON cannot be read", e);
    }
  }
}
