package io.resnet4j.app;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What the JVM, and Linux under /proc, tell of this process and this machine. */
final class Machine {
  private Machine() {}

  /** The most memory that the process ever had resident; 0 where the system does not tell. */
  static long peakResidentBytes() {
    return entry(Path.of("/proc/self/status"), "VmHWM:")
        .map(text -> Long.parseLong(text.replaceAll("\\D", "")) * 1024)
        .orElse(0L);
  }

  /** How long ago the JVM was started. */
  static double secondsSinceStart() {
    long now = System.currentTimeMillis();
    return (now - ManagementFactory.getRuntimeMXBean().getStartTime()) * 1e-3;
  }

  /** What stands behind {@code key} in a file of keys and values. */
  static Optional<String> entry(Path file, String key) {
    try {
      return Files.readAllLines(file, StandardCharsets.ISO_8859_1).stream()
          .filter(line -> line.startsWith(key))
          .map(line -> line.substring(key.length()).replaceFirst("^[\\s:]+", "").strip())
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
