package io.resnet4j.app;

import io.resnet4j.CacheFolder;
import io.resnet4j.model.Model;
import io.resnet4j.model.ShippedWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Data sets and weights where they are looked for, and whether runs and downloads can be kept. */
final class DataChecks {
  /** Two checkpoints of a ResNet-152 and its weights. */
  private static final long LITTLE_ROOM = 2L << 30;

  private DataChecks() {}

  static List<Finding> all() {
    List<Finding> findings = new ArrayList<>();
    findings.add(data(folder()));
    findings.add(shipped());
    findings.add(
        kept(
            "cache",
            CacheFolder.usual(),
            "name another folder with " + CacheFolder.VARIABLE + " for downloads and choices"));
    findings.add(
        kept("runs", Path.of("runs").toAbsolutePath(), "give --out DIR elsewhere to every run"));
    return findings;
  }

  private static Path folder() {
    @Nullable String set = System.getenv("RESNET4J_DATA");
    return set == null || set.isBlank() ? CacheFolder.usual().resolve("data") : Path.of(set);
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
            "data",
            "none in " + folder,
            "fetch some ('download cifar10'), give --data any folder, or train on 'synthetic'")
        : Finding.ok("data", String.join(", ", names) + " in " + folder);
  }

  private static Finding shipped() {
    String names = String.join(", ", ShippedWeights.names());
    try {
      ShippedWeights.names().forEach(name -> Model.load(ShippedWeights.file(name)));
      return Finding.ok("weights", names + " come with resnet4j");
    } catch (RuntimeException e) {
      return Finding.broken(
          "weights",
          Failures.line(e),
          "those that come with resnet4j cannot be read: get or build it again");
    }
  }

  /** A folder that something is written to; it need not be there yet. */
  static Finding kept(String name, Path folder, String remedy) {
    Path there = folder.toAbsolutePath();
    while (!Files.exists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    try {
      // Permissions alone do not tell of file systems that are read-only or full.
      Files.delete(Files.createTempFile(there, ".resnet4j", ""));
      return room(name, folder, Files.getFileStore(there).getUsableSpace(), remedy);
    } catch (IOException e) {
      return Finding.note(name, folder + " cannot be written", remedy);
    }
  }

  static Finding room(String name, Path folder, long free, String remedy) {
    String value = folder + ", " + Text.mebibytes(free) + " free";
    return free < LITTLE_ROOM
        ? Finding.note(
            name, value, "large networks and data sets need more: free some, or " + remedy)
        : Finding.ok(name, value);
  }
}
