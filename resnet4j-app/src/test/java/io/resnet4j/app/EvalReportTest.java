package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvalReportTest {
  @TempDir Path folder;

  @Test
  void theReportSaysWhatScriptsAndPeopleNeed() throws Exception {
    Path data = TinyCifar.write(folder.resolve("data"), 20);
    Path weights = GuardsTest.trained(folder, data, "--steps", "2");
    Path out = folder.resolve("report");
    JsonNode json =
        Ran.of(
                "eval",
                "--weights",
                weights,
                "--data",
                Ran.cifar(data),
                "--calibrate",
                "--top",
                3,
                "--report",
                out,
                "--json")
            .good()
            .json();
    assertEquals(20, json.path("n").asInt());
    assertTrue(json.path("top1_interval").get(0).asDouble() <= json.path("top1").asDouble());
    assertTrue(json.path("top1_interval").get(1).asDouble() >= json.path("top1").asDouble());
    assertTrue(json.path("top3").asDouble() >= json.path("top1").asDouble());
    assertTrue(json.path("temperature").asDouble() > 0);
    assertEquals(10, json.path("classes").size());
    assertEquals(json, Json.MAPPER.readTree(Files.readString(out.resolve("eval.json"))));
    List<String> confusion = Files.readAllLines(out.resolve("confusion.csv"));
    assertEquals(11, confusion.size());
    int pictures =
        confusion.stream()
            .skip(1)
            .flatMap(line -> List.of(line.split(",")).stream().skip(1))
            .mapToInt(Integer::parseInt)
            .sum();
    assertEquals(20, pictures);
    assertEquals(11, Files.readAllLines(out.resolve("classes.csv")).size());
    String mistakes = Files.readString(out.resolve("mistakes.csv"));
    assertTrue(mistakes.contains("CIFAR-10 test "), mistakes);
    String page = Files.readString(out.resolve("eval.html"));
    assertFalse(page.matches("(?s).*(src|href)=\"?http.*"), "it stands alone");
    assertFalse(page.contains("{{"), "every place is filled");
    assertTrue(page.contains("<canvas tabindex=0") && page.contains("at temperature "), "charts");
    assertTrue(page.contains("src=\"data:image/png;base64,"), "pictures");
    Ran.of("eval", "--weights", weights, "--data", Ran.cifar(data), "--split", "val").good();
    Path more = TinyCifar.write(folder.resolve("more"), 30);
    Ran.of("eval", "--weights", weights, "--data", Ran.cifar(more), "--split", "val")
        .bad(Main.BAD_INPUT, "have changed since", "--split test");
    Ran.of("eval", "--weights", weights, "--data", Ran.cifar(data), "--split", "val", "--calibrate")
        .bad(Main.BAD_INPUT, "--calibrate");
    String words = Ran.of("eval", "--weights", weights, "--data", Ran.cifar(data)).good().out();
    assertTrue(words.contains("95 %:") && words.contains("ECE"), words);
  }

  @Test
  void picturesOfAFoldersOwnValidationAreCalledSo() throws Exception {
    Path weights = GuardsTest.rehearsed(folder, TinyCifar.write(folder.resolve("data"), 20));
    Path pictures = folder.resolve("pictures");
    String[] classes = "airplane automobile bird cat deer dog frog horse ship truck".split(" ");
    for (String part : List.of("train", "val")) {
      for (String name : classes) {
        Path file =
            Files.createDirectories(pictures.resolve(part).resolve(name)).resolve("one.png");
        ImageIO.write(new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB), "png", file.toFile());
      }
    }
    Path out = folder.resolve("report");
    Ran.of(
            "eval",
            "--weights",
            weights,
            "--data",
            "folder:" + pictures,
            "--split",
            "val",
            "--report",
            out)
        .good();
    String page = Files.readString(out.resolve("eval.html"));
    assertTrue(page.contains("10 validation pictures"), "what it was evaluated on");
    assertFalse(page.contains("test pictures"), "what it was not");
  }
}
