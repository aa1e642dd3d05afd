package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.random.KeyedRandom;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that are killed, or whose disk fills, end as those that are not. */
class KillTest {
  private static final int KILLS = 2;
  private static final int BASH_LIMIT_KIB = 150;

  @TempDir Path folder;

  private Path data = Path.of("");
  private Path model = Path.of("");

  @BeforeEach
  void prepare() throws IOException {
    data = TinyCifar.write(folder.resolve("data"), 20);
    model = Files.writeString(folder.resolve("small.json"), GuardsTest.SMALL);
  }

  private List<String> arguments(String out) {
    return new ArrayList<>(
        List.of(
            "train",
            "--model",
            model.toString(),
            "--data",
            Ran.cifar(data),
            "--batch",
            "8",
            "--precision",
            "f32",
            "--epochs",
            "2",
            "--workers",
            "3",
            "--autotune",
            "off",
            "--set",
            "mixup=0.2",
            "--set",
            "ema=0.9",
            "--checkpoint-minutes",
            "0.004",
            "--out",
            folder.resolve(out).toString()));
  }

  private static List<String> resumed(List<String> arguments) {
    List<String> again = new ArrayList<>(arguments);
    again.add("--resume");
    return again;
  }

  /** What it said, once it has ended. */
  private static List<String> heard(Process process) throws IOException, InterruptedException {
    List<String> said = new ArrayList<>();
    try (BufferedReader err = process.errorReader(StandardCharsets.UTF_8)) {
      String line;
      while ((line = err.readLine()) != null) {
        said.add(line);
      }
    }
    process.waitFor();
    return said;
  }

  private boolean begun(String out) throws IOException {
    Path run = folder.resolve(out);
    if (!Files.isDirectory(run)) {
      return false;
    }
    try (Stream<Path> files = Files.list(run)) {
      return files.findAny().isPresent();
    }
  }

  @Test
  void killedOrWithoutRoomAndResumedItEndsAsOneThatWasNot() throws Exception {
    Ran.of(arguments("whole").toArray()).good();
    KeyedRandom random = KeyedRandom.of(5, "kill");
    List<String> arguments = arguments("killed");
    for (int i = 0; i < KILLS; i++) {
      Process process = ChildJvm.start(begun("killed") ? resumed(arguments) : arguments);
      // Java's start is not worth a kill here.
      while (process.isAlive() && !begun("killed")) {
        Thread.sleep(10);
      }
      process.waitFor(random.nextInt(1500), TimeUnit.MILLISECONDS);
      process.destroyForcibly().waitFor();
    }
    arguments = resumed(arguments);
    fillTheDisk(arguments);
    Ran last = Ran.of(arguments.toArray()).good();
    // Other warnings may come: a busy machine keeps training waiting for pictures.
    assertFalse(last.err().contains("going on from the one before"), last.err());
    for (String file : List.of("last.safetensors", "best.safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(folder.resolve("whole").resolve(file)),
          Files.readAllBytes(folder.resolve("killed").resolve(file)),
          file);
    }
    try (Stream<Path> files = Files.list(folder.resolve("killed"))) {
      assertTrue(files.noneMatch(file -> file.toString().endsWith(".part")), "half a file is left");
    }
  }

  /** Goes on where no file may be as large as a checkpoint. */
  private static void fillTheDisk(List<String> arguments) throws Exception {
    Path bash = Path.of("/bin/bash");
    if (!Files.isExecutable(bash)) {
      return;
    }
    List<String> limited =
        List.of(bash.toString(), "-c", "ulimit -f " + BASH_LIMIT_KIB + "; exec \"$@\"", "bash");
    Process process = ChildJvm.start(limited, arguments);
    List<String> said = heard(process);
    assertEquals(Main.FAILED, process.exitValue(), said.toString());
    String error = said.get(said.size() - 1);
    assertTrue(error.startsWith("error: "), said.toString());
    assertTrue(error.contains("cannot be written"), error);
    assertTrue(error.contains("--resume"), error);
  }
}
