package io.resnet4j.data;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** Real data, where this machine has it. */
final class TestData {
  private TestData() {}

  /** The folder of data set {@code name}; without it the test counts as skipped. */
  static Path require(String name) {
    String set = System.getenv("RESNET4J_DATA");
    Path root =
        set == null || set.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache", "resnet4j", "data")
            : Path.of(set);
    Path folder = root.resolve(name);
    Assumptions.assumeTrue(
        Files.isDirectory(folder),
        () -> folder + " is absent: the real " + name + " is not tested");
    return folder;
  }
}
