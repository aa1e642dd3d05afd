package io.resnet4j.lab;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What a training run suffers from, in plain sentences: from what was said while it trained, from
 * the metrics of its epochs and, where it was probed, from the last reading of {@link
 * TrainingProbe} and from every reading with a number that is not finite. Each says by which rule
 * it judges.
 */
public final class RunDiagnosis {
  private static final String METRICS = "metrics.jsonl";
  private static final String CONFIG = "config.json";
  private static final String WARNINGS = "warnings.jsonl";
  private static final int SHOWN = 5;

  /**
   * What is finite wherever the network is, by the list of a reading that it stands in; ratios are
   * not, where they divide by a weight or branch of zeros.
   */
  private static final Map<String, List<String>> FINITE =
      Map.of(
          "layers", List.of("gradient", "weight", "response"),
          "blocks", List.of("entering", "gradient", "deviation"));

  private final Path folder;
  private final List<JsonNode> warnings;
  private final List<JsonNode> metrics;
  private final List<JsonNode> readings;
  private final List<Symptom> symptoms = new ArrayList<>();

  private RunDiagnosis(Path folder) {
    this.folder = folder;
    // Runs older than the file have none.
    warnings = Json.lines(folder.resolve(WARNINGS));
    metrics = Json.lines(folder.resolve(METRICS));
    readings = Json.lines(folder.resolve(TrainingProbe.FILE));
  }

  /**
   * Diagnoses the run in a folder.
   *
   * @throws InvalidInputException if there is none, or its files are damaged
   */
  public static List<Symptom> of(Path folder) {
    if (!Files.isRegularFile(folder.resolve(CONFIG))) {
      throw new InvalidInputException(
          folder
              + (Files.isDirectory(folder) ? ": holds no " + CONFIG : ": no such folder")
              + "; give the folder of a run, such as runs/<time>-resnet20");
    }
    return new RunDiagnosis(folder).symptoms();
  }

  private List<Symptom> symptoms() {
    said();
    learning();
    if (readings.isEmpty()) {
      say(
          "probes",
          false,
          "nothing was read inside the network; train with --probe all to see gradients, signals,"
              + " batch norm and updates",
          folder.getFileName() + " holds no " + TrainingProbe.FILE);
      return symptoms;
    }
    broken();
    JsonNode last = readings.get(readings.size() - 1);
    gradients(last);
    signals(last);
    norms(last);
    updates(last);
    return symptoms;
  }

  private void say(String about, boolean alarming, String sentence, String rule) {
    symptoms.add(new Symptom(about, alarming, sentence, rule));
  }

  private static String at(JsonNode reading) {
    return "at step " + reading.path("step").asLong() + " ";
  }

  private void said() {
    for (JsonNode warning : warnings) {
      boolean end = warning.path("kind").asText().equals("non_finite");
      String step = "step " + warning.path("step").asLong();
      say(
          end ? "end" : "training",
          true,
          (end ? "it ended at " + step + ": " : "after " + step + ": ")
              + warning.path("message").asText(),
          "as it was said while it trained, in " + WARNINGS);
    }
  }

  /** The first reading with a number that is not finite, whatever came after it. */
  private void broken() {
    List<JsonNode> found = readings.stream().filter(r -> !brokenIn(r).isEmpty()).toList();
    if (found.isEmpty()) {
      return;
    }
    List<String> first = brokenIn(found.get(0));
    say(
        "readings",
        true,
        at(found.get(0))
            + "numbers were not finite for the first time, in "
            + found.size()
            + " of "
            + readings.size()
            + " readings: "
            + String.join(", ", first.subList(0, Math.min(SHOWN, first.size())))
            + (first.size() > SHOWN ? " and " + (first.size() - SHOWN) + " more" : "")
            + "; lower the learning rate, or clip",
        "the loss, and every gradient, weight and signal that a probe read, is finite");
  }

  /** Such as {@code conv1 gradient NaN}. */
  private static List<String> brokenIn(JsonNode reading) {
    List<String> broken = new ArrayList<>();
    if (notFinite(reading.path("loss"))) {
      broken.add("loss " + reading.path("loss").asText());
    }
    for (String list : List.of("layers", "blocks")) {
      for (JsonNode part : reading.path(list)) {
        for (String field : FINITE.getOrDefault(list, List.of())) {
          if (notFinite(part.path(field))) {
            broken.add(part.path("path").asText() + " " + field + " " + part.path(field).asText());
          }
        }
      }
    }
    return broken;
  }

  /** Of a number that is there. */
  private static boolean notFinite(JsonNode node) {
    return node.isValueNode() && !node.isNull() && !Double.isFinite(Json.number(node));
  }

  private void learning() {
    if (metrics.isEmpty()) {
      say("learning", false, "no epoch is done yet", METRICS + " is empty");
      return;
    }
    JsonNode last = metrics.get(metrics.size() - 1);
    double train = Json.number(last.path("train_acc"));
    double held = Json.number(last.path("val_acc"));
    String rule =
        "held out more than 10 points below the training set, or training below twice chance, of"
            + " few classes below a quarter of the way from chance to all";
    int classes = classes();
    double chance = 1.0 / classes;
    if (classes > 0 && train < Math.min(2 * chance, chance + (1 - chance) / 4)) {
      say(
          "learning",
          true,
          String.format(
              Locale.ROOT,
              "after epoch %d it gets %s of its training pictures right, chance is %s: it does not"
                  + " learn; try a tenth of the learning rate, or a warm-up",
              last.path("epoch").asInt(),
              Numbers.percent(train),
              Numbers.percent(chance)),
          rule);
    } else if (train - held > 0.1) {
      say(
          "learning",
          true,
          "it gets "
              + Numbers.percent(train)
              + " of its training pictures right and "
              + Numbers.percent(held)
              + " of those held out: it overfits; augment more, or raise the weight decay",
          rule);
    } else {
      say(
          "learning",
          false,
          "it gets "
              + Numbers.percent(train)
              + " of its training pictures right"
              + (Double.isNaN(held) ? "" : " and " + Numbers.percent(held) + " of those held out"),
          rule);
    }
  }

  private int classes() {
    try {
      return Json.MAPPER
          .readTree(Files.readString(folder.resolve(CONFIG)))
          .path("data")
          .path("classes")
          .size();
    } catch (IOException e) {
      throw new InvalidInputException(
          folder.resolve(CONFIG) + ": damaged: not JSON; begin the run again", e);
    }
  }

  private void gradients(JsonNode reading) {
    List<JsonNode> layers = with(reading.path("layers"), "gradient");
    if (layers.isEmpty()) {
      return;
    }
    List<String> broken =
        layers.stream()
            .filter(layer -> !Double.isFinite(Json.number(layer.path("gradient"))))
            .map(layer -> layer.path("path").asText() + " " + layer.path("gradient").asText())
            .toList();
    if (!broken.isEmpty()) {
      say(
          "gradients",
          true,
          at(reading)
              + "gradients of "
              + broken.size()
              + " layers are not finite: "
              + String.join(", ", broken.subList(0, Math.min(SHOWN, broken.size())))
              + "; lower the learning rate, or clip",
          "every gradient is finite");
      return;
    }
    JsonNode head = layers.get(layers.size() - 1);
    JsonNode first = layers.get(0);
    double near = Json.number(head.path("gradient"));
    double far = Json.number(first.path("gradient"));
    double factor = near / far;
    String rule =
        "the gradient by the first layer's weight against that by the last layer's: vanishing below"
            + " a thousandth, exploding above a thousandfold, dead where both are zero";
    String where =
        first.path("path").asText()
            + " ("
            + Numbers.text(far)
            + ") and "
            + head.path("path").asText()
            + " ("
            + Numbers.text(near)
            + ")";
    if (far == 0 && near == 0) {
      say(
          "gradients",
          true,
          at(reading)
              + "the gradients of the first and the last layer, "
              + first.path("path").asText()
              + " and "
              + head.path("path").asText()
              + ", are both zero: nothing is learned. The ReLUs are dead, or the loss is at its"
              + " least; begin again with a lower learning rate or a warm-up",
          rule);
    } else if (far == 0) {
      say(
          "gradients",
          true,
          at(reading)
              + "the gradient that reaches "
              + where
              + " is zero: it underflows on the way;"
              + " shortcuts, batch norm or He initialisation would let it through",
          rule);
    } else if (factor > 1000) {
      say(
          "gradients",
          true,
          at(reading)
              + "gradients shrink "
              + Numbers.text(factor)
              + "-fold between the last and the"
              + " first layer, "
              + where
              + ": vanishing; shortcuts, batch norm or He initialisation"
              + " would let them through",
          rule);
    } else if (factor < 1e-3) {
      say(
          "gradients",
          true,
          at(reading)
              + "gradients grow "
              + Numbers.text(1 / factor)
              + "-fold between the last and"
              + " the first layer, "
              + where
              + ": exploding; shortcuts, a lower learning rate or"
              + " clipping would help",
          rule);
    } else {
      say(
          "gradients",
          false,
          at(reading)
              + "gradients of the first and the last layer, "
              + where
              + ", are within a thousandfold of each other",
          rule);
    }
    shares(reading);
  }

  private void shares(JsonNode reading) {
    List<JsonNode> blocks = with(reading.path("blocks"), "shortcut_share");
    if (blocks.isEmpty()) {
      return;
    }
    double mean =
        blocks.stream().mapToDouble(b -> Json.number(b.path("shortcut_share"))).average().orElse(0);
    say(
        "gradients",
        false,
        at(reading)
            + "at the mean of "
            + blocks.size()
            + " blocks "
            + Numbers.percent(mean)
            + " of the gradient comes through the shortcut, the rest through the branch",
        "share of a part g_i: <g_i, g> / |g|^2; the two sum to one");
  }

  private void signals(JsonNode reading) {
    List<JsonNode> relus = with(reading.path("relus"), "dead");
    if (relus.isEmpty()) {
      return;
    }
    JsonNode worst = most(relus, "dead").orElseThrow();
    double dead = Json.number(worst.path("dead"));
    boolean many = dead > 0.3;
    say(
        "signals",
        many,
        at(reading)
            + (dead == 0
                ? "no ReLU is dead"
                : "most dead ReLUs: "
                    + Numbers.percent(dead)
                    + " of the channels of "
                    + worst.path("path").asText())
            + (many ? "; a lower learning rate or a warm-up keeps them alive" : ""),
        "dead: zero in every pixel of every picture of the probe; alarming above 30 % of a layer");
    most(with(reading.path("blocks"), "ratio"), "ratio")
        .ifPresent(
            block -> {
              double ratio = Json.number(block.path("ratio"));
              say(
                  "signals",
                  ratio > 10,
                  at(reading)
                      + "the strongest branch, of "
                      + block.path("path").asText()
                      + ", adds "
                      + Numbers.text(ratio)
                      + " times what enters it"
                      + (ratio > 10
                          ? ": it drowns its shortcut; start the last scale of each branch at zero"
                          : ""),
                  "|F(x)| / |x|; alarming above 10");
            });
  }

  private void norms(JsonNode reading) {
    List<JsonNode> norms = with(reading.path("norms"), "mean_gap");
    if (norms.isEmpty()) {
      return;
    }
    JsonNode worst = most(norms, "mean_gap").orElseThrow();
    double gap = Json.number(worst.path("mean_gap"));
    // Running statistics begin at zero and one and take some tens of steps to come in.
    boolean early = reading.path("step").asLong() < 100;
    boolean off = gap > 1 && !early;
    say(
        "batch norm",
        off,
        at(reading)
            + "running means are off from the batch's by up to "
            + Numbers.text(gap)
            + " deviations, in "
            + worst.path("path").asText()
            + (early ? " (early: they are still coming in)" : "")
            + (off
                ? ": evaluation will differ from training; larger batches, or a larger momentum"
                : ""),
        "root mean square over channels of (batch mean - running mean) / running deviation;"
            + " alarming above 1 after 100 steps");
    double small =
        norms.stream().mapToDouble(norm -> Json.number(norm.path("near_zero"))).max().orElse(0);
    say(
        "batch norm",
        false,
        at(reading) + "scales near zero: at most " + Numbers.percent(small) + " of a layer's",
        "scale below 0.01");
  }

  private void updates(JsonNode reading) {
    List<JsonNode> layers =
        with(reading.path("layers"), "update").stream().filter(l -> !startsAtZero(l)).toList();
    if (layers.isEmpty()) {
      return;
    }
    JsonNode largest = most(layers, "update").orElseThrow();
    double most = Json.number(largest.path("update"));
    double least =
        layers.stream().mapToDouble(l -> Json.number(l.path("update"))).min().orElse(Double.NaN);
    boolean wild = most > 0.1 || !Double.isFinite(most);
    say(
        "updates",
        wild || most < 1e-6,
        at(reading)
            + "a step moves weights by "
            + Numbers.text(least)
            + " to "
            + Numbers.text(most)
            + " of their size, most in "
            + largest.path("path").asText()
            + (wild
                ? ": wild; lower the learning rate"
                : most < 1e-6 ? ": frozen; raise the learning rate" : ""),
        "|dw| / |w| of weights that are not all zero; alarming above 0.1, or where even the largest"
            + " is below 1e-6");
  }

  /** Whether its weight is all zeros; without its norm an infinite |dw| / |w| says so. */
  private static boolean startsAtZero(JsonNode layer) {
    return layer.hasNonNull("weight")
        ? Json.number(layer.path("weight")) == 0
        : Json.number(layer.path("update")) == Double.POSITIVE_INFINITY;
  }

  private static List<JsonNode> with(JsonNode list, String field) {
    List<JsonNode> found = new ArrayList<>();
    for (JsonNode each : list) {
      if (each.hasNonNull(field)) {
        found.add(each);
      }
    }
    return found;
  }

  /** The one with the largest number; what is not a number counts as the largest. */
  private static Optional<JsonNode> most(List<JsonNode> list, String field) {
    return list.stream()
        .max((a, b) -> Double.compare(Json.number(a.path(field)), Json.number(b.path(field))));
  }
}
