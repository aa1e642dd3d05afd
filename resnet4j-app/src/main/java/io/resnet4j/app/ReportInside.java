package io.resnet4j.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.FloatNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.databind.node.ValueNode;
import io.resnet4j.lab.Chart;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What probes read inside the networks of runs, as a section of their report. */
final class ReportInside {
  /** More readings than a person would step through, and than a page should carry. */
  private static final int MOST_READINGS = 24;

  private static final int FIRST_MIDDLE_LAST = 3;
  private final List<RunFiles> runs;
  private final List<Chart> charts;

  ReportInside(List<RunFiles> all) {
    runs = all.stream().filter(run -> !run.readings().isEmpty()).toList();
    charts = new ArrayList<>();
    if (!runs.isEmpty()) {
      for (ProbeQuantity quantity : ProbeQuantity.values()) {
        chart(quantity);
      }
    }
  }

  /** The curves, for the script of the page. */
  List<Chart> charts() {
    return charts;
  }

  /**
   * The section; empty where no run was probed.
   *
   * @param before how many charts stand earlier on the page
   */
  String html(int before) {
    if (runs.isEmpty()) {
      return "";
    }
    StringBuilder text =
        new StringBuilder("<section><h2>Inside</h2><p class=hint>What probes read, layer by layer")
            .append(" (boxes) and block by block (their ground; the arc is the shortcut). Red is")
            .append(" what is not finite, grey a zero that has no logarithm.</p>")
            .append("<div class=controls><label>Colour by <select id=quantity>");
    for (ProbeQuantity quantity : quantities()) {
      text.append("<option value=").append(quantity.name()).append('>');
      text.append(Html.escape(quantity.words())).append("</option>");
    }
    text.append("</select></label> <label>at step <output id=moment></output> <input id=reading")
        .append(" type=range min=0 step=1></label></div>")
        .append("<div class=scale><span id=least></span><i></i><span id=most></span></div>");
    for (int i = 0; i < runs.size(); i++) {
      List<JsonNode> readings = runs.get(i).readings();
      String name = name(runs.get(i));
      text.append("<figure class=inside><figcaption>").append(Html.escape(name));
      text.append("</figcaption>");
      text.append(ProbeDiagram.draw(name, i, readings.get(readings.size() - 1)));
      text.append("</figure>");
    }
    text.append("<div class=charts>").append(FindingsHtml.charts(charts, before)).append("</div>");
    return text.append("</section>").toString();
  }

  /**
   * The numbers behind the colours: for each run its steps and, by quantity and path, values; one
   * that is not finite is a text such as "Infinity", one that was not read is null.
   */
  ObjectNode numbers() {
    ObjectNode tree = Json.MAPPER.createObjectNode();
    ObjectNode words = tree.putObject("quantities");
    for (ProbeQuantity quantity : quantities()) {
      ObjectNode node = words.putObject(quantity.name());
      node.put("part", quantity.part());
      node.put("logarithmic", quantity.logarithmic());
    }
    ArrayNode all = tree.putArray("runs");
    for (RunFiles run : runs) {
      List<JsonNode> readings = thinned(run.readings(), MOST_READINGS);
      ObjectNode node = all.addObject();
      node.put("name", name(run));
      ArrayNode steps = node.putArray("steps");
      readings.forEach(reading -> steps.add(reading.path("step").asLong()));
      ObjectNode values = node.putObject("values");
      for (ProbeQuantity quantity : quantities()) {
        ObjectNode paths = values.putObject(quantity.name());
        for (int i = 0; i < readings.size(); i++) {
          for (JsonNode place : readings.get(i).path(quantity.part())) {
            ArrayNode series = paths.withArray("/" + pointer(place.path("path").asText()));
            // A run that was gone on with may read other places than it began with.
            while (series.size() < i) {
              series.addNull();
            }
            if (quantity.in(place)) {
              series.add(json(quantity.of(place)));
            } else {
              series.addNull();
            }
          }
        }
      }
    }
    return tree;
  }

  /** As short as f32 makes it, where that holds it; what is not finite as a text. */
  private static ValueNode json(double value) {
    if (!Double.isFinite(value)) {
      return TextNode.valueOf(String.valueOf(value));
    }
    return Math.abs(value) <= Float.MAX_VALUE
        ? FloatNode.valueOf((float) value)
        : DoubleNode.valueOf(value);
  }

  private static String pointer(String path) {
    return path.replace("~", "~0").replace("/", "~1");
  }

  private List<ProbeQuantity> quantities() {
    Map<ProbeQuantity, Boolean> read = new EnumMap<>(ProbeQuantity.class);
    for (RunFiles run : runs) {
      for (ProbeQuantity quantity : ProbeQuantity.values()) {
        for (JsonNode place : run.readings().get(0).path(quantity.part())) {
          read.merge(quantity, quantity.in(place), Boolean::logicalOr);
        }
      }
    }
    return read.entrySet().stream().filter(Map.Entry::getValue).map(Map.Entry::getKey).toList();
  }

  /** One run: its first, middle and last reading; several: the last of each. */
  private void chart(ProbeQuantity quantity) {
    List<Chart.Series> series = new ArrayList<>();
    for (RunFiles run : runs) {
      List<JsonNode> shown =
          runs.size() == 1
              ? thinned(run.readings(), FIRST_MIDDLE_LAST)
              : run.readings().subList(run.readings().size() - 1, run.readings().size());
      for (JsonNode reading : shown) {
        String step = "step " + reading.path("step").asLong();
        curve(series, quantity, reading, runs.size() == 1 ? step : name(run) + ", " + step);
      }
    }
    if (!series.isEmpty()) {
      String title = (quantity.logarithmic() ? "log10 of " : "") + quantity.words();
      String x = quantity.part().equals("layers") ? "layer" : "block";
      String y = quantity.logarithmic() ? "log10" : "share";
      charts.add(Chart.lines(title, x, y, series));
    }
  }

  private static void curve(
      List<Chart.Series> series, ProbeQuantity quantity, JsonNode reading, String name) {
    List<Double> at = new ArrayList<>();
    List<Double> values = new ArrayList<>();
    double place = 0;
    for (JsonNode node : reading.path(quantity.part())) {
      place++;
      if (quantity.in(node)) {
        at.add(place);
        double value = quantity.of(node);
        values.add(quantity.logarithmic() ? Math.log10(value) : value);
      }
    }
    if (!at.isEmpty()) {
      series.add(new Chart.Series(name, at, values));
    }
  }

  private static String name(RunFiles run) {
    return run.model() + ": " + run.name();
  }

  /** At most so many, the first and the last among them. */
  private static List<JsonNode> thinned(List<JsonNode> readings, int most) {
    int count = Math.min(most, readings.size());
    return IntStream.range(0, count)
        .mapToObj(i -> readings.get(count == 1 ? 0 : i * (readings.size() - 1) / (count - 1)))
        .toList();
  }
}
