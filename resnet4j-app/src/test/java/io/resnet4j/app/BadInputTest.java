package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What users get wrong: one clear line, the right status, nothing half-written. */
class BadInputTest {
  @TempDir Path folder;
  private Path data;
  private Path out;

  @BeforeEach
  void write() throws IOException {
    data = TinyCifar.write(folder.resolve("data"), 4);
    out = folder.resolve("out");
  }

  private Ran train(Object... more) {
    List<Object> fixed =
        List.of(
            "train",
            "--model",
            "resnet20",
            "--data",
            Ran.cifar(data),
            "--batch",
            "4",
            "--steps",
            "1",
            "--precision",
            "f32",
            "--out",
            out);
    return Ran.of(Stream.concat(fixed.stream(), Stream.of(more)).toArray());
  }

  private void leftNothing() {
    assertFalse(Files.exists(out), "a run that never began left its folder");
  }

  @Test
  void missingData() throws IOException {
    Files.delete(data.resolve("data_batch_3.bin"));
    train().bad(Main.BAD_INPUT, "data_batch_3.bin", "expected");
    Ran.of("train", "--model", "resnet20", "--data", "cifar10:" + folder.resolve("no"))
        .bad(Main.BAD_INPUT, "no");
    Ran.of("train", "--model", "resnet20", "--data", "cifra10:" + data)
        .bad(Main.BAD_INPUT, "did you mean 'cifar10'");
    leftNothing();
  }

  @Test
  void truncatedDataAndWrongRecordSize() throws IOException {
    Path file = data.resolve("test_batch.bin");
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 2 * TinyCifar.RECORD - 7));
    train().bad(Main.BAD_INPUT, "test_batch.bin", "6139 bytes", "multiple of 3073");
    Files.write(file, new byte[3074]);
    train().bad(Main.BAD_INPUT, "test_batch.bin", "CIFAR-100");
    leftNothing();
  }

  @Test
  void labelOutsideTheClasses() throws IOException {
    Path file = data.resolve("data_batch_2.bin");
    byte[] bytes = Files.readAllBytes(file);
    bytes[TinyCifar.RECORD] = 10;
    Files.write(file, bytes);
    train().bad(Main.BAD_INPUT, "data_batch_2.bin", "record 1 has label 10", "0 to 9");
  }

  @Test
  void unknownRecipeSettingBackendAndPrecision() {
    train("--recipe", "cifar10-defalt").bad(Main.BAD_INPUT, "did you mean 'cifar10-default'?");
    train("--set", "momentun=0.5").bad(Main.BAD_INPUT, "did you mean 'momentum'?");
    train("--set", "momentum").bad(Main.BAD_INPUT, "key=value");
    train("--backend", "cuda").bad(Main.BAD_INPUT, "backend 'cuda'");
    Ran.of("bench", "--model", "resnet20", "--batch", "1", "--precision", "f46")
        .bad(Main.BAD_INPUT, "f46");
    train("--epochs", "3").bad(Main.BAD_INPUT, "--epochs and --steps");
    train("--lr", "fast").bad(Main.BAD_INPUT, "fast");
    train("--workers", "-1").bad(Main.BAD_INPUT, "-1");
    train("--val-split", "1").bad(Main.BAD_INPUT, "1");
    leftNothing();
  }

  @Test
  void batchLargerThanTheDataSet() {
    for (int batch : new int[] {0, 64}) {
      Ran.of(
              "train",
              "--model",
              "resnet20",
              "--data",
              Ran.cifar(data),
              "--out",
              out,
              "--batch",
              batch)
          .bad(Main.BAD_INPUT, "batch " + batch, batch == 0 ? "at least 1" : "18 pictures");
    }
    leftNothing();
  }

  @Test
  void oneValueAChannel() {
    // ResNet-18 halves 32x32 five times, down to one pixel.
    Ran.of(
            "train",
            "--model",
            "resnet18",
            "--data",
            Ran.cifar(data),
            "--batch",
            "1",
            "--steps",
            "1",
            "--out",
            out)
        .bad(Main.BAD_INPUT, "one value per channel");
    leftNothing();
  }

  @Test
  void unwritableFolder() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    out = file;
    train().bad(Main.BAD_INPUT, "is a file");
    out = file.resolve("below");
    train().bad(Main.BAD_INPUT, "cannot be written");
    Path system = Path.of("/proc/resnet4j");
    Assumptions.assumeTrue(Files.isDirectory(system.getParent()), "no /proc here");
    out = system;
    train().bad(Main.BAD_INPUT, "cannot be written");
  }

  @Test
  void folderThatIsNotEmpty() throws IOException {
    Files.createDirectories(out);
    Path precious = Files.writeString(out.resolve("notes.txt"), "keep");
    train().bad(Main.BAD_INPUT, "not empty", "--resume");
    train("--resume").bad(Main.BAD_INPUT, "no run to resume");
    Ran.of("quickstart", "--out", out).bad(Main.BAD_INPUT, "not empty");
    assertEquals("keep", Files.readString(precious));
    Ran.of("train", "--model", "resnet20", "--data", "synthetic", "--resume")
        .bad(Main.BAD_INPUT, "--resume", "--out");
  }

  @Test
  void tooLittleMemorySaysHowMuchIsNeeded() {
    Assumptions.assumeTrue(Files.isReadable(Path.of("/proc/meminfo")), "no /proc here");
    Ran.of("bench", "--model", "resnet152", "--batch", "100000")
        .bad(Main.BAD_INPUT, "memory", "needs", "MiB", "smaller batch");
  }

  @Test
  void damagedWeightsAndRuns() throws IOException {
    Path broken = Files.writeString(folder.resolve("w.safetensors"), "not weights");
    Ran.of("eval", "--weights", broken, "--data", Ran.cifar(data))
        .bad(Main.BAD_INPUT, "w.safetensors");
    Ran.of("predict", "--weights", folder.resolve("none.safetensors"), "a.png")
        .bad(Main.BAD_INPUT, "none.safetensors");
    Ran.of("report", folder).bad(Main.BAD_INPUT, "config.json");
    Files.writeString(folder.resolve("config.json"), "{");
    Ran.of("report", folder).bad(Main.BAD_INPUT, "config.json", "not JSON");
    Files.writeString(folder.resolve("config.json"), "{}");
    Ran.of("report", folder).bad(Main.BAD_INPUT, "config.json");
    assertFalse(Files.exists(folder.resolve("report.html")));
  }

  @Test
  void fullDisk() throws Exception {
    Path mount = Files.createDirectories(folder.resolve("small"));
    Assumptions.assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=1536k", "tmpfs", mount.toString()) == 0,
        "a small file system cannot be mounted here");
    try {
      // Room for the first checkpoint, not for the weights beside it.
      out = mount.resolve("run");
      train().bad(Main.FAILED, "cannot be written", "No space left", "--resume");
      assertTrue(Files.isRegularFile(out.resolve("last.ckpt")), "the checkpoint is gone");
      try (Stream<Path> files = Files.list(out)) {
        assertTrue(
            files.noneMatch(file -> file.toString().endsWith(".part")), "half a file is left");
      }
      assertEquals(0, run("mount", "-o", "remount,size=64m", mount.toString()));
      train("--resume").good();
      assertTrue(Files.isRegularFile(out.resolve("result.json")));
    } finally {
      run("umount", mount.toString());
    }
  }

  private static int run(String... command) throws Exception {
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      return -1;
    }
  }
}
