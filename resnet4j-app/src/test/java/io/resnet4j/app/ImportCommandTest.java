package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.interop.Safetensors;
import io.resnet4j.model.Model;
import io.resnet4j.model.Models;
import io.resnet4j.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportCommandTest {
  @TempDir Path folder;
  private Path bare;
  private Path out;

  /** Weights of a ResNet-20 of seven classes, wrapped as torch.nn.DataParallel does. */
  @BeforeEach
  void write() {
    bare = folder.resolve("bare.pth");
    out = folder.resolve("out.safetensors");
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Models.resnet20(7).initialise(3).state().forEach((name, t) -> tensors.put("module." + name, t));
    new Safetensors(tensors, Map.of()).write(bare);
  }

  @Test
  void whatFitsIsWrittenWithItsNetwork() {
    Ran ran =
        Ran.of("import", bare, "--model", "resnet20", "--input", "3x40x36", "--out", out, "--json")
            .good();
    JsonNode json = ran.json();
    assertEquals("resnet20", json.path("model").asText());
    assertEquals(7, json.path("classes").asInt());
    assertEquals("module.", json.path("prefix").asText());
    assertEquals("safetensors", json.path("format").asText());
    assertEquals(97, json.path("matched").asInt());
    assertEquals(0, json.path("missing").size() + json.path("unexpected").size());
    assertTrue(ran.err().contains("resnet20 of 7 classes: 97 matched"), ran.err());
    Model written = Model.load(out);
    assertEquals(40, written.spec().height());
    assertEquals(
        Models.resnet20(7).initialise(3).state().get("conv1.weight").bytes(),
        written.state().get("conv1.weight").bytes());
  }

  @Test
  void anotherHeadOnlyWhenAsked() {
    Ran.of("import", bare, "--model", "resnet20", "--classes", 5, "--out", out)
        .bad(Main.BAD_INPUT, "fc.weight is [7,64], expected [5,64]", "--new-head would allow");
    assertFalse(Files.exists(out));
    JsonNode json =
        Ran.of(
                "import",
                bare,
                "--model",
                "resnet20",
                "--classes",
                5,
                "--new-head",
                "--out",
                out,
                "--json")
            .good()
            .json();
    assertEquals("fc.weight", json.path("mismatched").get(0).path("name").asText());
    assertEquals("[5,64]", json.path("mismatched").get(0).path("expected").toString());
    assertEquals(5, Model.load(out).spec().classes());
  }

  @Test
  void trainingAsksToo() throws IOException {
    Path data = TinyCifar.write(folder.resolve("data"), 4);
    Object[] train = {
      "train",
      "--model",
      "resnet20",
      "--data",
      Ran.cifar(data),
      "--batch",
      4,
      "--steps",
      1,
      "--init",
      bare,
      "--out",
      folder.resolve("run")
    };
    Ran.of(train).bad(Main.BAD_INPUT, "fc.weight is [7,64], expected [10,64]", "--new-head");
    Object[] asked = java.util.Arrays.copyOf(train, train.length + 1);
    asked[train.length] = "--new-head";
    assertTrue(Ran.of(asked).good().err().contains("95 matched"));
  }

  @Test
  void whatDoesNotFitIsRefused() throws IOException {
    Ran.of("import", bare, "--model", "resnet32", "--out", out)
        .bad(Main.BAD_INPUT, "missing", "--ignore-missing would allow");
    Ran.of("import", bare, "--model", "resnet20", "--out", folder.resolve("no/out"))
        .bad(Main.BAD_INPUT, "--out", "there is no folder");
    Ran.of("import", bare, "--model", "resnet20", "--out", folder)
        .bad(Main.BAD_INPUT, "is a folder");
    Ran.of("import", folder.resolve("none.pth"), "--model", "resnet20", "--out", out)
        .bad(Main.BAD_INPUT, "none.pth", "no such file");
    Path pickle = Files.write(folder.resolve("old.pth"), new byte[] {(byte) 0x80, 2, '}', '.'});
    Ran.of("import", pickle, "--model", "resnet20", "--out", out)
        .bad(Main.BAD_INPUT, "a pickle of something else");
    Ran.of("eval", "--weights", pickle, "--model", "resnet20", "--data", "synthetic")
        .bad(Main.BAD_INPUT, "a pickle of something else");
    assertFalse(Files.exists(out));
  }
}
