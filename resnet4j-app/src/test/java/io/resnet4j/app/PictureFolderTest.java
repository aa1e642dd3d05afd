package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder of pictures from training to prediction. */
class PictureFolderTest {
  @TempDir static Path folder;
  private static Path data;
  private static Path run;
  private static Ran trained;

  @BeforeAll
  static void train() throws IOException {
    data = TinyFolder.write(folder.resolve("data"), 12);
    run = folder.resolve("run");
    trained = Ran.of(arguments(data, run, "--json"));
  }

  private static Object[] arguments(Path from, Path to, Object... more) {
    List<Object> all =
        new java.util.ArrayList<>(
            List.of(
                "train",
                "--model",
                "resnet20",
                "--data",
                from,
                "--epochs",
                4,
                "--batch",
                8,
                "--precision",
                "f32",
                "--out",
                to,
                "--set",
                "size=32",
                "--set",
                "resize=36",
                "--set",
                "labelSmoothing=0"));
    all.addAll(List.of(more));
    return all.toArray();
  }

  @Test
  void trainsWithItsOwnSplits() throws IOException {
    JsonNode result = trained.good().json();
    assertTrue(trained.err().contains("24 training, 24 validation and 24 test pictures"));
    assertFalse(trained.err().contains("no test was made"), trained.err());
    assertTrue(result.path("test_acc").asDouble() >= 0.9, trained.out());
    assertTrue(result.path("best_val_acc").asDouble() >= 0.9, trained.out());
    JsonNode config = Json.MAPPER.readTree(run.resolve("config.json").toFile());
    assertEquals("folder-default", config.path("recipe").path("name").asText());
    assertEquals("3x32x32", config.path("data").path("picture").asText());
    assertEquals(
        "randomResizedCrop(0.08,1,0.75,1.3333333333333333)",
        config.path("recipe").path("augment").path("list").get(0).asText());
  }

  @Test
  void weightsSayHowPicturesAreSeenAndWhatTheyShow() {
    Path weights = run.resolve("last.safetensors");
    JsonNode test = Ran.of("eval", "--weights", weights, "--data", data, "--json").good().json();
    assertEquals(24, test.path("n").asInt());
    assertEquals(trained.json().path("test_acc").asDouble(), test.path("top1").asDouble(), 1e-9);
    JsonNode val =
        Ran.of("eval", "--weights", weights, "--data", data, "--split", "val", "--json")
            .good()
            .json();
    assertEquals(24, val.path("n").asInt());
    for (String views : List.of("flip", "crops")) {
      JsonNode seen =
          Ran.of("eval", "--weights", weights, "--data", data, "--tta", views, "--json")
              .good()
              .json();
      assertEquals(24, seen.path("n").asInt());
      assertTrue(seen.path("top1").asDouble() >= 0.9, views);
    }
    Ran.of("eval", "--weights", weights, "--data", data, "--tta", "flop")
        .bad(Main.BAD_INPUT, "did you mean 'flip'");
    Path light = data.resolve("test/light/1.jpg");
    JsonNode first = Ran.of("predict", "--weights", weights, "--json", light).good().json();
    assertEquals("light", first.path("top").get(0).path("class").asText());
  }

  @Test
  void badPicturesFailOrAreLeftOut() throws IOException {
    Path other = TinyFolder.write(folder.resolve("other"), 5);
    Files.write(other.resolve("train/dark/zero.png"), new byte[0]);
    Path out = folder.resolve("other-run");
    Ran.of(arguments(other, out, "--steps", 1)).bad(Main.BAD_INPUT, "--epochs and --steps");
    Ran.of(arguments(other, out, "--min-delta", 0.01))
        .bad(Main.BAD_INPUT, "--min-delta", "--patience");
    Ran.of("train", "--model", "resnet20", "--data", "folder:" + other, "--out", out)
        .bad(Main.BAD_INPUT, "zero.png: is empty", "--on-bad-image skip");
    assertFalse(Files.exists(out));
    Ran.of("preview", "--data", other, "--on-bad-image", "drop", "--out", out)
        .bad(Main.BAD_INPUT, "--on-bad-image drop");
    Files.move(other.resolve("test"), other.resolve("unused"));
    Ran ran = Ran.of(arguments(other, out, "--on-bad-image", "skip", "--json")).good();
    assertTrue(ran.err().contains("warning: ") && ran.err().contains("zero.png"), ran.err());
    assertTrue(ran.json().path("test_acc").isNull(), ran.out());
    assertTrue(ran.err().contains("no test was made: the data has no test set"), ran.err());
    Path weights = out.resolve("last.safetensors");
    Ran.of("eval", "--weights", weights, "--data", other, "--on-bad-image", "skip")
        .bad(Main.BAD_INPUT, "has no test set");
  }

  @Test
  void previewShowsEveryRowAndColumn() throws IOException {
    Path out = folder.resolve("deep/sheet.png");
    Ran ran =
        Ran.of(
                "preview",
                "--data",
                data,
                "--out",
                out,
                "--rows",
                3,
                "--columns",
                4,
                "--set",
                "size=32",
                "--set",
                "mixup=0.2",
                "--set",
                "augment=randomResizedCrop,trivialAugment")
            .good();
    assertEquals(out.toString(), ran.out().strip());
    BufferedImage sheet = ImageIO.read(out.toFile());
    assertEquals(5 * 36 + 4, sheet.getWidth());
    assertEquals(3 * 36 + 4, sheet.getHeight());
    assertEquals(0xffffffff, sheet.getRGB(1, 1));
    Ran.of("preview", "--data", "synthetic", "--out", out, "--recipe", "cifar10-default").good();
    assertEquals(9 * 36 + 4, ImageIO.read(out.toFile()).getWidth());
    Ran.of("preview", "--data", "synthetic", "--out", out, "--rows", 0)
        .bad(Main.BAD_INPUT, "--rows 0");
    Ran.of("preview", "--data", "synthetic", "--out", folder).bad(Main.BAD_INPUT, "--out");
  }
}
