package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.model.Model;
import io.resnet4j.model.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxCommandsTest {
  @TempDir Path folder;
  private Path weights;
  private Path onnx;
  private Path back;
  private Model model;

  @BeforeEach
  void save() {
    weights = folder.resolve("m.safetensors");
    onnx = folder.resolve("m.onnx");
    back = folder.resolve("back.safetensors");
    model =
        Models.resnet("resnet20")
            .withBlocks(List.of(1, 1, 1))
            .withClasses(2)
            .initialise(1)
            .withClassNames(List.of("cat", "dog"));
    model.save(weights);
  }

  @Test
  void exportAndImportKeepTheModel() throws IOException {
    JsonNode exported = Ran.of("export", weights, "--onnx", onnx, "--json").good().json();
    assertEquals("resnet20", exported.path("model").asText());
    assertEquals("3x32x32", exported.path("input").asText());
    assertFalse(exported.path("folded").asBoolean());
    JsonNode imported = Ran.of("import", onnx, "--out", back, "--json").good().json();
    assertEquals(model.spec().counts().parameters(), imported.path("parameters").asLong());
    assertEquals(-1, Files.mismatch(weights, back));
    assertTrue(
        Ran.of("export", weights, "--onnx", onnx, "--fold").good().out().contains("resnet20"));
    assertTrue(Ran.of("import", onnx, "--out", back).good().out().contains("3x32x32"));
    Model folded = Model.load(back);
    assertEquals(model.classNames(), folded.classNames());
    assertFalse(folded.state().containsKey("bn1.weight"));
    assertTrue(folded.state().containsKey("conv1.bias"));
  }

  @Test
  void mistakesAreOneLineAndLeaveNothing() throws IOException {
    Ran.of("export", weights).bad(Main.BAD_INPUT, "--onnx");
    Ran.of("export", weights, "--onnx", onnx, "--opset", "9")
        .bad(Main.BAD_INPUT, "opset 9", "13 to 22");
    Ran.of("export", folder.resolve("none"), "--onnx", onnx).bad(Main.BAD_INPUT, "none");
    Ran.of("export", weights, "--onnx", folder.resolve("no/m.onnx"))
        .bad(Main.BAD_INPUT, "no folder");
    Ran.of("export", weights, "--onnx", folder).bad(Main.BAD_INPUT, "is a folder");
    Ran.of("export", weights, "--onnx", onnx, "--model", "resnet20").bad(Main.BAD_INPUT, "missing");
    Ran.of("import", weights, "--out", back).bad(Main.BAD_INPUT, "--model", "only ONNX files");
    Ran.of("import", onnx, "--out", back, "--model", "resnet20").bad(Main.BAD_INPUT, "leave out");
    Files.write(onnx, new byte[] {1, 2, 3});
    Ran.of("import", onnx, "--out", back).bad(Main.BAD_INPUT, "m.onnx: not a valid ONNX file");
    assertFalse(Files.exists(back));
    Ran.of("import", folder.resolve("none.onnx"), "--out", back)
        .bad(Main.BAD_INPUT, "no such file");
  }
}
