package io.resnet4j.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.lab.Chart;
import java.util.List;

/** Every number that a report draws, for programs to read. */
final class ReportNumbers {
  private final List<Chart> charts;
  private final JsonNode inside;

  /**
   * @param inside what colours the diagrams of networks
   */
  ReportNumbers(List<Chart> charts, JsonNode inside) {
    this.charts = List.copyOf(charts);
    this.inside = inside;
  }

  /** A line a point: which chart and which line of it, and both numbers with their names. */
  String csv() {
    StringBuilder text = new StringBuilder("chart,series,x_name,x,y_name,y\n");
    for (Chart chart : charts) {
      for (Chart.Series one : chart.series()) {
        for (int i = 0; i < one.y().size(); i++) {
          Csv.line(
              text,
              chart.title(),
              one.name(),
              chart.x(),
              one.x().get(i),
              chart.y(),
              one.y().get(i));
        }
      }
    }
    inside
        .path("runs")
        .forEach(
            run ->
                run.path("values")
                    .properties()
                    .forEach(
                        quantity ->
                            quantity
                                .getValue()
                                .properties()
                                .forEach(
                                    place ->
                                        readings(
                                            text,
                                            run,
                                            quantity.getKey(),
                                            place.getKey(),
                                            place.getValue()))));
    return text.toString();
  }

  /** What a probe read of a layer or block, step by step; not where it read nothing. */
  private static void readings(
      StringBuilder text, JsonNode run, String quantity, String path, JsonNode values) {
    String words = ProbeQuantity.valueOf(quantity).words();
    for (int i = 0; i < values.size(); i++) {
      if (values.path(i).isNull()) {
        continue;
      }
      Csv.line(
          text,
          run.path("name").asText(),
          path,
          "step",
          run.path("steps").path(i).asText(),
          words,
          values.path(i).asText());
    }
  }

  /**
   * The same as one value.
   *
   * @param runs what was trained and how
   */
  String json(ArrayNode runs) {
    ObjectNode tree = Json.MAPPER.createObjectNode();
    tree.put("made_by", Main.version());
    tree.set("runs", runs);
    tree.set("charts", Json.MAPPER.valueToTree(charts));
    tree.set("inside", inside);
    return Json.line(tree) + "\n";
  }
}
