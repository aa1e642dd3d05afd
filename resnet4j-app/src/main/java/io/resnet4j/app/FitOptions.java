package io.resnet4j.app;

import io.resnet4j.model.Tolerance;
import java.util.EnumSet;
import java.util.Set;
import picocli.CommandLine.Option;

/** The options of commands that begin with weights which need not fit entirely. */
final class FitOptions {
  @Option(
      names = "--new-head",
      description = "Begin with a fresh head where the weights' is for other classes.")
  private boolean newHead;

  @Option(names = "--ignore-missing", description = "Leave fresh what the weights lack.")
  private boolean ignoreMissing;

  @Option(names = "--ignore-unexpected", description = "Leave out what the network lacks.")
  private boolean ignoreUnexpected;

  @Option(names = "--ignore-mismatched", description = "Leave fresh what has another shape.")
  private boolean ignoreMismatched;

  Set<Tolerance> allowed() {
    Set<Tolerance> allowed = EnumSet.noneOf(Tolerance.class);
    add(allowed, newHead, Tolerance.NEW_HEAD);
    add(allowed, ignoreMissing, Tolerance.MISSING);
    add(allowed, ignoreUnexpected, Tolerance.UNEXPECTED);
    add(allowed, ignoreMismatched, Tolerance.MISMATCHED);
    return allowed;
  }

  private static void add(Set<Tolerance> allowed, boolean asked, Tolerance tolerance) {
    if (asked) {
      allowed.add(tolerance);
    }
  }
}
