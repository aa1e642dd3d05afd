package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "quickstart",
        "models",
        "summary",
        "recipes",
        "train",
        "preview",
        "lab",
        "diagnose",
        "report",
        "eval",
        "predict",
        "explain",
        "inspect",
        "similar",
        "export",
        "import",
        "bench",
        "doctor"
      })
  void everyCommandIsListedAndHasHelp(String command) {
    assertTrue(Ran.of("--help").good().out().contains("  " + command + " "));
    assertTrue(Ran.of(command, "--help").good().out().contains("Usage: resnet4j " + command));
    assertEquals(Ran.of(command, "-h").out(), Ran.of("help", command).good().out());
  }

  @Test
  void versionIsAResult() {
    assertTrue(Ran.of("--version").good().out().startsWith("resnet4j "));
    assertEquals(Ran.of("--version").out(), Ran.of("models", "--version").good().out());
  }

  @Test
  void withoutACommandItSaysHowToBegin() {
    Ran.of().bad(Main.BAD_INPUT, "no command", "quickstart");
  }

  @Test
  void unknownNamesSuggestTheNearest() {
    Ran.of("modles").bad(Main.BAD_INPUT, "unknown command 'modles'; did you mean 'models'?");
    Ran.of("models", "--jsno").bad(Main.BAD_INPUT, "models", "'--jsno'; did you mean '--json'?");
    Ran.of("train", "--modle=x").bad(Main.BAD_INPUT, "'--modle'; did you mean '--model'?");
    Ran.of("summary", "resnet21").bad(Main.BAD_INPUT, "'resnet21'; did you mean 'resnet20'?");
    Ran.of("summary", "resnet20", "--format", "tabel")
        .bad(Main.BAD_INPUT, "--format tabel", "did you mean 'table'?");
    Ran.of("--jason", "models").bad(Main.BAD_INPUT, "'--jason'", "before the command");
    Ran.of("models", "extra").bad(Main.BAD_INPUT, "unknown argument 'extra'");
  }

  @Test
  void missingAndMalformedOptionsAreNamed() {
    Ran.of("train", "--model", "resnet20").bad(Main.BAD_INPUT, "--data");
    Ran.of("train", "--model").bad(Main.BAD_INPUT, "--model");
    Ran.of("bench", "--model", "resnet20", "--batch", "many")
        .bad(Main.BAD_INPUT, "--batch", "many");
  }

  @Test
  void debugShowsWhereAnErrorCameFrom() {
    String trace = "at io.resnet4j.";
    assertFalse(Ran.of("summary", "nonet").err().contains(trace));
    assertTrue(Ran.of("summary", "nonet", "--debug").err().contains(trace));
    assertTrue(Ran.of("--debug", "summary", "nonet").err().contains(trace));
  }

  @Test
  void messagesOfSeveralLinesBecomeOne() {
    assertEquals("a b", Failures.line(new IllegalStateException("a \n  b\r\n")));
    assertTrue(Failures.line(new IllegalStateException()).startsWith("IllegalStateException"));
    assertTrue(Failures.line(new OutOfMemoryError("Java heap space")).contains("smaller batch"));
  }

  @Test
  void threadsMustBeWhatOpenMpWasTold() {
    Threads.require(null, null);
    Threads.require(3, "3");
    assertEquals(3, Threads.count("3,1"));
    assertEquals(Runtime.getRuntime().availableProcessors(), Threads.count("all"));
    Ran.of("bench", "--model", "resnet20", "--batch", "1", "--threads", "0")
        .bad(Main.BAD_INPUT, "--threads 0");
    // The tests run without OMP_NUM_THREADS.
    Ran.of("bench", "--model", "resnet20", "--batch", "1", "--threads", "63")
        .bad(Main.BAD_INPUT, "--threads 63", "OMP_NUM_THREADS is not set", "./resnet4j");
  }

  @Test
  void modelsListsEveryNetworkOnce() {
    JsonNode all = Ran.of("models", "--json").good().json();
    assertTrue(all.size() >= 24);
    assertEquals("resnet20", all.get(0).path("name").asText());
    assertEquals(269722, all.get(0).path("parameters").asLong());
    for (String field : new String[] {"name", "parameters", "macs", "input", "classes", "source"}) {
      assertTrue(all.get(0).has(field), field);
    }
    assertEquals(all.size() + 1, Ran.of("models").good().out().lines().count());
  }

  @Test
  void recipesListsSettingsToo() {
    String out = Ran.of("recipes").good().out();
    assertTrue(out.contains("cifar10-he2015") && out.contains("learningRate"));
    assertTrue(Ran.of("recipes", "--json").good().json().get(0).has("batch"));
  }

  @Test
  void summaryInEveryFormat() {
    String table = Ran.of("summary", "resnet50", "--classes", "10").good().out();
    assertTrue(table.contains("    conv3") && table.contains("23,528,522 parameters"));
    JsonNode tree = Ran.of("summary", "resnet18", "--format", "json").good().json();
    assertEquals(11689512, tree.path("parameters").asLong());
    assertEquals("conv1", tree.path("layers").get(1).path("path").asText());
    assertTrue(
        Ran.of("summary", "resnet20", "--format", "mermaid").good().out().startsWith("flowchart"));
    String svg = Ran.of("summary", "resnet20", "--format", "svg").good().out();
    assertTrue(svg.startsWith("<svg") && svg.strip().endsWith("</svg>"));
    assertTrue(svg.contains("layer3.2.conv2") && svg.contains("stroke-dasharray"));
    String block =
        Ran.of("summary", "resnet20-b", "--format", "svg", "--block", "layer2.0").good().out();
    assertTrue(block.contains("batch norm") && !block.contains("layer3"));
    Ran.of("summary", "resnet20", "--block", "layer2.0")
        .bad(Main.BAD_INPUT, "--block: only with --format mermaid or svg");
  }

  @Test
  void aModelMayBeAFile() throws IOException {
    Path file = folder.resolve("my-net.json");
    Files.writeString(file, "{\"base\":\"resnet20\",\"block\":{\"squeeze\":0.25}}");
    String out = Ran.of("summary", file.toString()).good().out();
    assertTrue(out.contains("my-net for 3x32x32, 10 classes"), out);
    Files.writeString(file, "{\"base\":\"resnet20\",\"blok\":{}}");
    Ran.of("summary", file.toString()).bad(Main.BAD_INPUT, "unknown field 'blok'");
  }

  @Test
  void impossibleShapesAreRefused() {
    Ran.of("summary", "resnet50", "--input", "3x0x224").bad(Main.BAD_INPUT, "3x0x224");
    Ran.of("summary", "resnet50", "--input", "224").bad(Main.BAD_INPUT, "--input 224", "3x224x224");
    Ran.of("summary", "resnet50", "--classes", "0").bad(Main.BAD_INPUT, "--classes 0");
    Ran.of("bench", "--model", "resnet50", "--batch", "1", "--input", "3x1x1")
        .bad(Main.BAD_INPUT, "batch");
  }

  @Test
  void doctorFindsThisMachineFit() {
    JsonNode report = Ran.of("doctor", "--json").good().json();
    assertTrue(report.path("ok").asBoolean());
    String all = report.path("findings").toString();
    assertTrue(all.contains("oneDNN") && all.contains("check in f32"), all);
  }

  @Test
  void tooManyThreadsAreNoted() {
    assertEquals(Finding.State.NOTE, MachineChecks.threads("4096").state());
    assertEquals(Finding.State.OK, MachineChecks.threads("1").state());
  }
}
