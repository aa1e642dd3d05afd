package io.resnet4j.train;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import io.resnet4j.data.augment.NamedAugmentation;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.UpdateRule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What {@code --set key=value} can change in a recipe. */
final class RecipeSettings {
  private static final String WHOLE = "a whole number";
  private static final String NUMBER = "a number";
  private static final String YES_NO = "true or false";
  private static final String EXTENT = "a stretch of training: '400 steps', '1.5 epochs' or '50%'";
  private static final Map<String, Setting> ALL = new LinkedHashMap<>();

  /** A recipe while it is being changed. */
  private static final class Draft {
    String name;
    Extent length;
    int batch;
    Precision precision;
    double momentum;
    boolean nesterov;
    double learningRate;
    Schedule schedule;
    double weightDecay;
    boolean decayNormAndBias;
    double labelSmoothing;
    Augmentations augment;
    Recipe.Normalise normalisation;
    int evalBatch;

    Draft(Recipe recipe) {
      name = recipe.name();
      length = recipe.length();
      batch = recipe.batch();
      precision = recipe.precision();
      momentum = recipe.optimiser().momentum();
      nesterov = recipe.optimiser().nesterov();
      learningRate = recipe.learningRate();
      schedule = recipe.schedule();
      weightDecay = recipe.weightDecay();
      decayNormAndBias = recipe.decayNormAndBias();
      labelSmoothing = recipe.labelSmoothing();
      augment = recipe.augment();
      normalisation = recipe.normalisation();
      evalBatch = recipe.evalBatch();
    }

    Recipe recipe(String source) {
      return new Recipe(
          name,
          source,
          length,
          batch,
          precision,
          // Nesterov's look-ahead means nothing without momentum.
          new UpdateRule.Sgd(momentum, nesterov && momentum > 0),
          learningRate,
          schedule,
          weightDecay,
          decayNormAndBias,
          labelSmoothing,
          augment,
          normalisation,
          evalBatch);
    }

    Schedule afterWarmUp() {
      return schedule instanceof Schedule.WarmUp warmUp ? warmUp.then() : schedule;
    }

    void replaceAfterWarmUp(Schedule then) {
      schedule =
          schedule instanceof Schedule.WarmUp warmUp
              ? new Schedule.WarmUp(warmUp.length(), warmUp.start(), then)
              : then;
    }

    Schedule.MultiStep multiStep(String key) {
      if (afterWarmUp() instanceof Schedule.MultiStep steps) {
        return steps;
      }
      throw needs(key, "multistep");
    }
  }

  @FunctionalInterface
  private interface Change {
    void apply(Draft draft, String value);
  }

  private record Setting(String expected, Change change) {}

  static {
    ALL.put("epochs", new Setting(WHOLE, (d, v) -> d.length = Extent.epochs(integer(v))));
    ALL.put("steps", new Setting(WHOLE, (d, v) -> d.length = Extent.steps(integer(v))));
    ALL.put("batch", new Setting(WHOLE, (d, v) -> d.batch = integer(v)));
    ALL.put("precision", new Setting("f32 or bf16", (d, v) -> d.precision = Precision.named(v)));
    ALL.put("momentum", new Setting(NUMBER, (d, v) -> d.momentum = number(v)));
    ALL.put("nesterov", new Setting(YES_NO, (d, v) -> d.nesterov = bool(v)));
    ALL.put("learningRate", new Setting(NUMBER, (d, v) -> d.learningRate = number(v)));
    ALL.put(
        "schedule",
        new Setting("constant, multistep or cosine", (d, v) -> d.replaceAfterWarmUp(schedule(v))));
    ALL.put(
        "milestones",
        new Setting(
            "stretches of training with commas between, such as 50%,75%",
            (d, v) ->
                d.replaceAfterWarmUp(
                    new Schedule.MultiStep(extents(v), d.multiStep("milestones").factor()))));
    ALL.put(
        "factor",
        new Setting(
            NUMBER,
            (d, v) ->
                d.replaceAfterWarmUp(
                    new Schedule.MultiStep(d.multiStep("factor").milestones(), number(v)))));
    ALL.put("floor", new Setting(NUMBER, RecipeSettings::floor));
    ALL.put("warmUp", new Setting(EXTENT, RecipeSettings::warmUp));
    ALL.put("warmUpStart", new Setting(NUMBER, RecipeSettings::warmUpStart));
    ALL.put("weightDecay", new Setting(NUMBER, (d, v) -> d.weightDecay = number(v)));
    ALL.put("decayNormAndBias", new Setting(YES_NO, (d, v) -> d.decayNormAndBias = bool(v)));
    ALL.put("labelSmoothing", new Setting(NUMBER, (d, v) -> d.labelSmoothing = number(v)));
    ALL.put(
        "augment",
        new Setting(
            "none, or augmentations with commas between, such as crop(4),flip",
            (d, v) -> d.augment = d.augment.withList(NamedAugmentation.parseList(v))));
    ALL.put(
        "cropPadding",
        new Setting(WHOLE, (d, v) -> d.augment = d.augment.withCropPadding(integer(v))));
    ALL.put("flip", new Setting(YES_NO, (d, v) -> d.augment = d.augment.withFlip(bool(v))));
    ALL.put("mixup", new Setting(NUMBER, (d, v) -> d.augment = d.augment.withMixup(number(v))));
    ALL.put("cutMix", new Setting(NUMBER, (d, v) -> d.augment = d.augment.withCutMix(number(v))));
    ALL.put("repeats", new Setting(WHOLE, (d, v) -> d.augment = d.augment.withRepeats(integer(v))));
    ALL.put("size", new Setting(WHOLE, (d, v) -> d.augment = d.augment.withSize(integer(v))));
    ALL.put("resize", new Setting(WHOLE, (d, v) -> d.augment = d.augment.withResize(integer(v))));
    ALL.put(
        "normalisation",
        new Setting(
            "per_channel, per_pixel_mean or imagenet", (d, v) -> d.normalisation = normalise(v)));
    ALL.put("evalBatch", new Setting(WHOLE, (d, v) -> d.evalBatch = integer(v)));
  }

  private RecipeSettings() {}

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
    Draft draft = new Draft(recipe);
    try {
      setting.change().apply(draft, value);
    } catch (NumberFormatException e) {
      throw new InvalidInputException(
          "setting " + key + "=" + value + ": expected " + setting.expected(), e);
    }
    return draft.recipe(recipe.source());
  }

  private static int integer(String value) {
    return Integer.parseInt(value);
  }

  private static double number(String value) {
    double number = Double.parseDouble(value);
    if (Double.isNaN(number) || Double.isInfinite(number)) {
      throw new NumberFormatException(value);
    }
    return number;
  }

  // A wrong word is reported as a wrong number is: with what the setting expects.
  private static boolean bool(String value) {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new NumberFormatException(value);
    };
  }

  private static Schedule schedule(String value) {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "constant" -> new Schedule.Constant();
      case "multistep" ->
          new Schedule.MultiStep(List.of(Extent.share(0.5), Extent.share(0.75)), 0.1);
      case "cosine" -> new Schedule.Cosine(0);
      default -> throw new NumberFormatException(value);
    };
  }

  private static List<Extent> extents(String value) {
    List<Extent> extents = new ArrayList<>();
    for (String part : value.split(",")) {
      extents.add(Extent.parse(part));
    }
    return extents;
  }

  private static void floor(Draft draft, String value) {
    if (!(draft.afterWarmUp() instanceof Schedule.Cosine)) {
      throw needs("floor", "cosine");
    }
    draft.replaceAfterWarmUp(new Schedule.Cosine(number(value)));
  }

  private static void warmUp(Draft draft, String value) {
    Extent length = Extent.parse(value);
    double start = draft.schedule instanceof Schedule.WarmUp warmUp ? warmUp.start() : 0.1;
    draft.schedule =
        length.amount() == 0
            ? draft.afterWarmUp()
            : new Schedule.WarmUp(length, start, draft.afterWarmUp());
  }

  private static void warmUpStart(Draft draft, String value) {
    if (!(draft.schedule instanceof Schedule.WarmUp warmUp)) {
      throw new InvalidInputException(
          "setting warmUpStart: the recipe has no warm-up; set warmUp first");
    }
    draft.schedule = new Schedule.WarmUp(warmUp.length(), number(value), warmUp.then());
  }

  private static Recipe.Normalise normalise(String value) {
    try {
      return Recipe.Normalise.valueOf(value.toUpperCase(Locale.ROOT).replace('-', '_'));
    } catch (IllegalArgumentException e) {
      NumberFormatException wrong = new NumberFormatException(value);
      wrong.initCause(e);
      throw wrong;
    }
  }

  private static InvalidInputException needs(String key, String schedule) {
    return new InvalidInputException(
        "setting "
            + key
            + ": only the schedule '"
            + schedule
            + "' has it; set schedule="
            + schedule
            + " first");
  }
}
