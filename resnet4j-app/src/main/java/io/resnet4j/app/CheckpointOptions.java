package io.resnet4j.app;

import io.resnet4j.train.Checkpointing;
import picocli.CommandLine.Option;

/** The options of commands that train and can be gone on with. */
final class CheckpointOptions {
  @Option(
      names = "--checkpoint-minutes",
      paramLabel = "N",
      defaultValue = "10",
      description =
          "Write a checkpoint every N minutes besides that of each epoch; 0 for those alone"
              + " (default: ${DEFAULT-VALUE}).")
  private double minutes;

  @Option(
      names = "--keep-checkpoints",
      paramLabel = "K",
      defaultValue = "2",
      description =
          "Checkpoints to keep; an older one is gone on from where the newest is damaged"
              + " (default: ${DEFAULT-VALUE}).")
  private int keep;

  @Option(
      names = "--allow-different-machine",
      description =
          "Resume with other threads, another oneDNN or instruction set: the run ends with other"
              + " bits.")
  private boolean anyMachine;

  Checkpointing read() {
    return new Checkpointing(minutes, keep, anyMachine);
  }
}
