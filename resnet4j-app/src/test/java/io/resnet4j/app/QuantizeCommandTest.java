package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.model.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuantizeCommandTest {
  @TempDir Path folder;
  private Path weights;
  private Path out;
  private String data;

  @BeforeEach
  void save() throws IOException {
    weights = folder.resolve("m.safetensors");
    out = folder.resolve("q.safetensors");
    data = "cifar10:" + TinyCifar.write(folder.resolve("data"), 10);
    Models.resnet("resnet20").withBlocks(List.of(1, 1, 1)).initialise(1).save(weights);
  }

  @Test
  void aNetworkIsQuantisedEvaluatedMeasuredAndExported() {
    JsonNode made =
        Ran.of(
                "quantize",
                "--weights",
                weights,
                "--data",
                data,
                "--out",
                out,
                "--samples",
                8,
                "--json")
            .good()
            .json();
    assertEquals("resnet20", made.path("model").asText());
    assertEquals(10, made.path("n").asInt());
    assertEquals("entropy", made.path("method").asText());
    int layers = made.path("layers").asInt() + made.path("kept").size();
    assertEquals(8, layers);
    assertEquals(8, made.path("damage").size());
    JsonNode seen = Ran.of("eval", "--weights", out, "--data", data, "--json").good().json();
    assertEquals(made.path("top1").asDouble(), seen.path("top1").asDouble());
    Path onnx = folder.resolve("q.onnx");
    assertTrue(
        Ran.of("export", out, "--onnx", onnx, "--json").good().json().path("folded").asBoolean());
    assertTrue(Files.exists(onnx));
    JsonNode speed =
        Ran.of(
                "bench",
                "--weights",
                out,
                "--mode",
                "infer",
                "--precision",
                "int8",
                "--batch",
                2,
                "--steps",
                2,
                "--warmup",
                1,
                "--json")
            .good()
            .json();
    assertEquals("int8", speed.path("precision").asText());
    assertTrue(speed.path("images_per_s_median").asDouble() > 0);
    assertTrue(
        Ran.of(
                "quantize",
                "--weights",
                weights,
                "--data",
                data,
                "--out",
                out,
                "--samples",
                8,
                "--keep",
                "first,last",
                "--method",
                "minmax")
            .good()
            .out()
            .contains("kept in f32: conv1, fc"));
  }

  @Test
  void mistakesAreOneLineAndLeaveNothing() {
    List<Object> given = List.of("quantize", "--weights", weights, "--data", data, "--out", out);
    Ran.of(with(given, "--method", "best")).bad(Main.BAD_INPUT, "method 'best'", "entropy");
    Ran.of(with(given, "--keep", "all")).bad(Main.BAD_INPUT, "--keep all");
    Ran.of(with(given, "--samples", 0)).bad(Main.BAD_INPUT, "--samples 0");
    Ran.of("bench", "--model", "resnet20", "--batch", 2, "--precision", "int8")
        .bad(Main.BAD_INPUT, "only with --mode infer");
    Ran.of("bench", "--batch", 2).bad(Main.BAD_INPUT, "either --model or --weights");
    assertFalse(Files.exists(out));
    Ran.of(with(given, "--samples", 4, "--keep", "none")).good();
    Ran.of("quantize", "--weights", out, "--data", data, "--out", folder.resolve("again"))
        .bad(Main.BAD_INPUT, "is quantised already");
    Ran.of("eval", "--weights", out, "--data", data, "--precision", "f32")
        .bad(Main.BAD_INPUT, "runs in int8");
    Ran.of("eval", "--weights", weights, "--data", data, "--precision", "int8")
        .bad(Main.BAD_INPUT, "not quantised");
    Ran.of("export", weights, "--onnx", folder.resolve("m.onnx")).good();
  }

  private static Object[] with(List<Object> given, Object... more) {
    List<Object> all = new java.util.ArrayList<>(given);
    all.addAll(List.of(more));
    return all.toArray();
  }
}
