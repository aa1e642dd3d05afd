package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InterruptionTest {
  @TempDir Path folder;

  @Test
  void workThatBeginsAfterTheInterruptionIsEndedAtOnce() throws InterruptedException {
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
    CountDownLatch first = new CountDownLatch(1);
    AtomicBoolean second = new AtomicBoolean();
    Thread shutdown;
    try (Interruption interruption =
        Interruption.handled(new Console(nowhere, nowhere, false), "stopping")) {
      interruption.stopBy(first::countDown);
      shutdown = new Thread(interruption::interrupted);
      shutdown.start();
      first.await();
      interruption.stopBy(() -> second.set(true));
      assertTrue(second.get());
      assertTrue(shutdown.isAlive(), "it waits for the end of the work");
    }
    shutdown.join();
  }

  /** It needs a process of its own. */
  @Test
  void ctrlCLeavesACheckpointToGoOnFrom() throws IOException, InterruptedException {
    Path kill = Path.of("/bin/kill");
    Assumptions.assumeTrue(Files.isExecutable(kill), "no /bin/kill to send a signal with");
    Path data = TinyCifar.write(folder.resolve("data"), 20);
    Path out = folder.resolve("run");
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "--model",
                "resnet20",
                "--data",
                Ran.cifar(data),
                "--batch",
                "10",
                "--precision",
                "f32",
                "--epochs",
                "100000",
                "--out",
                out.toString()));
    Process process = ChildJvm.start(arguments);
    List<String> said = new ArrayList<>();
    try (BufferedReader err = process.errorReader()) {
      String line;
      while ((line = err.readLine()) != null) {
        said.add(line);
        if (line.startsWith("epoch 1/")) {
          String pid = Long.toString(process.pid());
          assertEquals(0, new ProcessBuilder(kill.toString(), "-INT", pid).start().waitFor());
        }
      }
    } finally {
      process.destroyForcibly();
    }
    assertEquals(Main.INTERRUPTED, process.waitFor(), said.toString());
    assertTrue(said.stream().anyMatch(line -> line.contains("checkpoint")), said.toString());
    assertFalse(said.stream().anyMatch(line -> line.startsWith("error")), said.toString());
    assertTrue(Files.isRegularFile(out.resolve("last.ckpt")));
    assertFalse(Files.exists(out.resolve("result.json")), "the run has not ended");
    RunFiles run = RunFiles.read(out);
    assertTrue(run.metrics().size() >= 1);
    // The same run in another length is another run.
    arguments.set(arguments.indexOf("100000"), "2");
    arguments.add("--resume");
    Ran.of(arguments.toArray()).bad(Main.BAD_INPUT, "begun otherwise");
  }
}
