package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.data.Picture;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trains a little once, and reads what that leaves with every other command. */
class TrainCommandTest {
  @TempDir static Path folder;
  private static Path data;
  private static Path run;
  private static Ran trained;

  @BeforeAll
  static void train() throws IOException {
    data = TinyCifar.write(folder.resolve("data"), 20);
    run = folder.resolve("run");
    trained = Ran.of(arguments(run, "--epochs", "2", "--json"));
  }

  private static Object[] arguments(Path out, Object... more) {
    List<Object> fixed =
        List.of(
            "train",
            "--model",
            "resnet20",
            "--data",
            Ran.cifar(data),
            "--batch",
            "16",
            "--precision",
            "f32",
            "--val-split",
            "0.2",
            "--out",
            out);
    return Stream.concat(fixed.stream(), Stream.of(more)).toArray();
  }

  @Test
  void theResultHasEveryFieldOfTheContract() {
    JsonNode result = trained.good().json();
    for (String field :
        List.of(
            "run",
            "epochs",
            "steps",
            "seconds",
            "train_loss",
            "val_loss",
            "val_acc",
            "best_val_acc",
            "test_acc",
            "images_per_s")) {
      assertTrue(result.hasNonNull(field), field);
    }
    assertEquals(2, result.path("epochs").asInt());
    assertEquals(10, result.path("steps").asInt());
    assertEquals(run.toString(), result.path("run").asText());
  }

  @Test
  void aTeacherAndAnAverageCanBeAskedFor() {
    Path taught = run.resolveSibling("taught");
    Ran ran =
        Ran.of(
            arguments(
                taught,
                "--epochs",
                "1",
                "--teacher",
                run.resolve("last.safetensors"),
                "--set",
                "ema=0.9",
                "--set",
                "optimiser=adamw",
                "--json"));
    assertEquals("ema", ran.good().json().path("weights").asText());
    assertTrue(ran.err().contains("ema_val_acc"), ran.err());
  }

  @Test
  void progressIsALineAnEpochOnStandardError() {
    List<String> lines = trained.err().lines().filter(line -> line.startsWith("epoch ")).toList();
    assertEquals(2, lines.size(), trained.err());
    assertTrue(lines.get(0).startsWith("epoch 1/2  loss "));
    assertTrue(lines.get(0).contains("left ") && lines.get(0).contains("img/s"));
  }

  @Test
  void theRunFolderIsWhole() {
    for (String file :
        List.of(
            "config.json",
            "metrics.jsonl",
            "last.ckpt",
            "best.safetensors",
            "last.safetensors",
            "result.json",
            "report.html")) {
      assertTrue(Files.isRegularFile(run.resolve(file)), file);
    }
    String events = "events\\.out\\.tfevents\\.\\d+\\.resnet4j";
    String[] names = run.toFile().list();
    assertTrue(Arrays.stream(names).anyMatch(name -> name.matches(events)));
  }

  @Test
  void theReportStandsAlone() throws IOException {
    String page = Files.readString(run.resolve("report.html"));
    assertFalse(page.contains("{{"), "a placeholder is left");
    assertFalse(page.contains("src=") || page.contains("href="), "it asks for other files");
    assertTrue(page.contains("<h3>Loss</h3>") && page.contains("<canvas tabindex=0"));
    assertTrue(page.contains("prefers-color-scheme") && page.contains("@media print"));
    assertTrue(page.contains("layer3.2.conv2") && page.contains("recipe.learningRate"));
    assertTrue(page.contains("held out of the training set"));
    assertTrue(page.contains("<pre>./resnet4j train --model resnet20 --data cifar10:"), "command");
    JsonNode numbers = Json.MAPPER.readTree(run.resolve("report.json").toFile());
    assertEquals(2, numbers.at("/charts/0/series/1/y").size());
    assertEquals(
        trained.json().path("val_loss"), numbers.at("/charts/0/series/1/y/1"), "the last epoch's");
    assertEquals(trained.json().path("test_acc"), numbers.at("/runs/0/test_acc"));
    assertTrue(Files.readString(run.resolve("report.csv")).contains("\nLoss,held out,epoch,2.0,"));
  }

  @Test
  void severalRunsLieOverEachOther() throws IOException {
    Path other = folder.resolve("a<b");
    Ran.of(arguments(other, "--steps", "5", "-q")).good();
    Path page = folder.resolve("both/overlay.html");
    Ran made = Ran.of("report", run, other, "--out", page).good();
    assertEquals(page.toString(), made.out().strip());
    String text = Files.readString(page);
    assertTrue(text.contains("a&lt;b") && text.contains("a\\u003cb"));
    assertFalse(text.contains("a<b"));
    assertTrue(text.contains("class=differs"));
  }

  @Test
  void quietSaysNothing() {
    Ran ran = Ran.of(arguments(folder.resolve("quiet"), "--steps", "1", "-q")).good();
    assertEquals("", ran.err());
    assertTrue(ran.out().contains("test_acc"));
  }

  @Test
  void evaluationAgreesWithTheRun() {
    JsonNode test =
        Ran.of("eval", "--weights", run.resolve("last.safetensors"), "--data", data, "--json")
            .good()
            .json();
    assertEquals(20, test.path("n").asInt());
    assertEquals(trained.json().path("test_acc").asDouble(), test.path("top1").asDouble(), 1e-9);
    assertTrue(test.hasNonNull("top5") && test.hasNonNull("loss"));
    JsonNode held =
        Ran.of(
                "eval",
                "--weights",
                run.resolve("best.safetensors"),
                "--data",
                data,
                "--split",
                "val",
                "--json")
            .good()
            .json();
    assertEquals(20, held.path("n").asInt());
    assertEquals(
        trained.json().path("best_val_acc").asDouble(), held.path("top1").asDouble(), 1e-9);
  }

  @Test
  void predictsJpegAndPng() throws IOException {
    Path png = picture("p.png", "png", 40, 33);
    Path jpeg = picture("p.jpg", "jpg", 64, 200);
    Path labels = folder.resolve("labels.txt");
    Files.write(labels, List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"));
    Ran ran =
        Ran.of(
                "predict",
                "--weights",
                run.resolve("last.safetensors"),
                "--top",
                "3",
                "--labels",
                labels,
                "--json",
                png,
                jpeg)
            .good();
    List<String> lines = ran.out().lines().toList();
    assertEquals(2, lines.size());
    JsonNode first = Json.MAPPER.readTree(lines.get(0));
    assertEquals(png.toString(), first.path("file").asText());
    assertEquals(3, first.path("top").size());
    assertTrue(first.path("top").get(0).path("class").asText().matches("[a-j]"));
    assertTrue(
        first.path("top").get(0).path("probability").asDouble()
            >= first.path("top").get(1).path("probability").asDouble());
  }

  @Test
  void picturesThatCannotBeUsedAreLeftOut() throws IOException {
    Path good = picture("good.png", "png", 32, 32);
    Path torn = folder.resolve("torn.png");
    Files.write(torn, java.util.Arrays.copyOf(Files.readAllBytes(good), 60));
    Ran ran = Ran.of("predict", "--weights", run.resolve("last.safetensors"), "--json", torn, good);
    assertEquals(Main.BAD_INPUT, ran.status());
    assertTrue(ran.err().startsWith("error: " + torn), ran.err());
    assertEquals(good.toString(), ran.json().path("file").asText());
  }

  @Test
  void aModelCanBeNamedForBareWeights() throws IOException {
    Path bare = folder.resolve("bare.safetensors");
    io.resnet4j.interop.Safetensors read =
        io.resnet4j.interop.Safetensors.read(run.resolve("last.safetensors"));
    new io.resnet4j.interop.Safetensors(read.tensors(), java.util.Map.of()).write(bare);
    Ran.of("eval", "--weights", bare, "--data", data).bad(Main.BAD_INPUT, "--model");
    Ran ran = Ran.of("eval", "--weights", bare, "--model", "resnet20", "--data", data).good();
    assertTrue(ran.err().contains("normalised"));
    Ran.of("eval", "--weights", bare, "--model", "resnet32", "--data", data)
        .bad(Main.BAD_INPUT, "do not fit");
    Ran.of("eval", "--weights", bare, "--model", "resnet20", "--data", data, "--split", "val")
        .bad(Main.BAD_INPUT, "held out");
    Path png = picture("bare.png", "png", 50, 50);
    assertTrue(
        Ran.of("predict", "--weights", bare, "--model", "resnet20", png)
            .good()
            .out()
            .startsWith(png + ": "));
  }

  @Test
  void trainingBeginsWithGivenWeights() {
    Ran ran =
        Ran.of(
                arguments(
                    folder.resolve("init"),
                    "--steps",
                    "1",
                    "--init",
                    run.resolve("last.safetensors")))
            .good();
    assertTrue(ran.err().contains(" matched"), ran.err());
  }

  @Test
  void aFinishedRunCanBeResumedToNoEffect() {
    Ran again = Ran.of(arguments(run, "--epochs", "2", "--json", "--resume")).good();
    assertEquals(
        trained.json().path("test_acc").asDouble(), again.json().path("test_acc").asDouble());
    Ran.of(arguments(run, "--epochs", "3", "--resume")).bad(Main.BAD_INPUT, "begun otherwise");
  }

  private static Path picture(String name, String format, int width, int height)
      throws IOException {
    Path file = folder.resolve(name);
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < width * height; i++) {
      image.setRGB(i % width, i / width, i * 977);
    }
    assertTrue(ImageIO.write(image, format, file.toFile()), Picture.class.getName());
    return file;
  }
}
