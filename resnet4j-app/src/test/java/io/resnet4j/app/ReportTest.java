package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.model.Models;
import io.resnet4j.train.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports of run folders that were written by hand. */
class ReportTest {
  private static final String EPOCH =
      "{\"epoch\":%d,\"step\":%d,\"train_loss\":%s,\"train_acc\":0.5,\"val_loss\":%s,"
          + "\"val_acc\":%s,\"lr\":0.1,\"images_per_s\":100.0,\"seconds\":2.0}\n";

  @TempDir Path folder;

  /** A run of two epochs with these losses; {@code null} where nothing was held out. */
  private Path run(String name, String... heldOut) throws IOException {
    Path run = Files.createDirectories(folder.resolve(name));
    ObjectNode config = Json.MAPPER.createObjectNode();
    config.set("model", Json.MAPPER.readTree(Models.named("resnet20").toJson()));
    config.put("precision", "f32").put("seed", 3);
    Files.writeString(run.resolve("config.json"), config.toString());
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < heldOut.length; i++) {
      String accuracy = heldOut[i].equals("null") ? "null" : "0.25";
      lines.append(EPOCH.formatted(i + 1, 10 * (i + 1), "1.5", heldOut[i], accuracy));
    }
    Files.writeString(run.resolve("metrics.jsonl"), lines);
    return run;
  }

  private String page(Object... arguments) throws IOException {
    Path file = folder.resolve("page.html");
    List<Object> all = new ArrayList<>(List.of("report", "--out", file));
    all.addAll(List.of(arguments));
    Ran.of(all.toArray()).good();
    String page = Files.readString(file);
    assertFalse(page.contains("{{"), "a place that nothing filled");
    return page;
  }

  /** What the script of the page draws. */
  private static JsonNode charts(String page) throws IOException {
    String begin = "const data = ";
    String data = page.substring(page.indexOf(begin) + begin.length());
    return Json.MAPPER.readTree(data.substring(0, data.indexOf(";\n")));
  }

  @Test
  void aRunIsDrawnAsTheLabDraws() throws IOException {
    String page = page(run("one", "1.25", "1.0"));
    for (String title : List.of("Loss", "Accuracy", "Learning rate", "Speed of training")) {
      String label = "aria-label=\"" + title + "; the numbers stand below\"";
      assertTrue(page.contains("<canvas tabindex=0 role=img " + label), title);
    }
    assertTrue(page.contains("<th scope=row>held out</th><td>2</td><td>1.000</td>"));
    JsonNode charts = charts(page);
    assertEquals(4, charts.size());
    assertEquals("held out", charts.at("/0/series/1/name").asText());
    assertEquals(1.25, charts.at("/0/series/1/y/0").asDouble());
    assertTrue(charts.at("/3/fromZero").asBoolean(), "a speed that hardly moves looks so");
  }

  @Test
  void aRunHasOnePlaceInEveryChart() throws IOException {
    Path plain = run("a", "null", "null");
    Path held = run("b", "1.25", "1.0");
    String page = page(plain, held);
    assertTrue(page.contains("<h3>Loss, training set</h3>") && page.contains("<h3>Loss, held out"));
    for (JsonNode chart : charts(page)) {
      assertEquals("a", chart.at("/series/0/name").asText());
      assertEquals("b", chart.at("/series/1/name").asText());
      assertEquals(2, chart.at("/series").size());
    }
    assertFalse(page(plain).contains("held out</th>"), "a line of nothing");
  }

  @Test
  void everyNumberStandsBesideThePage() throws IOException {
    String page = page(run("one", "1.25", "1.0"));
    assertTrue(page.contains("stands in page.csv and page.json"));
    List<String> lines = Files.readAllLines(folder.resolve("page.csv"));
    assertEquals("chart,series,x_name,x,y_name,y", lines.get(0));
    assertTrue(lines.contains("Loss,held out,epoch,1.0,loss,1.25"), lines::toString);
    assertEquals(1 + 2 * 6, lines.size(), "two epochs of six curves");
    JsonNode tree = Json.MAPPER.readTree(folder.resolve("page.json").toFile());
    assertEquals("3", tree.at("/runs/0/seed").asText());
    assertTrue(tree.at("/runs/0/command").isNull(), "a run older than the note");
    assertEquals("Accuracy", tree.at("/charts/1/title").asText());
  }

  @Test
  void whatAPaperFoundStandsBesideARunOfItsRecipe() throws IOException {
    Path run = run("one", "null");
    Path file = run.resolve("config.json");
    ObjectNode config = (ObjectNode) Json.MAPPER.readTree(file.toFile());
    config.set("recipe", Json.MAPPER.readTree(Recipe.named("cifar10-he2015").toJson()));
    ObjectNode data = config.putObject("data");
    data.put("description", "CIFAR-10: 50,000 training and 10,000 test pictures");
    data.put("train", 45000).put("validation", 5000).put("test", 10000);
    Files.writeString(file, config.toString());
    Files.writeString(run.resolve("result.json"), "{\"test_acc\":0.9132}");
    String page = page(run);
    assertTrue(page.contains("He et al. 2015, arXiv:1512.03385, table 6"), "the source");
    assertTrue(page.contains("8.75 %"), "what it found");
    assertTrue(page.contains("8.68 % (f32, seed 3, 45,000 training pictures)"), "what this found");
    String shorter = Recipe.named("cifar10-he2015").set("steps=100").toJson();
    config.set("recipe", Json.MAPPER.readTree(shorter));
    Files.writeString(file, config.toString());
    assertFalse(page(run).contains("1512.03385, table 6"), "another recipe by that name");
  }

  @Test
  void aShellReadsACommandLineAsItWasGiven() {
    assertEquals(
        "./resnet4j train --out 'a b' --set ema=0.9 'it'\\''s' ''",
        Text.shell(List.of("./resnet4j", "train", "--out", "a b", "--set", "ema=0.9", "it's", "")));
  }

  @Test
  void aReadingThatIsNotFiniteIsKept() throws IOException {
    Path run = run("one", "1.25");
    String reading =
        "{\"step\":%d,\"loss\":2.0,\"layers\":[{\"path\":\"conv1\",\"gradient\":%s},"
            + "{\"path\":\"fc\",\"gradient\":0.5},{\"path\":\"bn\",\"response\":1.0}]}\n";
    Files.writeString(
        run.resolve("probes.jsonl"),
        reading.formatted(2, "\"Infinity\"") + reading.formatted(4, "1e300"));
    String page = page(run);
    List<String> lines = Files.readAllLines(folder.resolve("page.csv"));
    assertTrue(
        lines.stream()
            .anyMatch(
                line ->
                    line.startsWith("resnet20: one,conv1,step,2,") && line.endsWith(",Infinity")),
        lines::toString);
    assertTrue(
        lines.stream()
            .anyMatch(
                line ->
                    line.startsWith("resnet20: one,conv1,step,4,") && line.endsWith(",1.0E300")),
        lines::toString);
    assertFalse(lines.stream().anyMatch(line -> line.startsWith("resnet20: one,bn,step,2,\"grad")));
    JsonNode tree = Json.MAPPER.readTree(folder.resolve("page.json").toFile());
    JsonNode gradients = tree.at("/inside/runs/0/values/GRADIENT");
    assertEquals("[\"Infinity\",1.0E300]", gradients.path("conv1").toString());
    assertEquals("[null,null]", gradients.path("bn").toString());
    assertTrue(page.contains("no finite number. step 2 at layer 1: Infinity.</p>"), "a mark");
  }

  @Test
  void whatIsNotFiniteIsMarkedAndSaid() throws IOException {
    Path run = run("one", "1.25", "\"NaN\"");
    String page = page(run);
    assertTrue(page.contains("no finite number. held out at epoch 2: NaN.</p>"), "a sentence");
    assertEquals("NaN", charts(page).at("/0/series/1/y/1").asText(), "a mark");
    assertTrue(page.contains("<td>NaN</td>"), "the last epoch's");
    assertFalse(page.contains("ended early"));
    Files.writeString(
        run.resolve("warnings.jsonl"),
        "{\"step\":21,\"epoch\":3,\"kind\":\"non_finite\",\"message\":\"bn1: the loss at step 21\"}\n");
    String ended = page(run);
    assertTrue(ended.contains("resnet20 ended early: bn1: the loss at step 21"), "the end");
    assertTrue(ended.contains("training set at epoch 3: NaN"), "where it stands");
    assertTrue(
        Files.readString(folder.resolve("page.csv"))
            .contains("Loss,training set,epoch,3.0,loss,NaN"));
  }
}
