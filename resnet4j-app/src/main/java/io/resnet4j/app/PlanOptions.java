package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.plan.MemoryMode;
import picocli.CommandLine.Option;

/** The options of commands that make plans of training steps. */
final class PlanOptions {
  private static final String AUTOTUNE = "--autotune";

  @Option(
      names = AUTOTUNE,
      paramLabel = "on|off",
      defaultValue = "on",
      description =
          "Choose implementations by measuring, once on each machine, or take oneDNN's own choice"
              + " (default: ${DEFAULT-VALUE}).")
  private String autotune = "on";

  @Option(
      names = "--memory",
      paramLabel = "MODE",
      defaultValue = "keep",
      description =
          "What a training step keeps for its gradients: keep, or lean to compute again what takes"
              + " little work: half the memory or less, about a third more time (default:"
              + " ${DEFAULT-VALUE}).")
  private String memory = "keep";

  /**
   * Whether implementations are chosen by measuring.
   *
   * @throws InvalidInputException if that is neither on nor off
   */
  boolean autotune() {
    return Choices.onOff(AUTOTUNE, autotune);
  }

  /**
   * What a training step keeps.
   *
   * @throws InvalidInputException if there is no such mode
   */
  MemoryMode memory() {
    return MemoryMode.named(memory);
  }
}
