package io.resnet4j.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** One page about one run or several, in one file that needs no network. */
final class Report {
  private static final String TEMPLATE = "/io/resnet4j/app/report.html";
  private static final String CHARTS = "/META-INF/resources/webjars/chart.js/%s/dist/chart.umd.js";
  private static final String CHARTS_POM =
      "/META-INF/maven/org.webjars.npm/chart.js/pom.properties";
  private static final List<String> CURVES =
      List.of("epoch", "train_loss", "val_loss", "train_acc", "val_acc", "lr", "images_per_s");

  private final List<RunFiles> runs;

  private Report(List<RunFiles> runs) {
    this.runs = List.copyOf(runs);
  }

  /** A report of {@code runs}, of which there is at least one. */
  static Report of(List<RunFiles> runs) {
    return new Report(runs);
  }

  /**
   * Writes the page; it appears whole or not at all.
   *
   * @throws IOException if it cannot be written
   */
  void write(Path file) throws IOException {
    OutputFile.write(file, html());
  }

  String html() throws IOException {
    String title =
        runs.size() == 1
            ? runs.get(0).model() + ": " + runs.get(0).name()
            : runs.size() + " runs side by side";
    ReportTables tables = new ReportTables(runs);
    String page = resource(TEMPLATE);
    page = put(page, "TITLE", ReportTables.escape(title));
    page = put(page, "NUMBERS", tables.numbers());
    page = put(page, "CONFIG", tables.config());
    page = put(page, "NETWORK", tables.networks());
    page = put(page, "MADE_BY", ReportTables.escape(Main.version()));
    page = put(page, "DATA", data());
    // Last, so that nothing is looked for in two hundred kilobytes of program.
    return put(page, "CHART_JS", charts());
  }

  private static String put(String page, String name, String content) {
    return page.replace("{{" + name + "}}", content);
  }

  /** The curves; a "<" would let a name end the script that they stand in. */
  private String data() {
    ArrayNode all = Json.MAPPER.createArrayNode();
    for (RunFiles run : runs) {
      ObjectNode node = all.addObject();
      node.put("name", runs.size() == 1 ? run.model() : run.name());
      for (String curve : CURVES) {
        ArrayNode values = node.putArray(curve);
        for (JsonNode line : run.metrics()) {
          values.add(line.path(curve).isNumber() ? line.path(curve) : null);
        }
      }
    }
    return Json.line(all).replace("<", "\\u003c");
  }

  private static String charts() throws IOException {
    String version;
    try (InputStream in = Report.class.getResourceAsStream(CHARTS_POM)) {
      if (in == null) {
        throw new IOException("the chart library is not on the class path");
      }
      java.util.Properties properties = new java.util.Properties();
      properties.load(in);
      version = properties.getProperty("version");
    }
    return resource(CHARTS.formatted(version))
        .replaceAll("(?m)^//# sourceMappingURL=.*$", "")
        .replace("</script", "<\\/script");
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = Report.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException(name + ": not on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
