package io.resnet4j.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Data sets where they are looked for, and whether runs can be kept here. */
final class DataChecks {
  private DataChecks() {}

  static List<Finding> all() {
    List<Finding> findings = new ArrayList<>();
    findings.add(data(folder()));
    findings.add(runs(Path.of("").toAbsolutePath()));
    return findings;
  }

  private static Path folder() {
    @Nullable String set = System.getenv("RESNET4J_DATA");
    return set == null || set.isBlank()
        ? Path.of(System.getProperty("user.home"), ".cache", "resnet4j", "data")
        : Path.of(set);
  }

  static Finding data(Path folder) {
    List<String> names = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (Stream<Path> entries = Files.list(folder)) {
        entries
            .filter(Files::isDirectory)
            .map(entry -> entry.getFileName().toString())
            .sorted()
            .forEach(names::add);
      } catch (IOException e) {
        return Finding.note("data", folder + ": cannot be read", "change its permissions");
      }
    }
    return names.isEmpty()
        ? Finding.note(
            "data", "none in " + folder, "give --data any folder, or train on 'synthetic'")
        : Finding.ok("data", String.join(", ", names) + " in " + folder);
  }

  private static Finding runs(Path folder) {
    return Files.isWritable(folder)
        ? Finding.ok("runs", "are kept in " + folder.resolve("runs"))
        : Finding.note("runs", folder + " cannot be written", "give --out DIR to every run");
  }
}
