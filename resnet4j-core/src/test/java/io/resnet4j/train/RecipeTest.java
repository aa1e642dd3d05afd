package io.resnet4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.augment.HorizontalFlip;
import io.resnet4j.data.augment.NamedAugmentation;
import io.resnet4j.data.augment.RandomCrop;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.UpdateRule;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class RecipeTest {
  private final Recipe recipe = Recipe.named("cifar10-default");

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
    Recipe larger = folder.set("evalSize=140");
    assertEquals(160, larger.augment().resize());
    assertEquals(70, larger.set("size=56").augment().evalSize());
    assertEquals(80, larger.set("size=56").augment().resize());
    assertEquals(folder, larger.set("evalSize=0"));
    assertEquals(0, larger.set("size=0").augment().evalSize());
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
    Recipe fast = Recipe.named("cifar10-fast");
    assertEquals(
        NamedAugmentation.parseList("crop(4),flip,cutout(8)"),
        fast.set("flip=true").set("cropPadding=4").augment().list());
    assertEquals(
        NamedAugmentation.parseList("cutout(8)"),
        fast.set("flip=false").set("cropPadding=0").augment().list());
  }

  @Test
  void anUnknownRecipeSuggestsTheNearest() {
    String message =
        assertThrows(InvalidInputException.class, () -> Recipe.named("cifar10-he2017"))
            .getMessage();
    assertTrue(message.contains("did you mean 'cifar10-he2015'"), message);
  }

  @Test
  void everySettingChangesTheRecipe() {
    // What must be set first, and the setting.
    List<String> settings =
        List.of(
            "epochs=3",
            "steps=77",
            "batch=32",
            "precision=f32",
            "optimiser=lamb",
            "momentum=0.8",
            "nesterov=false",
            "optimiser=rmsprop centred=true",
            "optimiser=adam beta1=0.8",
            "optimiser=adamw beta2=0.9",
            "optimiser=lamb epsilon=1e-5",
            "optimiser=rmsprop alpha=0.9",
            "optimiser=lars trust=0.01",
            "learningRate=0.05",
            "schedule=multistep",
            "schedule=multistep milestones=10%,20%",
            "schedule=multistep factor=0.2",
            "floor=0.01",
            "schedule=polynomial power=2",
            "schedule=onecycle rise=0.2",
            "schedule=onecycle start=0.2",
            "schedule=onecycle end=0.1",
            "schedule=plateau threshold=0.1",
            "schedule=exponential every=2ep",
            "schedule=plateau patience=3",
            "warmUp=5 steps",
            "warmUpStart=0.3",
            "warmUpHeld=true",
            "weightDecay=1e-3",
            "decayNormAndBias=false",
            "labelSmoothing=0.1",
            "cropPadding=2",
            "flip=false",
            "augment=randomResizedCrop(0.3), flip, trivialAugment",
            "mixup=0.2",
            "cutMix=1",
            "repeats=2",
            "size=64",
            "size=64 resize=72",
            "size=64 evalSize=80",
            "normalisation=per-pixel-mean",
            "evalBatch=100",
            "loss=binary-cross-entropy",
            "focus=2",
            "targetThreshold=0.2",
            "balanced=true",
            "temperature=2",
            "teacherShare=0.5",
            "ema=0.999",
            "emaEvery=32",
            "emaWarmUp=true",
            "swa=0.75",
            "lookahead=5",
            "lookaheadShare=0.8",
            "l1=1e-4",
            "clip=1",
            "microBatch=16",
            "normBiasRate=64",
            "companion=adamw",
            "companionRate=0.1",
            "trained=head",
            "layerDecay=0.7",
            "frozenNorms=true",
            "dropPath=0.05",
            "testViews=flip");
    Set<String> seen = new TreeSet<>();
    for (String setting : settings) {
      String[] parts = setting.split(" (?=[a-zA-Z0-9]+=)");
      Recipe base = recipe;
      for (int i = 0; i + 1 < parts.length; i++) {
        base = base.set(parts[i]);
      }
      String last = parts[parts.length - 1];
      seen.add(last.substring(0, last.indexOf('=')));
      assertNotEquals(base, base.set(last), setting);
    }
    assertEquals(new TreeSet<>(Recipes.settings().keySet()), seen);
    assertEquals(Precision.F32, recipe.set("precision=F32").precision());
    assertEquals(Extent.steps(77), recipe.set("steps = 77").length());
  }

  @Test
  void aRecipeOfAnEarlierVersionStillLoads() throws Exception {
    String earlier =
        """
        {"name":"cifar10-default","source":"resnet4j: a good ResNet-20 in ten epochs",
         "length":"10 epochs","batch":128,"precision":"bf16",
         "optimiser":{"momentum":0.9,"nesterov":true},"learningRate":0.2,
         "schedule":{"kind":"warmup","length":"10%","start":0.1,
                     "then":{"kind":"cosine","floor":0.0}},
         "weightDecay":5.0E-4,"decayNormAndBias":true,"labelSmoothing":0.0,
         "augment":{"size":0,"resize":0,"list":["crop(4)","flip(0.5)"],
                    "mixing":{"mixup":0.0,"cutMix":0.0},"repeats":1},
         "normalisation":"per_channel","evalBatch":500}\
        """;
    assertEquals(recipe, Json.MAPPER.readValue(earlier, Recipe.class));
  }

  @Test
  void muonBringsACompanion() {
    Recipe muon = recipe.set("optimiser=muon");
    assertEquals(new UpdateRule.Adam(0.9, 0.999, 1e-8, true), muon.updating().companion());
    String message =
        assertThrows(InvalidInputException.class, () -> muon.set("companion=none")).getMessage();
    assertTrue(message.contains("companion=adamw"), message);
  }

  @Test
  void groupsTellParametersApart() {
    Recipe muon =
        recipe
            .set("optimiser=muon")
            .set("companion=sgd")
            .set("companionRate=0.5")
            .set("normBiasRate=64")
            .set("decayNormAndBias=false")
            .set("l1=0.1");
    List<UpdateRule.Group> groups = ParameterGroups.of(muon, Stripes.network().trainingGraph(8, 0));
    Map<String, UpdateRule.Group> of = new TreeMap<>();
    groups.forEach(group -> group.paths().forEach(path -> of.put(path, group)));
    assertEquals(Stripes.network().trainingGraph(8, 0).parameters().size(), of.size());
    UpdateRule.Group conv = of.get("layer1.0.conv1.weight");
    assertEquals(new UpdateRule.Muon(0.95, true), conv.rule());
    assertEquals(List.of(1.0, 5e-4, 0.1), numbers(conv));
    assertEquals(List.of(0.5, 5e-4, 0.1), numbers(of.get("fc.weight")));
    assertEquals(List.of(0.5, 0.0, 0.0), numbers(of.get("fc.bias")));
    assertEquals(List.of(0.5, 0.0, 0.0), numbers(of.get("bn1.weight")));
    assertEquals(List.of(32.0, 0.0, 0.0), numbers(of.get("layer2.0.bn1.bias")));
    assertEquals(3.2, ParameterGroups.at(List.of(of.get("bn1.bias")), 0.1).get(0).learningRate());
  }

  private static List<Double> numbers(UpdateRule.Group group) {
    return List.of(group.learningRate(), group.weightDecay(), group.l1());
  }

  @Test
  void balancedClassesWeighTheSameInAll() {
    assertEquals(List.of(40 / 60.0, 2.0, 0.0), Objective.weights(new long[] {30, 10, 0}));
    Objective objective = recipe.set("balanced=true").objective();
    assertEquals(
        List.of(1.0, 1.0, 1.0),
        objective.criterion(0, new Stripes("even", 60, 1), false).classWeights());
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
    assertMessage("schedule=sine", "expected constant, multistep, cosine, polynomial");
    assertMessage("normalisation=x", "expected per_channel, per_pixel_mean or imagenet");
    assertMessage("milestones=50%", "set schedule=multistep first");
    assertMessage("precision=f16", "use f32, bf16");
    assertMessage("precision=int8", "for inference only");
    assertMessage("optimiser=newton", "expected sgd, adam, adamw");
    assertMessage("beta1=0.5", "the optimiser 'sgd' has none; set optimiser=adam first");
    assertMessage("power=2", "the schedule 'cosine' has none; set schedule=polynomial first");
    assertMessage("focus=0.5", "at least 1");
    assertMessage("ema=1", "[0, 1)");
    assertMessage("companion=muon", "give a rule for any parameter");
    assertMessage("clip=-1", "0 for none");
    assertMessage("augment=crpo(4)", "did you mean 'crop'");
    assertMessage("augment=crop(x)", "expected crop(padding), usually (4)");
    assertMessage("mixup=-1", "expected 0 (none) to 1000");
    assertMessage("size=-3", "give 0 (the data's own) to 4096");
    assertMessage("resize=30", "where that is set");
    assertMessage("evalSize=40", "where size is set");
    assertMessage("warmUpHeld=maybe", "a straight line");
    assertMessage("batch", "key=value");
    assertMessage("momentum=1", "[0, 1)");
    assertMessage("dropPath=1", "[0, 1)");
    assertMessage("testViews=all", "expected centre, flip or crops");
  }

  private void assertMessage(String setting, String part) {
    String message =
        assertThrows(InvalidInputException.class, () -> recipe.set(setting), setting).getMessage();
    assertTrue(message.contains(part), message);
    assertFalse(message.contains("\n"), message);
  }
}
