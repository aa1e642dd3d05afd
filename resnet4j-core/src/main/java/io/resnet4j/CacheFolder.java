package io.resnet4j;

import java.nio.file.Path;
import java.util.Map;

/** The folder that keeps what can be had again: downloads, measured choices, shipped weights. */
public final class CacheFolder {
  /** The environment variable that names it. */
  public static final String VARIABLE = "RESNET4J_CACHE";

  private CacheFolder() {}

  /** {@code $RESNET4J_CACHE}, or {@code .cache/resnet4j} in the user's home; need not exist. */
  public static Path usual() {
    return of(System.getenv());
  }

  /** The same in another environment. */
  public static Path of(Map<String, String> environment) {
    String set = environment.getOrDefault(VARIABLE, "");
    return set.isBlank()
        ? Path.of(System.getProperty("user.home"), ".cache", "resnet4j")
        : Path.of(set);
  }
}
