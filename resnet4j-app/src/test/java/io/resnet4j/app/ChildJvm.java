package io.resnet4j.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The application in a process of its own, which can be killed. */
final class ChildJvm {
  private static final int PATIENCE_MINUTES = 5;

  private ChildJvm() {}

  /** Starts it; standard error is to be read, standard output is dropped. */
  static Process start(List<String> arguments) throws IOException {
    return start(List.of(), arguments);
  }

  /**
   * @param through a command that runs what is appended to it
   */
  static Process start(List<String> through, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>(through);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName()));
    command.addAll(arguments);
    Process process =
        new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    // A child that never answers fails the test instead of holding up the build.
    CompletableFuture.delayedExecutor(PATIENCE_MINUTES, TimeUnit.MINUTES)
        .execute(process::destroyForcibly);
    return process;
  }
}
