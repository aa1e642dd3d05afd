package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What keeps a night from being lost. */
class GuardsTest {
  static final String SMALL =
      "{\"base\":\"resnet20\",\"blocks\":[1,1,1],\"stem\":{\"width\":8},\"widths\":[8,16,32]}";

  /** Weights of a small network that has seen two batches of {@code data}. */
  static Path rehearsed(Path folder, Path data) throws IOException {
    return trained(folder, data, "--fast-dev-run");
  }

  /** Weights of a network that is trained as briefly as {@code briefly} says. */
  static Path trained(Path folder, Path data, String... briefly) throws IOException {
    Path model = Files.writeString(folder.resolve("small.json"), SMALL);
    Path run = folder.resolve("run");
    List<Object> line = new ArrayList<>(List.of("train", "--model", model));
    line.addAll(List.of("--data", Ran.cifar(data), "--batch", 20, "--precision", "f32"));
    line.addAll(List.of("--autotune", "off", "--out", run));
    line.addAll(List.of(briefly));
    Ran.of(line.toArray()).good();
    return run.resolve("last.safetensors");
  }

  @TempDir Path folder;
  private List<Object> common = List.of();

  @BeforeEach
  void prepare() throws IOException {
    Path model = Files.writeString(folder.resolve("small.json"), SMALL);
    Path data = TinyCifar.write(folder.resolve("data"), 20);
    common =
        List.of(
            "--model",
            model,
            "--data",
            Ran.cifar(data),
            "--precision",
            "f32",
            "--autotune",
            "off",
            "--workers",
            0);
  }

  private Ran run(String command, Object... more) {
    List<Object> all = new ArrayList<>(List.of(command));
    all.addAll(common);
    all.addAll(List.of(more));
    return Ran.of(all.toArray());
  }

  @Test
  void lrFindSuggestsAndDraws() throws Exception {
    Path out = folder.resolve("lr");
    JsonNode json =
        run("lr-find", "--batch", 16, "--steps", 30, "--out", out, "--json").good().json();
    assertTrue(json.path("suggestion").asDouble() > 1e-5);
    assertTrue(json.path("points").size() > 10);
    assertEquals(
        json.path("points").size() + 1, Files.readAllLines(out.resolve("lr-find.csv")).size());
    DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(out.resolve("lr-find.svg").toFile());
    run("lr-find", "--batch", 16, "--from", 1, "--to", 0.1).bad(Main.BAD_INPUT, "lower first");
    run("lr-find", "--batch", "many").bad(Main.BAD_INPUT, "--batch many", "auto");
  }

  @Test
  void aRehearsalRunsThroughEverything() {
    Path out = folder.resolve("run");
    Ran ran = run("train", "--fast-dev-run", "--batch", "auto", "--out", out, "--json").good();
    JsonNode json = ran.json();
    // As many pictures as there are in a batch: the second of an epoch repeats them.
    assertEquals(4, json.path("steps").asInt());
    assertEquals(2, json.path("epochs").asInt());
    assertTrue(json.path("test_acc").isNumber() && json.path("val_acc").isNumber());
    assertTrue(ran.err().contains("batch auto: 90 pictures"), ran.err());
    for (String file :
        List.of(
            "last.ckpt", "before-1.ckpt", "best.safetensors", "last.safetensors", "report.html")) {
      assertTrue(Files.isRegularFile(out.resolve(file)), file);
    }
    run("train", "--fast-dev-run", "--overfit-batches", 1).bad(Main.BAD_INPUT, "one of them");
  }

  @Test
  void batchesAreLearnedByHeartOrNot() {
    Ran ran =
        run(
                "train",
                "--overfit-batches",
                1,
                "--batch",
                20,
                "--steps",
                60,
                "--out",
                folder.resolve("a"),
                "--json")
            .good();
    assertTrue(ran.err().contains("overfit check: passed"), ran.err());
    assertTrue(ran.json().path("test_acc").isNull(), "the test set is not touched");
    Ran failed =
        run(
            "train",
            "--overfit-batches",
            2,
            "--batch",
            20,
            "--lr",
            "1e-9",
            "--steps",
            4,
            "--out",
            folder.resolve("b"));
    assertEquals(Main.FAILED, failed.status());
    assertTrue(failed.err().contains("overfit check: failed"), failed.err());
    assertFalse(failed.err().contains("Exception"), failed.err());
    run("train", "--overfit-batches", 50, "--batch", 20).bad(Main.BAD_INPUT, "give fewer");
  }
}
