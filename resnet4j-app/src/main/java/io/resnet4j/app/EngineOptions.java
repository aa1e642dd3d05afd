package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backend;
import io.resnet4j.backend.Backends;
import io.resnet4j.plan.Precision;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of commands that let a backend be chosen: what computes, on how many threads. */
final class EngineOptions {
  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Option(
      names = "--backend",
      paramLabel = "B",
      defaultValue = Backends.DEFAULT,
      description = "onednn or reference (default: ${DEFAULT-VALUE}).")
  private String backend = Backends.DEFAULT;

  /** As {@link ThreadsOption#require}. */
  void requireThreads() {
    threads.require();
  }

  /** What the backend is called; there need not be one of that name. */
  String name() {
    return backend;
  }

  /**
   * The backend, which computes in {@code precision} on this machine.
   *
   * @throws InvalidInputException if there is none of that name, or it does not
   */
  Backend backend(Precision precision) {
    return Specs.backend(backend, precision);
  }
}
