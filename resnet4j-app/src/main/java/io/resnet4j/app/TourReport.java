package io.resnet4j.app;

import io.resnet4j.lab.Chart;
import io.resnet4j.lab.LabRun;
import io.resnet4j.model.Diagram;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The page of the tour: every chapter's words, and what its experiment found. */
final class TourReport {
  private final Tour tour;
  private final String command;
  private final String data;
  private final Map<String, Part> parts = new LinkedHashMap<>();

  /** A chapter's experiment, done or begun, and the command that runs it alone. */
  private record Part(LabRun.Outcome outcome, String command) {}

  /**
   * @param command that makes it again
   * @param data what the pictures are
   */
  TourReport(Tour tour, String command, String data) {
    this.tour = tour;
    this.command = command;
    this.data = data;
  }

  /** Adds what a chapter's experiment found. */
  void add(Tour.Chapter chapter, LabRun.Outcome outcome, String itsCommand) {
    parts.put(chapter.id(), new Part(outcome, itsCommand));
  }

  void write(Path file) throws IOException {
    boolean chinese = tour.language().equals("zh");
    StringBuilder contents = new StringBuilder();
    StringBuilder chapters = new StringBuilder();
    List<Chart> charts = new ArrayList<>();
    for (Tour.Chapter chapter : tour.chapters()) {
      contents
          .append("<li><a href=\"#")
          .append(chapter.id())
          .append("\">")
          .append(Html.escape(chapter.title()))
          .append("</a></li>");
      chapters.append(section(chapter, charts));
    }
    HtmlPage.of("tour.html")
        .put("LANGUAGE", tour.language())
        .put("TITLE", Html.escape(tour.title()))
        .put("LEAD", Html.escape(tour.lead()))
        .put("CONTENTS", contents.toString())
        .put("UNFINISHED", unfinished(chinese))
        .put("CHAPTERS", chapters.toString())
        .put(
            "NO_SCRIPT",
            chinese
                ? "曲线由脚本绘制，这里已关闭脚本；每幅图的数值列在它的下方。"
                : "The curves are drawn by a script, which is switched off here; the numbers of each"
                    + " stand below it.")
        .put(
            "KEYBOARD",
            chinese
                ? "键盘操作：用 Tab 移到一幅图，再用方向键逐点移动；图下的按钮显示或隐藏各条线。"
                : "With the keyboard: Tab to a chart, then the arrow keys go from point to point; the"
                    + " buttons below it show and hide its lines.")
        .put("COMMAND_TITLE", chinese ? "如何得到这一页" : "How it was made")
        .put("COMMAND", Html.escape(command))
        .put("DATA_WORDS", Html.escape((chinese ? "图像：" : "Pictures: ") + data))
        .put("CHARTS_DATA", FindingsHtml.script(charts))
        .write(file);
  }

  private String unfinished(boolean chinese) {
    long wanted = tour.chapters().stream().filter(c -> c.experiment().isPresent()).count();
    long done = parts.values().stream().filter(part -> !part.outcome().stopped()).count();
    if (done == wanted) {
      return "";
    }
    String words =
        chinese
            ? "尚未完成：已测量 %d / %d 章；用同一命令可继续。"
            : "Not finished: %d of %d chapters are measured; the same command goes on.";
    return "<p><b>" + words.formatted(done, wanted) + "</b></p>";
  }

  private String section(Tour.Chapter chapter, List<Chart> charts) {
    StringBuilder text = new StringBuilder("<section id=\"").append(chapter.id()).append("\"><h2>");
    text.append(Html.escape(chapter.title())).append("</h2>");
    for (String paragraph : chapter.words()) {
      text.append("<p class=words>").append(Html.escape(paragraph)).append("</p>");
    }
    text.append("<div class=diagrams>");
    chapter.diagrams().forEach(diagram -> text.append(drawn(diagram)));
    text.append("</div>");
    Part part = parts.get(chapter.id());
    if (part != null) {
      var findings = part.outcome().findings();
      text.append(FindingsHtml.claims(findings.claims(), tour.claimWords()));
      text.append("<div class=charts>");
      text.append(FindingsHtml.charts(findings.charts(), charts.size())).append("</div>");
      text.append(FindingsHtml.notes(findings.notes()));
      text.append("<pre>").append(Html.escape(part.command())).append("</pre>");
      charts.addAll(findings.charts());
    }
    return text.append("</section>").toString();
  }

  /** Of a network and a path in it, such as {@code resnet20 layer1.0}. */
  private static String drawn(String diagram) {
    String[] names = diagram.split(" ");
    ModelSpec spec = Models.named(names[0]);
    return "<figure>"
        + SvgDiagram.draw(Html.escape(diagram), Diagram.mermaid(spec, names[1]))
        + "<figcaption>"
        + Html.escape(diagram)
        + "</figcaption></figure>";
  }
}
