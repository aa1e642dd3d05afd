package io.resnet4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.augment.HorizontalFlip;
import io.resnet4j.data.augment.RandomCrop;
import io.resnet4j.plan.Precision;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RecipeTest {
  private final Recipe recipe = Recipe.named("cifar10-default");

  @Test
  void heRecipeIsThePapers() {
    Recipe he = Recipe.named("cifar10-he2015");
    Schedule.Run run = Schedule.Run.of(64_000, 390);
    assertEquals(64_000, he.length().inSteps(0, 390));
    assertEquals(0.1, he.learningRate(31_999, run), 1e-15);
    assertEquals(0.01, he.learningRate(32_000, run), 1e-15);
    assertEquals(0.001, he.learningRate(63_999, run), 1e-15);
    assertEquals(1e-4, he.weightDecay());
    assertEquals(0.9, he.optimiser().momentum());
    assertFalse(he.optimiser().nesterov());
  }

  @Test
  void everyRecipeSurvivesJson() throws Exception {
    for (Recipe each : Recipes.all()) {
      String json = Json.pretty(each);
      assertEquals(each, Json.MAPPER.readValue(json, Recipe.class), json);
    }
  }

  @Test
  void dataFindItsRecipe() {
    assertEquals("mnist-default", Recipes.defaultFor("Fashion-MNIST train").name());
    assertEquals("synthetic-default", Recipes.defaultFor("Synthetic shapes train").name());
    assertEquals("cifar10-default", Recipes.defaultFor("CIFAR-100 train").name());
    assertEquals("folder-default", Recipes.defaultFor("Folder cats train").name());
  }

  @Test
  void sizeKeepsTheShareThatEvaluationSees() {
    Recipe folder = Recipe.named("folder-default").set("size=112");
    assertEquals(112, folder.augment().size());
    assertEquals(128, folder.augment().resize());
    assertEquals(0, recipe.set("size=64").augment().resize());
  }

  @Test
  void cropAndFlipKeepTheirPlaces() {
    // Draws are keyed by the place in the list, so the order is part of a recipe.
    assertEquals(List.of(new RandomCrop(4), new HorizontalFlip()), recipe.augment().list());
    Recipe off = recipe.set("flip=false").set("cropPadding=0");
    assertEquals(List.of(), off.augment().list());
    assertEquals(recipe, off.set("flip=true").set("cropPadding=4"));
    assertEquals(recipe, off.set("cropPadding=4").set("flip=true"));
    assertEquals(recipe, off.set("augment=crop,flip"));
  }

  @Test
  void anUnknownRecipeSuggestsTheNearest() {
    String message =
        assertThrows(InvalidInputException.class, () -> Recipe.named("cifar10-he2016"))
            .getMessage();
    assertTrue(message.contains("did you mean 'cifar10-he2015'"), message);
  }

  @Test
  void everySettingChangesTheRecipe() {
    Map<String, String> values =
        Map.ofEntries(
            Map.entry("epochs", "3"),
            Map.entry("steps", "77"),
            Map.entry("batch", "32"),
            Map.entry("precision", "f32"),
            Map.entry("momentum", "0.8"),
            Map.entry("nesterov", "false"),
            Map.entry("learningRate", "0.05"),
            Map.entry("schedule", "multistep"),
            Map.entry("milestones", "10%,20%"),
            Map.entry("factor", "0.2"),
            Map.entry("floor", "0.01"),
            Map.entry("warmUp", "5 steps"),
            Map.entry("warmUpStart", "0.3"),
            Map.entry("weightDecay", "1e-3"),
            Map.entry("decayNormAndBias", "false"),
            Map.entry("labelSmoothing", "0.1"),
            Map.entry("cropPadding", "2"),
            Map.entry("flip", "false"),
            Map.entry("augment", "randomResizedCrop(0.3), flip, trivialAugment"),
            Map.entry("mixup", "0.2"),
            Map.entry("cutMix", "1"),
            Map.entry("repeats", "2"),
            Map.entry("size", "64"),
            Map.entry("resize", "250"),
            Map.entry("normalisation", "per-pixel-mean"),
            Map.entry("evalBatch", "100"));
    assertEquals(Recipes.settings().keySet(), values.keySet());
    Recipe stepped = recipe.with("schedule", "multistep");
    values.forEach(
        (key, value) -> {
          Recipe base = List.of("milestones", "factor").contains(key) ? stepped : recipe;
          if (key.equals("resize")) {
            base = Recipe.named("folder-default");
          }
          assertFalse(base.with(key, value).equals(base), key);
        });
    assertEquals(Precision.F32, recipe.set("precision=F32").precision());
    assertEquals(Extent.steps(77), recipe.set("steps = 77").length());
  }

  @Test
  void aWarmUpCanBeTakenAwayAndPutBack() {
    Recipe without = recipe.set("warmUp=0");
    assertEquals(new Schedule.Cosine(0), without.schedule());
    assertEquals(
        new Schedule.WarmUp(Extent.epochs(2), 0.1, new Schedule.Cosine(0)),
        without.set("warmUp=2ep").schedule());
  }

  @Test
  void mistakesSayWhatWasExpected() {
    assertMessage("learningrat=1", "did you mean 'learningRate'");
    assertMessage("batch=many", "expected a whole number");
    assertMessage("batch=1.5", "expected a whole number");
    assertMessage("batch=0", "at least 1");
    assertMessage("flip=perhaps", "expected true or false");
    assertMessage("learningRate=NaN", "expected a number");
    assertMessage("schedule=sine", "expected constant, multistep or cosine");
    assertMessage("normalisation=x", "expected per_channel, per_pixel_mean or imagenet");
    assertMessage("milestones=50%", "set schedule=multistep first");
    assertMessage("precision=f16", "use f32 or bf16");
    assertMessage("augment=crpo(4)", "did you mean 'crop'");
    assertMessage("augment=crop(x)", "expected crop(padding), usually (4)");
    assertMessage("mixup=-1", "expected 0 (none) to 1000");
    assertMessage("size=-3", "give 0 (the data's own) to 4096");
    assertMessage("resize=30", "where that is set");
    assertMessage("batch", "key=value");
    assertMessage("momentum=1", "[0, 1)");
  }

  private void assertMessage(String setting, String part) {
    String message =
        assertThrows(InvalidInputException.class, () -> recipe.set(setting), setting).getMessage();
    assertTrue(message.contains(part), message);
    assertFalse(message.contains("\n"), message);
  }
}
