package io.resnet4j.app;

import java.util.List;
import picocli.CommandLine.Option;

/** What commands that read pictures one by one do about those that cannot be used. */
final class BadImageOption {
  private static final String NAME = "--on-bad-image";
  private static final String SKIP = "skip";
  private static final String FAIL = "fail";

  @Option(
      names = NAME,
      paramLabel = "skip|fail",
      defaultValue = SKIP,
      description =
          "Report pictures that cannot be used and go on, or end at the first (default:"
              + " ${DEFAULT-VALUE}).")
  private String chosen = SKIP;

  /** Whether to go on without them. */
  boolean skips() {
    return skips(chosen);
  }

  /** The same for a value of an option of this name whose default is another. */
  static boolean skips(String value) {
    return Choices.require(NAME, value, List.of(SKIP, FAIL)).equals(SKIP);
  }
}
