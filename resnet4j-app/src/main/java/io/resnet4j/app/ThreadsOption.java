package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option of commands that compute: on how many threads. */
final class ThreadsOption {
  @Option(names = "--threads", paramLabel = "N", description = "Threads that compute.")
  private @Nullable Integer threads;

  /**
   * Refuses a number of threads that this process cannot give.
   *
   * @throws InvalidInputException if it is not the one that the process was started with
   */
  void require() {
    Threads.require(threads);
  }
}
