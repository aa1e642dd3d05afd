package io.resnet4j.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import io.resnet4j.data.Views;
import io.resnet4j.data.augment.NamedAugmentation;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.UpdateRule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * What {@code --set key=value} can change in a recipe. A setting is a place in the recipe's JSON
 * and what may stand there; the recipe that is read from the changed JSON checks itself.
 */
final class RecipeSettings {
  private static final String YES_NO = "true or false";
  private static final String EXTENT = "a stretch of training: '400 steps', '1.5 epochs' or '50%'";
  private static final Map<String, Setting> ALL = new LinkedHashMap<>();

  /** What reads a value; throws NumberFormatException where the value is not what is expected. */
  @FunctionalInterface
  private interface Parser {
    JsonNode parse(String value);
  }

  @FunctionalInterface
  private interface Change {
    void apply(ObjectNode recipe, String value);
  }

  private record Setting(String expected, Change change) {}

  /** A kind of value with the words for it. */
  private record Kind(String expected, Parser parser) {}

  private static final Kind WHOLE =
      new Kind("a whole number", value -> IntNode.valueOf(Integer.parseInt(value)));
  private static final Kind NUMBER = new Kind("a number", RecipeSettings::number);
  private static final Kind BOOL = new Kind(YES_NO, RecipeSettings::bool);
  private static final Kind STRETCH = new Kind(EXTENT, value -> Json.tree(Extent.parse(value)));

  static {
    put(
        "epochs",
        "a whole number",
        (r, v) -> r.set("length", Json.tree(Extent.epochs(Integer.parseInt(v)))));
    put(
        "steps",
        "a whole number",
        (r, v) -> r.set("length", Json.tree(Extent.steps(Integer.parseInt(v)))));
    plain("batch", WHOLE);
    plain("precision", new Kind("f32 or bf16", v -> Json.tree(Precision.named(v).forTraining())));
    put(
        "optimiser",
        "sgd, adam, adamw, rmsprop, lars, lamb or muon",
        (r, v) -> {
          r.set("optimiser", rule(v));
          if (v.equalsIgnoreCase("muon") && part(r, "updating").path("companion").isNull()) {
            part(r, "updating").set("companion", rule("adamw"));
          }
        });
    put("momentum", NUMBER.expected(), RecipeSettings::momentum);
    for (String key : List.of("nesterov", "centred")) {
      put(key, YES_NO, (r, v) -> inOptimiser(r, key, BOOL.parser().parse(v)));
    }
    for (String key : List.of("beta1", "beta2", "epsilon", "alpha", "trust")) {
      put(key, NUMBER.expected(), (r, v) -> inOptimiser(r, key, NUMBER.parser().parse(v)));
    }
    plain("learningRate", NUMBER);
    put(
        "schedule",
        "constant, multistep, cosine, polynomial, exponential, onecycle or plateau",
        (r, v) -> replaceAfterWarmUp(r, Json.tree(schedule(v))));
    put(
        "milestones",
        "stretches of training with commas between, such as 50%,75%",
        (r, v) -> inSchedule(r, "milestones", extents(v)));
    for (String key : List.of("factor", "floor", "power", "rise", "start", "end", "threshold")) {
      put(key, NUMBER.expected(), (r, v) -> inSchedule(r, key, NUMBER.parser().parse(v)));
    }
    put("every", EXTENT, (r, v) -> inSchedule(r, "every", STRETCH.parser().parse(v)));
    put("patience", WHOLE.expected(), (r, v) -> inSchedule(r, "patience", WHOLE.parser().parse(v)));
    put("warmUp", EXTENT, RecipeSettings::warmUp);
    put(
        "warmUpStart",
        NUMBER.expected(),
        (r, v) -> inWarmUp(r, "warmUpStart", "start", NUMBER.parser().parse(v)));
    put(
        "warmUpHeld",
        "true (the start until the warm-up ends) or false (a straight line)",
        (r, v) -> inWarmUp(r, "warmUpHeld", "held", BOOL.parser().parse(v)));
    plain("weightDecay", NUMBER);
    plain("decayNormAndBias", BOOL);
    plain("labelSmoothing", NUMBER);
    put(
        "augment",
        "none, or augmentations with commas between, such as crop(4),flip",
        (r, v) -> part(r, "augment").set("list", Json.tree(NamedAugmentation.parseList(v))));
    augment("cropPadding", WHOLE, (a, v) -> a.withCropPadding(v.intValue()));
    augment("flip", BOOL, (a, v) -> a.withFlip(v.booleanValue()));
    augment("mixup", NUMBER, (a, v) -> a.withMixup(v.doubleValue()));
    augment("cutMix", NUMBER, (a, v) -> a.withCutMix(v.doubleValue()));
    augment("repeats", WHOLE, (a, v) -> a.withRepeats(v.intValue()));
    augment("size", WHOLE, (a, v) -> a.withSize(v.intValue()));
    augment("evalSize", WHOLE, (a, v) -> a.withEvalSize(v.intValue()));
    augment("resize", WHOLE, (a, v) -> a.withResize(v.intValue()));
    plain(
        "normalisation",
        new Kind(
            "per_channel, per_pixel_mean or imagenet", v -> named(Recipe.Normalise.values(), v)));
    plain("evalBatch", WHOLE);
    inside(
        "objective",
        "loss",
        new Kind("cross_entropy or binary_cross_entropy", v -> named(Objective.Loss.values(), v)));
    inside("objective", "focus", NUMBER);
    put(
        "targetThreshold",
        NUMBER.expected(),
        (r, v) -> part(r, "objective").set("threshold", NUMBER.parser().parse(v)));
    inside("objective", "balanced", BOOL);
    inside("objective", "temperature", NUMBER);
    inside("objective", "teacherShare", NUMBER);
    inside("averaging", "ema", NUMBER);
    inside("averaging", "emaEvery", WHOLE);
    inside("averaging", "emaWarmUp", BOOL);
    inside("averaging", "swa", NUMBER);
    inside("averaging", "lookahead", WHOLE);
    inside("averaging", "lookaheadShare", NUMBER);
    inside("updating", "l1", NUMBER);
    inside("updating", "clip", NUMBER);
    inside("updating", "microBatch", WHOLE);
    inside("updating", "normBiasRate", NUMBER);
    inside(
        "updating",
        "companion",
        new Kind(
            "none, sgd, adam, adamw, rmsprop, lars or lamb",
            v -> v.equalsIgnoreCase("none") ? NullNode.getInstance() : rule(v)));
    inside("updating", "companionRate", NUMBER);
    inside(
        "transfer", "trained", new Kind("all or head", v -> named(Transfer.Trained.values(), v)));
    inside("transfer", "layerDecay", NUMBER);
    inside("transfer", "frozenNorms", BOOL);
    plain("dropPath", NUMBER);
    plain("testViews", new Kind("centre, flip or crops", v -> named(Views.values(), v)));
  }

  private RecipeSettings() {}

  private static void put(String key, String expected, Change change) {
    ALL.put(key, new Setting(expected, change));
  }

  private static void plain(String key, Kind kind) {
    put(key, kind.expected(), (r, v) -> r.set(key, kind.parser().parse(v)));
  }

  private static void inside(String part, String key, Kind kind) {
    put(key, kind.expected(), (r, v) -> part(r, part).set(key, kind.parser().parse(v)));
  }

  private static void augment(
      String key, Kind kind, BiFunction<Augmentations, JsonNode, Augmentations> change) {
    put(
        key,
        kind.expected(),
        (r, v) -> {
          Augmentations present = read(r.get("augment"), Augmentations.class);
          r.set("augment", Json.tree(change.apply(present, kind.parser().parse(v))));
        });
  }

  /** Each key with what its value must be. */
  static Map<String, String> expected() {
    Map<String, String> expected = new LinkedHashMap<>();
    ALL.forEach((key, setting) -> expected.put(key, setting.expected()));
    return expected;
  }

  static Recipe apply(Recipe recipe, String key, String value) {
    Setting setting = ALL.get(key);
    if (setting == null) {
      throw new InvalidInputException(
          "setting '"
              + key
              + "' is unknown"
              + Nearest.suggestion(key, ALL.keySet())
              + " (known: "
              + String.join(", ", ALL.keySet())
              + ")");
    }
    ObjectNode changed = (ObjectNode) Json.tree(recipe);
    try {
      setting.change().apply(changed, value);
    } catch (NumberFormatException e) {
      throw new InvalidInputException(
          "setting " + key + "=" + value + ": expected " + setting.expected(), e);
    }
    return read(changed, Recipe.class);
  }

  static Recipe withLength(Recipe recipe, Extent length) {
    ObjectNode changed = (ObjectNode) Json.tree(recipe);
    changed.set("length", Json.tree(length));
    return read(changed, Recipe.class);
  }

  private static <T> T read(JsonNode tree, Class<T> type) {
    try {
      return Json.MAPPER.treeToValue(tree, type);
    } catch (JsonProcessingException e) {
      if (e.getCause() instanceof InvalidInputException refused) {
        throw refused;
      }
      throw new IllegalStateException("a recipe that cannot be read: " + tree, e);
    }
  }

  private static JsonNode number(String value) {
    double number = Double.parseDouble(value);
    if (Double.isNaN(number) || Double.isInfinite(number)) {
      throw new NumberFormatException(value);
    }
    return DoubleNode.valueOf(number);
  }

  // A wrong word is reported as a wrong number is: with what the setting expects.
  private static JsonNode bool(String value) {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "true" -> BooleanNode.TRUE;
      case "false" -> BooleanNode.FALSE;
      default -> throw new NumberFormatException(value);
    };
  }

  private static JsonNode named(Enum<?>[] values, String name) {
    for (Enum<?> value : values) {
      if (value.name().equals(name.toUpperCase(Locale.ROOT).replace('-', '_'))) {
        return Json.tree(value);
      }
    }
    throw new NumberFormatException(name);
  }

  private static JsonNode rule(String value) {
    UpdateRule rule =
        switch (value.toLowerCase(Locale.ROOT)) {
          case "sgd" -> new UpdateRule.Sgd(0.9, false);
          case "adam" -> new UpdateRule.Adam(0.9, 0.999, 1e-8, false);
          case "adamw" -> new UpdateRule.Adam(0.9, 0.999, 1e-8, true);
          case "rmsprop" -> new UpdateRule.RmsProp(0.99, 1e-8, 0, false);
          case "lars" -> new UpdateRule.Lars(0.9, false, 0.001);
          case "lamb" -> new UpdateRule.Lamb(0.9, 0.999, 1e-6);
          case "muon" -> new UpdateRule.Muon(0.95, true);
          default -> throw new NumberFormatException(value);
        };
    return Json.tree(rule);
  }

  private static ObjectNode part(ObjectNode recipe, String name) {
    return (ObjectNode) recipe.get(name);
  }

  private static void inOptimiser(ObjectNode recipe, String key, JsonNode value) {
    ObjectNode optimiser = part(recipe, "optimiser");
    if (!optimiser.has(key)) {
      throw lacks(key, "optimiser", optimiser, "optimiser");
    }
    optimiser.set(key, value);
  }

  private static void momentum(ObjectNode recipe, String value) {
    JsonNode momentum = number(value);
    inOptimiser(recipe, "momentum", momentum);
    if (momentum.doubleValue() == 0 && recipe.get("optimiser").has("nesterov")) {
      // Nesterov's look-ahead means nothing without momentum.
      inOptimiser(recipe, "nesterov", BooleanNode.FALSE);
    }
  }

  private static InvalidInputException lacks(
      String key, String what, ObjectNode present, String setting) {
    return new InvalidInputException(
        "setting "
            + key
            + ": the "
            + what
            + " '"
            + present.path("kind").textValue()
            + "' has none; set "
            + setting
            + "="
            + owner(key)
            + " first");
  }

  /** Something that has a setting that others lack. */
  private static String owner(String key) {
    return switch (key) {
      case "milestones", "factor" -> "multistep";
      case "floor" -> "cosine";
      case "power" -> "polynomial";
      case "every" -> "exponential";
      case "rise", "start", "end" -> "onecycle";
      case "patience", "threshold" -> "plateau";
      case "beta1", "beta2", "epsilon" -> "adam";
      case "alpha", "centred" -> "rmsprop";
      case "trust" -> "lars";
      default -> "sgd";
    };
  }

  private static Schedule schedule(String value) {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "constant" -> new Schedule.Constant();
      case "multistep" ->
          new Schedule.MultiStep(List.of(Extent.share(0.5), Extent.share(0.75)), 0.1);
      case "cosine" -> new Schedule.Cosine(0);
      case "polynomial" -> new Schedule.Polynomial(1, 0);
      case "exponential" -> new Schedule.Exponential(0.97, Extent.epochs(1));
      case "onecycle" -> new Schedule.OneCycle(0.3, 0.04, 4e-6, true);
      case "plateau" -> new Schedule.OnPlateau(0.1, 10, 0, 0);
      default -> throw new NumberFormatException(value);
    };
  }

  private static JsonNode extents(String value) {
    List<Extent> extents = new ArrayList<>();
    for (String part : value.split(",")) {
      extents.add(Extent.parse(part));
    }
    return Json.tree(extents);
  }

  private static boolean warmsUp(ObjectNode recipe) {
    return recipe.get("schedule").path("kind").asText().equals("warmup");
  }

  private static void replaceAfterWarmUp(ObjectNode recipe, JsonNode schedule) {
    if (warmsUp(recipe)) {
      part(recipe, "schedule").set("then", schedule);
    } else {
      recipe.set("schedule", schedule);
    }
  }

  private static ObjectNode afterWarmUp(ObjectNode recipe) {
    JsonNode schedule = recipe.get("schedule");
    return (ObjectNode) (warmsUp(recipe) ? schedule.get("then") : schedule);
  }

  private static void inSchedule(ObjectNode recipe, String key, JsonNode value) {
    ObjectNode schedule = afterWarmUp(recipe);
    if (!schedule.has(key)) {
      throw lacks(key, "schedule", schedule, "schedule");
    }
    schedule.set(key, value);
  }

  private static void warmUp(ObjectNode recipe, String value) {
    Extent length = Extent.parse(value);
    ObjectNode then = afterWarmUp(recipe);
    if (length.amount() == 0) {
      recipe.set("schedule", then);
      return;
    }
    if (warmsUp(recipe)) {
      part(recipe, "schedule").set("length", Json.tree(length));
      return;
    }
    ObjectNode warmUp = Json.MAPPER.createObjectNode();
    warmUp.put("kind", "warmup");
    warmUp.set("length", Json.tree(length));
    warmUp.put("start", 0.1);
    warmUp.put("held", false);
    warmUp.set("then", then);
    recipe.set("schedule", warmUp);
  }

  private static void inWarmUp(ObjectNode recipe, String key, String field, JsonNode value) {
    if (!warmsUp(recipe)) {
      throw new InvalidInputException(
          "setting " + key + ": the recipe has no warm-up; set warmUp first");
    }
    part(recipe, "schedule").set(field, value);
  }
}
