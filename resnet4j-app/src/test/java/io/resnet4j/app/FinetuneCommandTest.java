package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FinetuneCommandTest {
  @TempDir Path folder;

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
      "--json"
    };
    JsonNode json = Ran.of(arguments).good().json();
    assertTrue(json.path("test_acc").isNumber(), json.toString());
    assertEquals(10, json.path("test").path("n").asInt());
    for (String file :
        List.of("model.safetensors", "MODEL_CARD.md", "report.html", "eval/eval.html")) {
      assertTrue(Files.isRegularFile(out.resolve(file)), file);
    }
    Ran.of(arguments).bad(Main.BAD_INPUT, "not empty", "--resume");
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
