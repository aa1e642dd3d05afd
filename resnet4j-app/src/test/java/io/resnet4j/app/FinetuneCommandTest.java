package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.backend.Backend;
import io.resnet4j.backend.Backends;
import io.resnet4j.plan.Precision;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FinetuneCommandTest {
  @TempDir Path folder;

  private Ran tuned(Path weights, Object data, Path out, Object... more) {
    List<Object> all =
        new ArrayList<>(
            List.of(
                "finetune",
                "--from",
                weights,
                "--data",
                data,
                "--out",
                out,
                "--epochs",
                1,
                "--workers",
                0,
                "--autotune",
                "off",
                "--json"));
    all.addAll(List.of(more));
    return Ran.of(all.toArray());
  }

  @Test
  void foldersOfClassesAreTestedOnWhatTheySetAside() throws Exception {
    Path weights = GuardsTest.rehearsed(folder, TinyCifar.write(folder.resolve("data"), 10));
    Path pictures = TinyFolder.plain(folder.resolve("pictures"), 15);
    Path out = folder.resolve("tuned");
    Ran ran = tuned(weights, "folder:" + pictures, out).good();
    assertTrue(ran.err().contains("test pictures (about a fifth of each class"), ran.err());
    assertFalse(ran.err().contains("no test was made"), ran.err());
    int tested = ran.json().path("test").path("n").asInt();
    assertTrue(tested >= 2 && tested <= 12, ran.out());
    assertTrue(Files.readString(out.resolve("MODEL_CARD.md")).contains("about a fifth"));
    // A folder with train/ alone has nothing to be tested on, which is said.
    Path whole = Files.createDirectories(folder.resolve("whole"));
    Files.move(pictures, whole.resolve("train"));
    Ran untested = tuned(weights, "folder:" + whole, folder.resolve("untested")).good();
    assertTrue(untested.err().contains("no test was made: the data has no test set"));
    assertTrue(untested.json().path("test_acc").isNull(), untested.out());
  }

  @Test
  void withNothingHeldOutAllLayersAreTrainedToTheEnd() throws Exception {
    Path weights = GuardsTest.rehearsed(folder, TinyCifar.write(folder.resolve("data"), 10));
    String pictures = "folder:" + TinyFolder.plain(folder.resolve("pictures"), 15);
    Path out = folder.resolve("tuned");
    tuned(weights, pictures, out, "--val-split", 0, "--patience", 3)
        .bad(Main.BAD_INPUT, "patience 3", "nothing is held out");
    assertFalse(Files.exists(out.resolve("head")), "the head was trained in vain");
    Ran ran = tuned(weights, pictures, out, "--val-split", 0).good();
    assertTrue(ran.err().contains("nothing is held out"), ran.err());
    assertTrue(ran.json().path("best_val_acc").isNull(), ran.out());
    assertTrue(ran.json().path("test_acc").isNumber(), ran.out());
    // Gone on with, it is the same fine-tuning.
    tuned(weights, pictures, out, "--val-split", 0, "--resume").good();
  }

  @Test
  void oneCommandFromWeightsToAModelCard() throws Exception {
    Path data = TinyCifar.write(folder.resolve("data"), 10);
    Path weights = GuardsTest.rehearsed(folder, data);
    Path out = folder.resolve("tuned");
    Object[] arguments = {
      "finetune",
      "--from",
      weights,
      "--data",
      Ran.cifar(data),
      "--out",
      out,
      "--epochs",
      2,
      "--batch",
      8,
      "--memory",
      "lean",
      "--autotune",
      "off",
      "--json"
    };
    JsonNode json = Ran.of(arguments).good().json();
    Backend engine = Backends.named(Backends.DEFAULT);
    boolean quick =
        engine.precisions().contains(Precision.BF16) && !engine.emulated().contains(Precision.BF16);
    for (String run : List.of("head", "all")) {
      JsonNode config = Json.MAPPER.readTree(out.resolve(run).resolve("config.json").toFile());
      assertEquals(8, config.path("recipe").path("batch").asInt());
      assertEquals("lean", config.path("memory").asText());
      // As the recipe says, where that is not slow here.
      assertEquals(quick ? "bf16" : "f32", config.path("precision").asText());
    }
    assertTrue(json.path("test_acc").isNumber(), json.toString());
    assertEquals(10, json.path("test").path("n").asInt());
    for (String file :
        List.of("model.safetensors", "MODEL_CARD.md", "report.html", "eval/eval.html")) {
      assertTrue(Files.isRegularFile(out.resolve(file)), file);
    }
    Ran.of(arguments).bad(Main.BAD_INPUT, "not empty", "--resume");
    tuned(weights, Ran.cifar(data), folder.resolve("b"), "--batch", "many")
        .bad(Main.BAD_INPUT, "--batch many", "auto");
    tuned(weights, Ran.cifar(data), folder.resolve("b"), "--batch", 0)
        .bad(Main.BAD_INPUT, "batch 0");
    Ran.of(
            "finetune",
            "--from",
            weights,
            "--data",
            Ran.cifar(data),
            "--out",
            folder.resolve("no"),
            "--resume")
        .bad(Main.BAD_INPUT, "no fine-tuning to resume");
    Ran.of(
            "finetune",
            "--from",
            "torchvision:resnet5",
            "--data",
            Ran.cifar(data),
            "--out",
            folder.resolve("x"))
        .bad(Main.BAD_INPUT, "resnet5");
  }
}
