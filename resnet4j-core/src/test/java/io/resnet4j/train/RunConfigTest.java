package io.resnet4j.train;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.FolderOptions;
import io.resnet4j.data.PictureFolders;
import io.resnet4j.data.Synthetic;
import io.resnet4j.plan.Precision;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** A resumed run knows its data again, every picture of it, and says what has changed. */
class RunConfigTest extends RunTests {
  private static final Dataset DRAWN = Synthetic.draw(220, 1, 1).train();

  /** Drawn pictures, one of them replaced by another of its class; none where that is negative. */
  private static DataSplits held(int size, int replaced) {
    int[] indices = IntStream.range(0, size).map(i -> i == replaced ? 200 + i : i).toArray();
    Dataset data = DRAWN.subset(indices);
    return new DataSplits(data, Optional.empty(), Optional.empty(), "held", List.of());
  }

  private ObjectNode config(DataSplits data) {
    return RunConfig.of(
        Stripes.network().initialise(3),
        Stripes.recipe(),
        Precision.F32,
        options("run"),
        data,
        data.holdOut(0.1, 3),
        Optional.empty());
  }

  private static String refused(ObjectNode then, ObjectNode now) {
    String message =
        assertThrows(
                InvalidInputException.class,
                () -> RunConfig.requireSame(Path.of("config.json"), then, now))
            .getMessage();
    assertFalse(message.contains("\n"), message);
    return message;
  }

  private static void same(ObjectNode then, ObjectNode now) {
    assertDoesNotThrow(() -> RunConfig.requireSame(Path.of("config.json"), then, now));
  }

  /** As the program wrote it when it looked at some pictures only. */
  private static ObjectNode older(ObjectNode config) {
    ObjectNode copy = config.deepCopy();
    ObjectNode data = (ObjectNode) copy.get("data");
    data.remove(List.of("train_contents", "val_contents", "test_contents"));
    return copy;
  }

  @Test
  void everyPictureInMemoryIsLookedAt() {
    ObjectNode then = config(held(200, -1));
    ObjectNode now = config(held(200, 1));
    // The first picture of 200 is not among those that are sampled.
    assertEquals(
        then.path("data").path("train_fingerprint"), now.path("data").path("train_fingerprint"));
    String message = refused(then, now);
    assertTrue(
        message.contains(
            "data.train_contents.pixels: pixels of the training pictures have changed"),
        message);
    same(then, config(held(200, -1)));
    same(older(then), now);
    String sampled = refused(older(then), config(held(200, 0)));
    assertTrue(
        sampled.contains(
            "data.train_fingerprint: labels or pixels of the training pictures have changed"),
        sampled);
    String fewer = refused(then, config(held(190, -1)));
    assertTrue(fewer.contains("data.train (number of training pictures) was 180, is 171"), fewer);
  }

  private Path folder(String name, String... classes) throws Exception {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
    Path root = temp.resolve(name);
    for (String each : classes) {
      Path folder = Files.createDirectories(root.resolve("train").resolve(each));
      for (int i = 0; i < 40; i++) {
        ImageIO.write(image, "png", folder.resolve("p" + (10 + i) + ".png").toFile());
      }
    }
    return root;
  }

  private static Optional<String> changed(ObjectNode then, Path root) {
    return TrainedPictures.changed(
        then, PictureFolders.open(root, FolderOptions.usual()).framed(4, 4, 4).train());
  }

  private ObjectNode config(Path root) {
    return config(PictureFolders.open(root, FolderOptions.usual()));
  }

  @Test
  void filesAreKnownByNamesAndSizes() throws Exception {
    Path root = folder("then", "a", "b");
    ObjectNode then = config(root);
    // A copy elsewhere, written at another time.
    same(then, config(folder("copy", "a", "b")));
    assertEquals(Optional.empty(), changed(then, root));
    Path changed = root.resolve("train/a/p11.png");
    // What follows the end of a picture changes the file and no pixel.
    Files.write(changed, new byte[9], java.nio.file.StandardOpenOption.APPEND);
    String size = refused(then, config(root));
    assertTrue(
        size.contains("data.train_contents.sizes: file sizes of the training pictures"), size);
    assertFalse(size.contains("names") || size.contains("labels"), size);
    same(older(then), config(root));
    assertEquals(Optional.of("the sizes of the files"), changed(then, root));
    assertEquals(Optional.empty(), changed(older(then), root));
    Path copy = temp.resolve("copy/train/a");
    Files.move(copy.resolve("p11.png"), copy.resolve("p11b.png"));
    String name = refused(then, config(temp.resolve("copy")));
    assertTrue(name.contains("data.train_contents.names: file names of the training"), name);
    String classes = refused(then, config(folder("classes", "a", "c")));
    assertTrue(classes.contains("data.classes: 2 then, 2 now, gone: b, new: c"), classes);
  }
}
