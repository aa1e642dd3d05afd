package io.resnet4j.app;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The entry point of {@code ./resnet4j}. */
@Command(
    name = "resnet4j",
    description = "Residual networks on the JVM.",
    mixinStandardHelpOptions = true,
    version = "resnet4j 0.1.0-SNAPSHOT")
public final class Main {
  private Main() {}

  /** Runs the command line and ends the process with its exit status. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Main()).execute(arguments));
  }
}
