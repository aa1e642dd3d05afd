package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.model.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Experiments and probes from the command line. */
class LabCommandTest {
  @TempDir Path folder;

  private Ran lab(Path out, Object... more) {
    return Ran.of(
        Stream.concat(
                Stream.of(
                    "lab",
                    "gradients",
                    "--data",
                    "synthetic",
                    "--set",
                    "depths=8",
                    "--set",
                    "pictures=2",
                    "--set",
                    "activations=relu",
                    "--set",
                    "norms=none",
                    "--set",
                    "precisions=f32",
                    "--out",
                    out),
                Arrays.stream(more))
            .toArray());
  }

  @Test
  void anExperimentLeavesNumbersAndAPage() throws IOException {
    Path out = folder.resolve("out");
    JsonNode found = lab(out, "--json").good().json();
    assertEquals(3, found.path("done").asInt());
    assertTrue(found.path("claims").size() >= 2);
    String page = Files.readString(out.resolve("report.html"));
    assertTrue(page.contains("./resnet4j lab gradients --set depths=8"), "the command");
    assertTrue(page.contains("Gradient entering each block: depth 8, relu, no batch norm"));
    assertFalse(page.contains("{{"), "a place that nothing filled");
    assertFalse(page.matches("(?s).*(src|href)=.?https?:.*"), "needs a network");
    assertTrue(Files.readString(out.resolve("results.csv")).startsWith("depth,network,"));
    String again = lab(out).good().err();
    assertTrue(again.contains("going on after 3"), again);
    lab(out, "--seed", "5").bad(Main.BAD_INPUT, "was begun with seed 0", "now it is 5");
  }

  @Test
  void everyExperimentIsListed() {
    String list = Ran.of("lab", "--list").good().out();
    assertTrue(list.contains("gradients: ") && list.contains("--set depths=20,56"), list);
    JsonNode all = Ran.of("lab", "--list", "--json").good().json();
    assertTrue(all.size() >= 8);
    for (JsonNode one : all) {
      assertTrue(one.path("source").asText().contains("20"), one::toString);
    }
  }

  @Test
  void mistakesAreNamed() throws IOException {
    Ran.of("lab").bad(Main.BAD_INPUT, "which experiment");
    Ran.of("lab", "gradient").bad(Main.BAD_INPUT, "did you mean 'gradients'");
    lab(folder.resolve("a"), "--set", "depts=8").bad(Main.BAD_INPUT, "did you mean 'depths'");
    Ran.of("lab", "lesion", "--set", "networks=vgg16_bn", "--data", "synthetic")
        .bad(Main.BAD_INPUT, "vgg16_bn", "no blocks", "resnet56");
    Files.writeString(folder.resolve("file"), "x");
    lab(folder).bad(Main.BAD_INPUT, "not empty");
    lab(folder.resolve("file")).bad(Main.BAD_INPUT, "file", "another folder");
  }

  @Test
  void aRunIsProbedAndDiagnosed() throws IOException {
    Path data = TinyCifar.write(folder.resolve("data"), 4);
    Path out = folder.resolve("run");
    Object[] train = {
      "train",
      "--model",
      "resnet20",
      "--data",
      Ran.cifar(data),
      "--batch",
      "4",
      "--steps",
      "4",
      "--precision",
      "f32",
      "--val-split",
      "0",
      "--out",
      out
    };
    Ran.of(with(train, "--every", "2")).bad(Main.BAD_INPUT, "--every: only together with --probe");
    Ran.of(with(train, "--probe", "gradient")).bad(Main.BAD_INPUT, "did you mean 'gradients'?");
    Ran.of(with(train, "--probe", "all", "--every", "0")).bad(Main.BAD_INPUT, "at least 1");
    Ran.of(with(train, "--probe", "all", "--probe-layers", "layer9"))
        .bad(Main.BAD_INPUT, "layer 'layer9'", "layer1");
    assertFalse(Files.exists(out), "a run that never began left its folder");
    Ran.of(with(train, "--probe", "all", "--every", "2")).good();
    assertEquals(2, Files.readAllLines(out.resolve("probes.jsonl")).size());
    String words = Ran.of("diagnose", out).good().out();
    assertTrue(words.contains("gradients: at step 2 ") && words.contains("rule: "), words);
    JsonNode tree = Ran.of("diagnose", out, "--json").good().json();
    assertTrue(tree.path("symptoms").size() >= 5, tree::toString);
    Ran.of("diagnose", folder.resolve("no")).bad(Main.BAD_INPUT, "no such folder");
    reported(out);
  }

  @Test
  void aRunOfAnEarlierVersionIsDiagnosedAndReported() throws IOException {
    Path run = Files.createDirectories(folder.resolve("earlier"));
    // No averages, choices, fingerprints or precision, no rate, speed or time of an epoch.
    Files.writeString(
        run.resolve("config.json"),
        "{\"format\":1,\"model\":"
            + Models.named("resnet20").toJson()
            + ",\"recipe\":{\"name\":\"cifar10-default\"},\"data\":{\"classes\":[\"a\",\"b\"]}}");
    Files.writeString(
        run.resolve("metrics.jsonl"),
        "{\"epoch\":1,\"train_loss\":1.5}\n{\"epoch\":2,\"train_loss\":0.5,\"train_acc\":0.8}\n");
    String words = Ran.of("diagnose", run).good().out();
    assertTrue(words.contains("it gets 80.0 % of its training pictures right\n"), words);
    assertFalse(words.contains("! "), words);
    // A reading from before some of its numbers were read, and one line of warnings.
    Files.writeString(run.resolve("probes.jsonl"), "{\"step\":9,\"layers\":[{\"path\":\"fc\"}]}\n");
    Files.writeString(
        run.resolve("warnings.jsonl"),
        "{\"step\":9,\"epoch\":1,\"kind\":\"spike\",\"message\":\"the loss < 1 has risen\"}\n");
    assertTrue(
        Ran.of("diagnose", run).good().out().contains("! training: after step 9: the loss < 1"));
    Path page = folder.resolve("earlier.html");
    Ran.of("report", run, "--out", page).good();
    String html = Files.readString(page);
    assertTrue(html.contains("<p>step 9: the loss &lt; 1 has risen</p>"), "the warning");
    assertTrue(html.contains("80.0") && !html.contains("{{"), "the numbers");
  }

  /** The diagram's numbers are those that the probes wrote. */
  private void reported(Path run) throws IOException {
    Path file = folder.resolve("inside.html");
    Ran.of("report", run, "--out", file).good();
    String page = Files.readString(file);
    assertTrue(page.contains("<rect data-path=\"layer1.0.conv1\" data-part=layers"), "a layer");
    assertTrue(page.contains("<rect data-path=\"layer1.0\" data-part=blocks"), "a block");
    assertFalse(page.contains("{{"), "a place that nothing filled");
    String data = page.substring(page.indexOf("const inside = ") + "const inside = ".length());
    JsonNode inside = Json.MAPPER.readTree(data.substring(0, data.indexOf(";\n")));
    JsonNode values = inside.path("runs").path(0).path("values").path("ENTERING").path("layer3.2");
    int at = 0;
    for (String line : Files.readAllLines(run.resolve("probes.jsonl"))) {
      JsonNode block = Json.MAPPER.readTree(line).path("blocks").path(8);
      assertEquals("layer3.2", block.path("path").asText());
      double read = block.path("entering").asDouble();
      assertEquals(read, values.path(at++).asDouble(), 1e-6 * read);
    }
    assertEquals(at, values.size());
  }

  private static Object[] with(Object[] arguments, Object... more) {
    return Stream.concat(Arrays.stream(arguments), Arrays.stream(more)).toArray();
  }
}
