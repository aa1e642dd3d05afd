package io.resnet4j.train;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.HashSet;
import java.util.Set;

/**
 * What was said of a run while it trained: {@code warnings.jsonl} of its folder, a {@link Line}
 * each. A resumed run goes on with what its checkpoint knows of and says nothing twice.
 */
final class Warnings {
  static final String FILE = "warnings.jsonl";

  /** The kind of the line of a loss, gradient, weight or statistic that ended the run. */
  static final String NON_FINITE = "non_finite";

  private final RunFolder folder;
  private final Set<String> written = new HashSet<>();

  /**
   * A line.
   *
   * @param step steps done since the beginning of the run; for a step that failed, with it
   * @param epoch counted from 1
   * @param kind such as {@code spike}
   * @param message for people
   */
  @JsonPropertyOrder({"step", "epoch", "kind", "message"})
  record Line(long step, int epoch, String kind, String message) {}

  Warnings(RunFolder folder) {
    this.folder = folder;
  }

  /** Drops what a resumed run comes to again: what followed the checkpoint, and how it ended. */
  void goOnAfter(long done) {
    folder
        .trim(
            FILE,
            line ->
                line.path("step").asLong(Long.MAX_VALUE) <= done
                    && !line.path("kind").asText().equals(NON_FINITE))
        .forEach(line -> written.add(key(line.path("kind").asText(), line.path("step").asLong())));
  }

  private static String key(String kind, long step) {
    return kind + " " + step;
  }

  /** Adds a line, unless it stands there. */
  void add(Line line) {
    if (written.add(key(line.kind(), line.step()))) {
      folder.append(FILE, line);
    }
  }
}
