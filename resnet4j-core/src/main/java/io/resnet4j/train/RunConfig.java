package io.resnet4j.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Dataset;
import io.resnet4j.model.Model;
import io.resnet4j.plan.MemoryMode;
import io.resnet4j.plan.Precision;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What {@code config.json} holds: everything needed to make a run again. */
final class RunConfig {
  private static final int FORMAT = 1;
  private static final int SHOWN = 3;

  /** What a resumed run must share with the run that it goes on with. */
  private static final List<String> BINDING =
      List.of(
          "format",
          "model",
          "recipe",
          "precision",
          "seed",
          "val_split",
          "backend",
          "memory",
          "early_stopping",
          "data",
          "initial_weights",
          "teacher");

  /** Parts of those that say where things lie and not what they are. */
  private static final Set<String> FREE = Set.of("data.description", "recipe.source");

  private static final String FINGERPRINT = "_fingerprint";

  /** Runs older than these have only the fingerprint, and are compared by that. */
  static final String CONTENTS = "_contents";

  private static final Map<String, String> WORDS =
      Map.of(
          "data.train", "number of training pictures",
          "data.validation", "number of validation pictures",
          "data.test", "number of test pictures",
          "data.picture", "size of the pictures");

  private static final Map<String, String> SETS = Map.of("train", "training", "val", "validation");

  private RunConfig() {}

  static ObjectNode of(
      Model model,
      Recipe recipe,
      Precision precision,
      TrainOptions options,
      DataSplits data,
      DataSplits.HeldOut parts,
      Optional<Model> teacher) {
    ObjectNode config = Json.MAPPER.createObjectNode();
    config.put("format", FORMAT);
    config.set("model", Json.parse(model.spec().toJson()));
    config.set("recipe", Json.tree(recipe));
    config.put("precision", precision.toString());
    config.put("seed", options.seed());
    config.put("val_split", options.valSplit());
    config.put("backend", options.backend());
    if (options.memory() != MemoryMode.KEEP) {
      // Absent from runs that keep everything, as from those older than the choice.
      config.put("memory", options.memory().toString());
    }
    if (options.stopping().patience() > 0) {
      config.set("early_stopping", Json.tree(options.stopping()));
    }
    config.set("data", data(data, parts));
    config.put("initial_weights", Fingerprint.of(model));
    teacher.ifPresent(
        taught -> {
          ObjectNode node = config.putObject("teacher");
          node.set("model", Json.parse(taught.spec().toJson()));
          node.put("weights", Fingerprint.of(taught));
        });
    config.put("workers", options.workers());
    config.set("versions", Machine.versions());
    config.set("machine", Machine.describe());
    options.command().ifPresent(line -> config.put("command", line));
    config.put("begun", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    return config;
  }

  private static ObjectNode data(DataSplits data, DataSplits.HeldOut parts) {
    ObjectNode node = Json.MAPPER.createObjectNode();
    node.put("description", data.description());
    node.put("train", parts.train().size());
    node.put("validation", parts.validation().map(Dataset::size).orElse(0));
    node.put("test", data.testing().map(Dataset::size).orElse(0));
    node.put("picture", data.train().pictureSize().toString());
    node.set("classes", Json.tree(data.train().classes()));
    put(node, "train", data.train());
    data.validation().ifPresent(set -> put(node, "val", set));
    data.testing().ifPresent(set -> put(node, "test", set));
    return node;
  }

  private static void put(ObjectNode node, String set, Dataset data) {
    node.put(set + FINGERPRINT, Fingerprint.of(data));
    node.set(set + CONTENTS, Fingerprint.contents(data));
  }

  /**
   * Refuses to go on with a run that was begun otherwise.
   *
   * @throws InvalidInputException naming what differs, with both values
   */
  static void requireSame(Path file, JsonNode stored, JsonNode given) {
    List<String> differences = new ArrayList<>();
    for (String key : BINDING) {
      JsonNode then = key.equals("recipe") ? filled(stored.path(key)) : stored.path(key);
      compare(key, then, given.path(key), differences);
    }
    if (!differences.isEmpty()) {
      String more =
          differences.size() > SHOWN ? " and " + (differences.size() - SHOWN) + " more" : "";
      throw new InvalidInputException(
          file
              + ": this run was begun otherwise: "
              + String.join("; ", differences.stream().limit(SHOWN).toList())
              + more
              + "; resume with what it was begun with, or begin another run");
    }
  }

  /** A recipe of an earlier version with what it lacks at its usual value. */
  private static JsonNode filled(JsonNode recipe) {
    try {
      return Json.tree(Json.MAPPER.treeToValue(recipe, Recipe.class));
    } catch (JsonProcessingException e) {
      // Then it differs, and the message shows in what.
      return recipe;
    }
  }

  private static void compare(
      String path, JsonNode stored, JsonNode given, List<String> differences) {
    if (FREE.contains(path) || path.contains(CONTENTS) && lacking(stored, given)) {
      return;
    }
    if (stored.isObject() && given.isObject()) {
      Set<String> keys = new LinkedHashSet<>();
      for (Map.Entry<String, JsonNode> property : stored.properties()) {
        keys.add(property.getKey());
      }
      for (Map.Entry<String, JsonNode> property : given.properties()) {
        keys.add(property.getKey());
      }
      keys.forEach(k -> compare(path + "." + k, stored.path(k), given.path(k), differences));
      return;
    }
    // As text, since 1 read from a file is an int and in memory may be a long.
    String then = show(stored);
    String now = show(given);
    if (!then.equals(now)) {
      differences.add(difference(path, stored, given));
    }
  }

  private static boolean lacking(JsonNode stored, JsonNode given) {
    return stored.isMissingNode() || given.isMissingNode();
  }

  private static String difference(String path, JsonNode stored, JsonNode given) {
    if (path.equals("data.classes")) {
      return path + ": " + classes(names(stored), names(given));
    }
    String set = path.substring(path.indexOf('.') + 1).replaceAll("_.*", "");
    String pictures = " of the " + SETS.getOrDefault(set, set) + " pictures";
    if (!lacking(stored, given) && path.endsWith(FINGERPRINT)) {
      return path + ": labels or pixels" + pictures + " have changed";
    }
    if (path.contains(CONTENTS)) {
      String what = path.substring(path.lastIndexOf('.') + 1);
      boolean ofFiles = what.equals("names") || what.equals("sizes");
      return path + ": " + (ofFiles ? "file " : "") + what + pictures + " have changed";
    }
    String words = WORDS.containsKey(path) ? " (" + WORDS.get(path) + ")" : "";
    return path + words + " was " + shorten(show(stored)) + ", is " + shorten(show(given));
  }

  private static List<String> names(JsonNode array) {
    List<String> names = new ArrayList<>();
    array.forEach(name -> names.add(name.asText()));
    return names;
  }

  private static String classes(List<String> then, List<String> now) {
    List<String> gone = new ArrayList<>(then);
    gone.removeAll(now);
    List<String> added = new ArrayList<>(now);
    added.removeAll(then);
    String counts = then.size() + " then, " + now.size() + " now";
    if (gone.isEmpty() && added.isEmpty()) {
      return counts + ", in another order";
    }
    return counts
        + (gone.isEmpty() ? "" : ", gone: " + shorten(String.join(", ", gone)))
        + (added.isEmpty() ? "" : ", new: " + shorten(String.join(", ", added)));
  }

  private static String show(JsonNode node) {
    return node.isMissingNode() ? "absent" : node.toString();
  }

  private static String shorten(String text) {
    return text.length() > 60 ? text.substring(0, 57) + "..." : text;
  }
}
