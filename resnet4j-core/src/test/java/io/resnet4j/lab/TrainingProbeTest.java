package io.resnet4j.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Synthetic;
import io.resnet4j.interop.EventRecords;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.train.Recipe;
import io.resnet4j.train.TrainListener;
import io.resnet4j.train.TrainOptions;
import io.resnet4j.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run that is probed, and what is said of it. */
class TrainingProbeTest {
  private static final DataSplits DATA = Synthetic.draw(64, 16, 0);
  private static final Set<Probe> ALL = EnumSet.allOf(Probe.class);

  @TempDir Path temp;

  private static ModelSpec network() {
    return Models.resnet("resnet20")
        .withBlocks(List.of(1, 1, 1))
        .withWidths(List.of(4, 8, 8))
        .withClasses(DATA.train().classes().size())
        .withInput(DATA.train().channels(), DATA.train().height(), DATA.train().width());
  }

  private TrainOptions options(String name, String backend) {
    return TrainOptions.in(temp.resolve(name)).withBackend(backend).withSeed(3);
  }

  private static Trainer trainer(TrainOptions options) {
    Recipe recipe =
        Recipe.named("synthetic-default").set("epochs=2").set("batch=8").set("precision=f32");
    return Trainer.of(network(), recipe, DATA, options);
  }

  private static TrainingProbe probe(Set<Probe> probes, String... layers) {
    return new TrainingProbe(new ProbeOptions(probes, 3, List.of(layers), 8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"onednn", "reference"})
  void aProbedRunGivesTheSameBits(String backend) {
    try (Trainer plain = trainer(options("plain", backend));
        Trainer probed = trainer(options("probed", backend)).probe(probe(ALL))) {
      plain.fit();
      probed.fit();
    }
    Model one = Model.load(temp.resolve("plain/last.safetensors"));
    Model other = Model.load(temp.resolve("probed/last.safetensors"));
    one.state()
        .forEach((path, t) -> assertEquals(t.bytes(), other.state().get(path).bytes(), path));
    List<JsonNode> lines = Json.lines(temp.resolve("probed").resolve(TrainingProbe.FILE));
    assertEquals(List.of(0, 3, 6, 9, 12), steps(lines));
    assertFalse(Files.exists(temp.resolve("plain").resolve(TrainingProbe.FILE)));
    JsonNode last = lines.get(4);
    assertEquals(8, last.path("layers").size());
    JsonNode layer = last.path("layers").get(1);
    for (String field : List.of("gradient", "weight", "response", "update")) {
      assertTrue(layer.path(field).asDouble() > 0, field + " " + layer);
    }
    JsonNode block = last.path("blocks").get(1);
    assertEquals(
        1, block.path("shortcut_share").asDouble() + block.path("branch_share").asDouble(), 1e-4);
    assertTrue(block.path("ratio").asDouble() > 0 && block.path("effective_rank").asDouble() > 0);
    assertEquals(7, last.path("relus").size());
    assertEquals(7, last.path("norms").size());
    // Running statistics have left zero and one.
    assertNotEquals(
        lines.get(0).path("norms").get(0).path("mean_gap"),
        last.path("norms").get(0).path("mean_gap"));
  }

  private static List<Integer> steps(List<JsonNode> lines) {
    return lines.stream().map(line -> line.path("step").asInt()).toList();
  }

  @Test
  void aResumedRunTakesEachReadingOnce() throws IOException {
    try (Trainer trainer = trainer(options("run", "onednn")).probe(probe(ALL))) {
      trainer.listen(
          new TrainListener() {
            @Override
            public void stepDone(StepDone event) {
              if (event.totalStep() == 5) {
                trainer.requestStop();
              }
            }
          });
      assertTrue(trainer.fit().stopped());
    }
    try (Trainer trainer = trainer(options("run", "onednn").withResume(true)).probe(probe(ALL))) {
      trainer.fit();
    }
    assertEquals(
        List.of(0, 3, 6, 9, 12),
        steps(Json.lines(temp.resolve("run").resolve(TrainingProbe.FILE))));
    // So does TensorBoard; an epoch has 7 steps.
    assertEquals(
        List.of(0L, 3L, 6L, 7L, 9L, 12L, 14L, 14L),
        EventRecords.ofFolder(temp.resolve("run")).stream()
            .filter(each -> !each.scalars().isEmpty())
            .map(EventRecords.Read::step)
            .toList());
  }

  @Test
  void tensorBoardIsToldEveryNumberAndItsDistribution() throws IOException {
    try (Trainer trainer = trainer(options("run", "onednn")).probe(probe(ALL))) {
      trainer.fit();
    }
    Path run = temp.resolve("run");
    JsonNode line = Json.lines(run.resolve(TrainingProbe.FILE)).get(1);
    EventRecords.Read event =
        EventRecords.ofFolder(run).stream().filter(each -> each.step() == 3).findFirst().get();
    int numbers = 1;
    for (String kind : List.of("layer", "block", "relu", "norm")) {
      for (JsonNode part : line.path(kind + "s")) {
        for (var field : part.properties()) {
          if (!field.getKey().equals("path")) {
            String tag = kind + "_" + field.getKey() + "/" + part.path("path").asText();
            assertEquals((float) field.getValue().asDouble(), event.scalars().get(tag), tag);
            numbers++;
          }
        }
      }
    }
    assertEquals((float) line.path("loss").asDouble(), event.scalars().get("probe/loss"));
    assertEquals(numbers, event.scalars().size());
    assertEquals(4 * line.path("layers").size(), event.histograms().size());
    for (JsonNode layer : line.path("layers")) {
      String path = layer.path("path").asText();
      // The norm is the root of the sum of squares.
      for (String what : List.of("gradient", "weight")) {
        assertEquals(
            layer.path(what).asDouble(),
            Math.sqrt(event.histograms().get(what + "s/" + path).squares()),
            1e-9,
            what + " " + path);
      }
      EventRecords.Buckets update = event.histograms().get("updates/" + path);
      assertEquals(
          layer.path("update").asDouble() * layer.path("weight").asDouble(),
          Math.sqrt(update.squares()),
          1e-9);
      EventRecords.Buckets response = event.histograms().get("responses/" + path);
      double mean = response.sum() / response.num();
      assertEquals(
          layer.path("response").asDouble(),
          Math.sqrt(response.squares() / response.num() - mean * mean),
          1e-6);
    }
  }

  @Test
  void everyProbeWorksAlone() {
    for (Probe each : Probe.values()) {
      String name = each.toString();
      try (Trainer trainer =
          trainer(options(name, "onednn")).probe(probe(EnumSet.of(each), "layer2"))) {
        trainer.fit();
      }
      JsonNode line = Json.lines(temp.resolve(name).resolve(TrainingProbe.FILE)).get(0);
      assertEquals(2, line.path("layers").size(), name);
      assertEquals(each == Probe.GRADIENTS, line.path("layers").get(0).has("gradient"), name);
      assertEquals(each == Probe.UPDATES, line.path("layers").get(0).has("update"), name);
      assertEquals(each == Probe.BATCHNORM, line.path("norms").size() > 0, name);
    }
  }

  @Test
  void wrongProbesAreNamed() {
    try (Trainer trainer = trainer(options("run", "onednn"))) {
      InvalidInputException e =
          assertThrows(
              InvalidInputException.class, () -> trainer.probe(probe(ALL, "layer1.0.conv3")));
      assertTrue(e.getMessage().contains("layer1.0.conv1"), e.getMessage());
    }
    assertTrue(
        assertThrows(InvalidInputException.class, () -> Probe.parse("gradients,signal"))
            .getMessage()
            .contains("did you mean 'signals'"));
    assertEquals(ALL, Probe.parse("all"));
  }

  private String diagnosed(String reading) throws IOException {
    Files.writeString(
        temp.resolve("config.json"), "{\"data\":{\"classes\":[\"a\",\"b\",\"c\",\"d\"]}}");
    Files.writeString(
        temp.resolve("metrics.jsonl"),
        "{\"epoch\":3,\"train_acc\":0.9,\"val_acc\":0.7}\n{\"epoch\":4,\"tr");
    Files.writeString(temp.resolve(TrainingProbe.FILE), reading + "\n");
    StringBuilder text = new StringBuilder();
    for (Symptom symptom : RunDiagnosis.of(temp)) {
      text.append(symptom.alarming() ? "! " : "  ").append(symptom.sentence()).append('\n');
      assertFalse(symptom.rule().isEmpty());
    }
    return text.toString();
  }

  @Test
  void aDiagnosisSaysWhatIsWrongWithNumbers() throws IOException {
    String vanishing =
        diagnosed(
            "{\"step\":200,\"layers\":[{\"path\":\"conv1\",\"gradient\":1e-9,\"update\":1e-9},"
                + "{\"path\":\"fc\",\"gradient\":0.01,\"update\":0.5}],"
                + "\"relus\":[{\"path\":\"bn1.act\",\"dead\":0.5,\"zeros\":0.7}],"
                + "\"norms\":[{\"path\":\"bn1\",\"mean_gap\":2,\"deviation_ratio\":1,"
                + "\"near_zero\":0.25}]}");
    assertTrue(vanishing.contains("shrink 1.0e+7-fold"), vanishing);
    assertTrue(vanishing.contains("conv1 (1.0e-9)") && vanishing.contains("vanishing"), vanishing);
    assertTrue(vanishing.contains("50.0 % of the channels of bn1.act"), vanishing);
    assertTrue(vanishing.contains("off from the batch's by up to 2.00"), vanishing);
    assertTrue(vanishing.contains("! at step 200 a step moves weights"), vanishing);
    assertTrue(vanishing.contains("! it gets 90.0 % of its training pictures"), vanishing);
    String broken =
        diagnosed(
            "{\"step\":3,\"layers\":[{\"path\":\"conv1\",\"gradient\":\"NaN\"},"
                + "{\"path\":\"fc\",\"gradient\":\"Infinity\"}]}");
    assertTrue(broken.contains("2 layers are not finite: conv1 NaN, fc Infinity"), broken);
    String earlier =
        diagnosed(
            "{\"step\":3,\"loss\":2.0,\"layers\":[{\"path\":\"conv1\",\"gradient\":\"Infinity\","
                + "\"weight\":1.0},{\"path\":\"fc\",\"gradient\":1.0}]}\n"
                + "{\"step\":6,\"loss\":2.0,\"layers\":[{\"path\":\"conv1\",\"gradient\":1.0,"
                // A weight of zeros moves by infinitely much of its size; that is no fault.
                + "\"update\":\"Infinity\"},{\"path\":\"fc\",\"gradient\":1.0}]}");
    assertTrue(
        earlier.contains(
            "! at step 3 numbers were not finite for the first time, in 1 of 2 readings: conv1"
                + " gradient Infinity;"),
        earlier);
    String zero =
        diagnosed(
            "{\"step\":3,\"layers\":[{\"path\":\"conv1\",\"gradient\":0.0},"
                + "{\"path\":\"fc\",\"gradient\":1.0}]}");
    assertTrue(zero.contains("underflows"), zero);
  }

  @Test
  void aNetworkThatNoGradientReachesIsDead() throws IOException {
    String dead =
        diagnosed(
            "{\"step\":3,\"layers\":[{\"path\":\"conv1\",\"gradient\":0.0},"
                + "{\"path\":\"fc\",\"gradient\":0.0}]}");
    assertTrue(dead.contains("! at step 3 the gradients of the first and the last layer"), dead);
    assertTrue(dead.contains("are both zero"), dead);
    assertFalse(dead.contains("within a thousandfold"), dead);
  }

  /** A last layer that starts at zero, as Fixup's does. */
  @Test
  void aWeightOfZerosHasNoSizeToMoveBy() throws IOException {
    for (String zero :
        List.of(
            "\"weight\":0.0,\"update\":\"Infinity\"",
            "\"weight\":0.0,\"update\":\"NaN\"",
            "\"update\":\"Infinity\"")) {
      String started =
          diagnosed(
              "{\"step\":0,\"layers\":[{\"path\":\"conv1\",\"weight\":1.0,\"update\":0.01},"
                  + "{\"path\":\"fc\","
                  + zero
                  + "}]}");
      assertTrue(started.contains("  at step 0 a step moves weights by 0.0100 to 0.0100"), started);
      assertFalse(started.contains("wild"), started);
    }
    String wild =
        diagnosed(
            "{\"step\":0,\"layers\":[{\"path\":\"fc\",\"weight\":1.0,\"update\":\"Infinity\"}]}");
    assertTrue(wild.contains("wild"), wild);
  }

  @Test
  void aDiagnosisRepeatsWhatWasSaidInTraining() throws IOException {
    Files.writeString(
        temp.resolve("warnings.jsonl"),
        "{\"step\":40,\"epoch\":1,\"kind\":\"spike\",\"message\":\"the loss has risen\"}\n"
            + "{\"step\":51,\"epoch\":2,\"kind\":\"non_finite\",\"message\":\"loss is NaN\"}\n");
    String said = diagnosed("{\"step\":50,\"loss\":1.0}");
    assertTrue(said.startsWith("! after step 40: the loss has risen\n"), said);
    assertTrue(said.contains("! it ended at step 51: loss is NaN\n"), said);
  }

  @Test
  void runsWithoutReadingsAndFoldersWithoutRuns() throws IOException {
    Files.writeString(temp.resolve("config.json"), "{}");
    List<Symptom> symptoms = RunDiagnosis.of(temp);
    assertTrue(symptoms.get(1).sentence().contains("--probe all"));
    assertTrue(
        assertThrows(InvalidInputException.class, () -> RunDiagnosis.of(temp.resolve("no")))
            .getMessage()
            .contains("no such folder"));
    Files.writeString(temp.resolve(TrainingProbe.FILE), "{\"step\":1}\nnonsense\n");
    assertThrows(InvalidInputException.class, () -> RunDiagnosis.of(temp));
  }
}
