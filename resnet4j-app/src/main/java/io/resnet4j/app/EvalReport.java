package io.resnet4j.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.data.Dataset;
import io.resnet4j.infer.Answers;
import io.resnet4j.infer.Assessment;
import io.resnet4j.infer.Calibration;
import io.resnet4j.infer.Evaluation;
import io.resnet4j.infer.Interval;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** An evaluation as people and scripts read it. */
final class EvalReport {
  static final String PAGE = "eval.html";
  private static final int MISTAKES = 50;
  private static final int PAIRS = 10;
  private static final int SHOWN_PAIRS = 3;

  /** A table of more classes is not one that anyone reads; the file has them all. */
  private static final int MOST_CLASSES = 60;

  private final String model;
  private final Dataset data;
  private final Answers answers;
  private final int top;
  private final Assessment seen;
  private final Calibration calibration;
  private final Optional<Calibration> scaled;
  private final List<Assessment.Mistake> mistakes;
  private final List<Assessment.Confusion> pairs;

  /**
   * @param temperature fitted on other pictures
   */
  EvalReport(String model, Dataset data, Answers answers, int top, Optional<Double> temperature) {
    this.model = model;
    this.data = data;
    this.answers = answers;
    this.top = top;
    seen = Assessment.of(answers, data.classes());
    calibration = Calibration.of(answers, 1);
    scaled = temperature.map(t -> Calibration.of(answers, t));
    mistakes = Assessment.mistakes(answers, MISTAKES);
    pairs = seen.mostConfused(PAIRS);
  }

  private String name(int k) {
    return data.classes().get(k);
  }

  /** The fields of {@code eval --json}. */
  ObjectNode json() {
    Evaluation e = seen.evaluation();
    ObjectNode node = Json.MAPPER.createObjectNode();
    node.put("n", e.n());
    node.put("top1", e.top1());
    node.put("top5", e.top5());
    node.put("loss", e.loss());
    node.set("top1_interval", interval(seen.top1()));
    if (top != 1 && top != 5) {
      node.put("top" + top, Assessment.top(answers, top));
    }
    node.put("macro_f1", seen.macroF1());
    node.put("ece", calibration.ece());
    scaled.ifPresent(
        s -> {
          node.put("temperature", s.temperature());
          node.put("ece_scaled", s.ece());
        });
    ArrayNode classes = node.putArray("classes");
    for (Assessment.ClassScore score : seen.classes()) {
      ObjectNode one = classes.addObject();
      one.put("class", score.name());
      one.put("pictures", score.pictures());
      one.put("precision", score.precision());
      one.put("recall", score.recall());
      one.put("f1", score.f1());
      one.set("recall_interval", interval(score.recallInterval()));
    }
    ArrayNode confused = node.putArray("most_confused");
    for (Assessment.Confusion pair : pairs) {
      confused
          .addObject()
          .put("class", name(pair.truth()))
          .put("taken_for", name(pair.named()))
          .put("count", pair.count());
    }
    return node;
  }

  private static ArrayNode interval(Interval of) {
    return Json.MAPPER.createArrayNode().add(of.low()).add(of.high());
  }

  private static String between(Interval of) {
    return String.format(Locale.ROOT, "%.2f to %.2f %%", 100 * of.low(), 100 * of.high());
  }

  String words(boolean test) {
    Evaluation e = seen.evaluation();
    TextTable table =
        new TextTable("ll")
            .row(model, Text.count(e.n()) + (test ? " test pictures" : " validation pictures"))
            .row("top1", Text.percent(e.top1()) + " (95 %: " + between(seen.top1()) + ")")
            .row("top5", Text.percent(e.top5()));
    if (top != 1 && top != 5) {
      table.row("top" + top, Text.percent(Assessment.top(answers, top)));
    }
    table.row("loss", Text.decimal(e.loss())).row("macro F1", Text.decimal(seen.macroF1()));
    table.row(
        "calibration",
        "ECE "
            + Text.percent(calibration.ece())
            + scaled
                .map(
                    s ->
                        String.format(
                            Locale.ROOT,
                            ", %s at temperature %.3f (fitted on validation pictures)",
                            Text.percent(s.ece()),
                            s.temperature()))
                .orElse(""));
    pairs.stream()
        .limit(SHOWN_PAIRS)
        .forEach(
            pair ->
                table.row(
                    "confused",
                    name(pair.truth())
                        + " taken for "
                        + name(pair.named())
                        + ", "
                        + Text.count(pair.count())
                        + " times"));
    return table.toString();
  }

  /** Writes the page and the tables. */
  void write(Path folder) {
    OutputFile.write(folder.resolve("eval.json"), Json.line(json()) + "\n");
    StringBuilder classes =
        new StringBuilder("class,pictures,named,precision,recall,f1,recall_low,recall_high\n");
    for (Assessment.ClassScore s : seen.classes()) {
      line(
          classes,
          s.name(),
          s.pictures(),
          s.named(),
          s.precision(),
          s.recall(),
          s.f1(),
          s.recallInterval().low(),
          s.recallInterval().high());
    }
    OutputFile.write(folder.resolve("classes.csv"), classes.toString());
    StringBuilder confusion = new StringBuilder();
    line(confusion, concat("class", data.classes()));
    for (int t = 0; t < seen.confusion().size(); t++) {
      line(confusion, concat(name(t), seen.confusion().get(t)));
    }
    OutputFile.write(folder.resolve("confusion.csv"), confusion.toString());
    StringBuilder wrong = new StringBuilder("picture,class,named,confidence,loss\n");
    for (Assessment.Mistake m : mistakes) {
      line(
          wrong, data.title(m.index()), name(m.truth()), name(m.named()), m.confidence(), m.loss());
    }
    OutputFile.write(folder.resolve("mistakes.csv"), wrong.toString());
    OutputFile.write(folder.resolve(PAGE), html());
  }

  private static Object[] concat(Object first, List<?> rest) {
    Object[] all = new Object[rest.size() + 1];
    all[0] = first;
    for (int i = 0; i < rest.size(); i++) {
      all[i + 1] = rest.get(i);
    }
    return all;
  }

  /** A line of comma-separated values (RFC 4180). */
  private static void line(StringBuilder to, Object... values) {
    for (int i = 0; i < values.length; i++) {
      String text = values[i].toString();
      boolean quoted = text.matches("(?s).*[\",\r\n].*");
      to.append(i == 0 ? "" : ",").append(quoted ? '"' + text.replace("\"", "\"\"") + '"' : text);
    }
    to.append('\n');
  }

  private String html() {
    StringBuilder page = new StringBuilder();
    String title = Html.escape(model + " on " + data.name());
    page.append("<!doctype html><html lang=en><meta charset=utf-8><title>")
        .append(title)
        .append("</title><meta name=viewport content=\"width=device-width\"><style>")
        .append("body{font:15px/1.4 sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}")
        .append("table{border-collapse:collapse;margin:.5rem 0}td,th{padding:.15rem .5rem;")
        .append("border:1px solid #ddd;text-align:right}th{text-align:left}svg{max-width:40rem}")
        .append(".wide{overflow-x:auto}</style><h1>")
        .append(title)
        .append("</h1><pre>")
        .append(Html.escape(words(!data.name().contains("held out"))))
        .append("</pre><h2>Calibration</h2>")
        .append(reliability(calibration, "Reliability, the network's own confidence"));
    scaled.ifPresent(
        s ->
            page.append(
                reliability(
                    s,
                    String.format(
                        Locale.ROOT, "Reliability at temperature %.3f", s.temperature()))));
    page.append("<h2>Classes</h2><div class=wide><table><tr><th>class<th>pictures<th>precision")
        .append("<th>recall<th>recall, 95 %<th>F1</tr>");
    for (Assessment.ClassScore s : shown(seen.classes())) {
      row(
          page,
          s.name(),
          Text.count(s.pictures()),
          Text.percent(s.precision()),
          Text.percent(s.recall()),
          between(s.recallInterval()),
          Text.decimal(s.f1()));
    }
    page.append("</table></div><h2>Who is taken for whom</h2><div class=wide><table><tr><th>");
    shown(data.classes()).forEach(c -> page.append("<th>").append(Html.escape(c)));
    for (int t = 0; t < Math.min(MOST_CLASSES, seen.confusion().size()); t++) {
      confusionRow(page, t);
    }
    page.append("</table></div><h2>The surest mistakes</h2><div class=wide><table>")
        .append("<tr><th>picture<th>class<th>named<th>confidence</tr>");
    for (Assessment.Mistake m : mistakes) {
      row(
          page,
          data.title(m.index()),
          name(m.truth()),
          name(m.named()),
          Text.percent(m.confidence()));
    }
    return page.append("</table></div></html>\n").toString();
  }

  private static <T> List<T> shown(List<T> all) {
    return all.subList(0, Math.min(MOST_CLASSES, all.size()));
  }

  private static void row(StringBuilder page, String first, String... cells) {
    page.append("<tr><th>").append(Html.escape(first));
    for (String cell : cells) {
      page.append("<td>").append(Html.escape(cell));
    }
    page.append("</tr>");
  }

  private void confusionRow(StringBuilder page, int t) {
    List<Integer> counts = seen.confusion().get(t);
    int sum = Math.max(1, seen.classes().get(t).pictures());
    page.append("<tr><th>").append(Html.escape(name(t)));
    for (int p = 0; p < Math.min(MOST_CLASSES, counts.size()); p++) {
      String colour = p == t ? "58,143,92" : "200,85,61";
      page.append(
          String.format(
              Locale.ROOT,
              "<td style=\"background:rgba(%s,%.2f)\">%d",
              colour,
              0.8 * counts.get(p) / sum,
              counts.get(p)));
    }
    page.append("</tr>");
  }

  private static String reliability(Calibration of, String title) {
    double[] middle = of.bins().stream().mapToDouble(b -> (b.from() + b.to()) / 2).toArray();
    double[] right = of.bins().stream().mapToDouble(Calibration.Bin::accuracy).toArray();
    double[] ends = {0, 1};
    return new SvgChart(title, "confidence", "accuracy")
        .bars("accuracy of a bin", middle, right)
        .line("as confident as right", ends, ends)
        .svg();
  }
}
