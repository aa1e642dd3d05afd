package io.resnet4j.app;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;

/** An HTML page in one file that needs no network: a template with its places filled. */
final class HtmlPage {
  private static final String FOLDER = "/io/resnet4j/app/";
  private static final String CHARTS = "/META-INF/resources/webjars/chart.js/%s/dist/chart.umd.js";
  private static final List<String> SCRIPTS = List.of("lab", "inside", "paint");
  private static final String CHART_JS = "{{CHART_JS}}";
  private static final String CHARTS_POM =
      "/META-INF/maven/org.webjars.npm/chart.js/pom.properties";

  private final String template;
  private final Map<String, String> places = new LinkedHashMap<>();

  private HtmlPage(String template) {
    this.template = template;
  }

  /** A page of the template of this name, with the style of all pages. */
  static HtmlPage of(String template) throws IOException {
    return new HtmlPage(resource(FOLDER + template))
        .put("STYLE", resource(FOLDER + "page.css"))
        .put("LANGUAGE", "en")
        .put("MADE_BY", Html.escape(Main.version()));
  }

  /** Fills the place {@code {{NAME}}}. */
  HtmlPage put(String name, String content) {
    places.put(name, content);
    return this;
  }

  /** The whole page, the chart library in it where the template has a place for it. */
  String html() throws IOException {
    // Parts first, since they have places of their own.
    String page = template.replace("{{HEAD}}", resource(FOLDER + "head.html"));
    for (String script : SCRIPTS) {
      String place = "{{" + script.toUpperCase(Locale.ROOT) + "_JS}}";
      page = page.replace(place, resource(FOLDER + script + ".js"));
    }
    for (Map.Entry<String, String> place : places.entrySet()) {
      page = page.replace("{{" + place.getKey() + "}}", place.getValue());
    }
    // Last, so that nothing is looked for in two hundred kilobytes of program.
    return page.contains(CHART_JS) ? page.replace(CHART_JS, charts()) : page;
  }

  /**
   * Writes the page; it appears whole or not at all.
   *
   * @throws IOException if it cannot be written
   */
  void write(Path file) throws IOException {
    OutputFile.write(file, html());
  }

  /** JSON within a script; a "&lt;" would let a name end the script that it stands in. */
  static String script(Object value) {
    return Json.line(value).replace("<", "\\u003c");
  }

  private static String charts() throws IOException {
    String version;
    try (InputStream in = HtmlPage.class.getResourceAsStream(CHARTS_POM)) {
      if (in == null) {
        throw new IOException("the chart library is not on the class path");
      }
      Properties properties = new Properties();
      properties.load(in);
      version = properties.getProperty("version");
    }
    return resource(CHARTS.formatted(version))
        .replaceAll("(?m)^//# sourceMappingURL=.*$", "")
        .replace("</script", "<\\/script");
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = HtmlPage.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException(name + ": not on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
