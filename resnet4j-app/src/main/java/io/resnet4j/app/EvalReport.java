package io.resnet4j.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.data.Dataset;
import io.resnet4j.infer.Answers;
import io.resnet4j.infer.Assessment;
import io.resnet4j.infer.Calibration;
import io.resnet4j.infer.Evaluation;
import io.resnet4j.infer.Interval;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** An evaluation as people and scripts read it. */
final class EvalReport {
  static final String PAGE = "eval.html";
  private static final int MISTAKES = 50;
  private static final int PAIRS = 10;
  private static final int SHOWN_PAIRS = 3;

  private final String model;
  private final Dataset data;
  private final boolean test;
  private final Answers answers;
  private final int top;
  private final Assessment seen;
  private final Calibration calibration;
  private final Optional<Calibration> scaled;
  private final List<Assessment.Mistake> mistakes;
  private final List<Assessment.Confusion> pairs;

  /**
   * @param test whether the pictures are a test set, not ones for validation
   * @param temperature fitted on other pictures
   */
  EvalReport(
      String model,
      Dataset data,
      boolean test,
      Answers answers,
      int top,
      Optional<Double> temperature) {
    this.model = model;
    this.data = data;
    this.test = test;
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

  String words() {
    return figures().toString();
  }

  private TextTable figures() {
    Evaluation e = seen.evaluation();
    TextTable table =
        new TextTable("ll")
            .row(model, Text.count(e.n()) + (test ? " test pictures" : " validation pictures"))
            .row("top1", Text.percent(e.top1()) + " (95 %: " + EvalPage.between(seen.top1()) + ")")
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
    return table;
  }

  /** Writes the page and the tables. */
  void write(Path folder) {
    OutputFile.write(folder.resolve("eval.json"), Json.line(json()) + "\n");
    StringBuilder classes =
        new StringBuilder("class,pictures,named,precision,recall,f1,recall_low,recall_high\n");
    for (Assessment.ClassScore s : seen.classes()) {
      Csv.line(
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
    StringBuilder bins = new StringBuilder("temperature,from,to,pictures,confidence,accuracy\n");
    for (Calibration each : calibrations()) {
      for (Calibration.Bin b : each.bins()) {
        Csv.line(
            bins, each.temperature(), b.from(), b.to(), b.count(), b.confidence(), b.accuracy());
      }
    }
    OutputFile.write(folder.resolve("calibration.csv"), bins.toString());
    StringBuilder confusion = new StringBuilder();
    Csv.line(confusion, concat("class", data.classes()));
    for (int t = 0; t < seen.confusion().size(); t++) {
      Csv.line(confusion, concat(name(t), seen.confusion().get(t)));
    }
    OutputFile.write(folder.resolve("confusion.csv"), confusion.toString());
    StringBuilder wrong = new StringBuilder("picture,class,named,confidence,loss\n");
    for (Assessment.Mistake m : mistakes) {
      Csv.line(
          wrong, data.title(m.index()), name(m.truth()), name(m.named()), m.confidence(), m.loss());
    }
    OutputFile.write(folder.resolve("mistakes.csv"), wrong.toString());
    try {
      new EvalPage(model + " on " + data.name(), figures(), data, seen, calibrations(), mistakes)
          .write(folder.resolve(PAGE));
    } catch (IOException e) {
      throw new UncheckedIOException(folder + ": the page cannot be written", e);
    }
  }

  private List<Calibration> calibrations() {
    return Stream.concat(Stream.of(calibration), scaled.stream()).toList();
  }

  private static Object[] concat(Object first, List<?> rest) {
    Object[] all = new Object[rest.size() + 1];
    all[0] = first;
    for (int i = 0; i < rest.size(); i++) {
      all[i + 1] = rest.get(i);
    }
    return all;
  }
}
