package io.resnet4j;

import org.jspecify.annotations.Nullable;

/** Which version of the library runs. */
public final class Version {
  private Version() {}

  /** Such as {@code 0.1.0}; {@code development} when run from class files. */
  public static String own() {
    @Nullable String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
