package io.resnet4j.train;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.Version;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Views;
import io.resnet4j.infer.Answers;
import io.resnet4j.infer.Assessment;
import io.resnet4j.infer.Calibration;
import io.resnet4j.infer.Interval;
import io.resnet4j.model.Model;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What someone should know before using fine-tuned weights (Mitchell et al. 2019), as Markdown. */
final class ModelCard {
  private static final int FEW = 30;

  private ModelCard() {}

  static String write(
      Model pretrained,
      Model model,
      DataSplits data,
      List<Recipe> recipes,
      List<TrainResult> results,
      Optional<Answers> test,
      String file) {
    StringBuilder card = new StringBuilder();
    List<String> classes = data.train().classes();
    line(card, "# %s, %d classes", model.spec().name(), classes.size());
    line(card, "");
    line(
        card,
        "An image classifier fine-tuned by resnet4j %s from `%s`%s. It takes pictures of %dx%dx%d"
            + " and names one of: %s.",
        Version.own(),
        pretrained.spec().name(),
        pretrained.classNames().map(c -> " of " + c.size() + " classes").orElse(""),
        model.spec().channels(),
        model.spec().height(),
        model.spec().width(),
        classes.stream().map(ModelCard::plain).collect(Collectors.joining(", ")));
    line(card, "%n## Data%n%n%s%n", plain(data.description()));
    line(card, "| class | training pictures, validation included |%n|---|---|");
    long[] count = counts(data.train());
    for (int k = 0; k < classes.size(); k++) {
      line(card, "| %s | %,d |", plain(classes.get(k)), count[k]);
    }
    line(card, "%n## Training%n");
    Weights.provenance(model)
        .map(made -> made.path(Weights.FROM))
        .ifPresent(from -> line(card, "%s%n", descent(from, classes.size())));
    for (int i = 0; i < recipes.size(); i++) {
      TrainResult result = results.get(i);
      line(
          card,
          "- `%s`: %s; %d epochs of batches of %d, %.0f s, validation %s",
          recipes.get(i).name(),
          moved(recipes.get(i).transfer()),
          result.epochs(),
          recipes.get(i).batch(),
          result.seconds(),
          result.bestValAcc() == null ? "none" : percent(result.bestValAcc()));
    }
    line(card, "%nThe recipes, seed and versions are in each run's `config.json` and in the file.");
    test.ifPresentOrElse(
        answers -> metrics(card, answers, recipes.get(recipes.size() - 1).testViews(), classes),
        () ->
            line(
                card,
                "%n## Metrics%n%nThere was no test set, so nothing can be said of how it does on"
                    + " new pictures."));
    limits(card, count, classes);
    line(
        card,
        "%n## How to load%n%n```sh%nresnet4j predict --weights %s PICTURE...%n```%n%n```java%ntry"
            + " (Predictor predictor = Predictor.open(Path.of(\"%s\"), Precision.F32)) {%n "
            + " predictor.predict(Pictures.read(Path.of(\"picture.jpg\")), 5);%n}%n```",
        file,
        file);
    return card.toString();
  }

  /** What the weights were before, with the terms on which others published them. */
  private static String descent(JsonNode from, int classes) {
    StringBuilder text = new StringBuilder("It began as ");
    String name = from.path("weights").asText();
    text.append(name.isEmpty() ? "a" : plain(name) + ", a")
        .append(" trained `")
        .append(from.path("network").asText())
        .append("` of ")
        .append(from.path("classes").asInt())
        .append(" classes; its head `")
        .append(from.path("new_head").asText())
        .append("` gave way to a new one of ")
        .append(classes)
        .append('.');
    for (String term : List.of("source", "licence")) {
      String said = from.path(Weights.PROVENANCE).path(term).asText();
      if (!said.isEmpty()) {
        text.append(" Its ").append(term).append(": ").append(plain(said)).append('.');
      }
    }
    return text.toString();
  }

  private static String moved(Transfer transfer) {
    if (transfer.trained() == Transfer.Trained.HEAD) {
      return "the head alone, all else frozen";
    }
    String rates =
        transfer.layerDecay() < 1
            ? String.format(
                Locale.ROOT, ", a stage at %s of the next one's rate", transfer.layerDecay())
            : "";
    return "all layers" + rates + (transfer.frozenNorms() ? ", batch norms frozen" : "");
  }

  private static void metrics(
      StringBuilder card, Answers answers, Views views, List<String> classes) {
    Assessment seen = Assessment.of(answers, classes);
    line(
        card,
        "%n## Metrics%n%nOn the test set, looked at once, %,d pictures%s; intervals are Wilson's at"
            + " 95 %%.%n%n- accuracy %s (%s)%n- macro F1 %.4f%n- calibration error %s%n",
        answers.size(),
        views == Views.CENTRE ? "" : ", the mean over " + views.count() + " views of each",
        percent(seen.evaluation().top1()),
        between(seen.top1()),
        seen.macroF1(),
        percent(Calibration.of(answers, 1).ece()));
    line(card, "| class | pictures | precision | recall | recall, 95 %% |%n|---|---|---|---|---|");
    for (Assessment.ClassScore score : seen.classes()) {
      line(
          card,
          "| %s | %,d | %s | %s | %s |",
          plain(score.name()),
          score.pictures(),
          percent(score.precision()),
          percent(score.recall()),
          between(score.recallInterval()));
    }
  }

  private static void limits(StringBuilder card, long[] count, List<String> classes) {
    line(card, "%n## Limits%n%n- It names one of its classes for any picture, of whatever.");
    line(card, "- It was judged on pictures like those it learned from; others may fare worse.");
    for (int k = 0; k < count.length; k++) {
      if (count[k] < FEW) {
        line(card, "- It saw only %d pictures of %s.", count[k], plain(classes.get(k)));
      }
    }
  }

  private static long[] counts(Dataset training) {
    long[] count = new long[training.classes().size()];
    for (int i = 0; i < training.size(); i++) {
      count[training.label(i)]++;
    }
    return count;
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * share);
  }

  private static String between(Interval of) {
    return percent(of.low()) + " to " + percent(of.high());
  }

  /** Names of classes are names of folders: nothing in them may be Markdown. */
  private static String plain(String text) {
    return text.replaceAll("([\\\\`*_{}\\[\\]<>|#])", "\\\\$1").replaceAll("\\s+", " ");
  }

  private static void line(StringBuilder card, String format, Object... values) {
    card.append(String.format(Locale.ROOT, format + "%n", values));
  }
}
