package io.resnet4j.backend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The processor that computes. */
public final class Processor {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  private Processor() {}

  /**
   * Its name as the system gives it; where it gives none, the system's own and the architecture.
   */
  public static String name() {
    String unknown = System.getProperty("os.name") + " " + System.getProperty("os.arch");
    if (Files.isReadable(CPU_INFO)) {
      try (Stream<String> lines = Files.lines(CPU_INFO, StandardCharsets.ISO_8859_1)) {
        return name(lines.toList()).orElse(unknown);
      } catch (IOException | UncheckedIOException e) {
        return unknown;
      }
    }
    String identifier = System.getenv("PROCESSOR_IDENTIFIER");
    return identifier == null ? unknown : identifier;
  }

  /** Of lines of /proc/cpuinfo; ARM's kernels give numbers of the maker and the part. */
  static Optional<String> name(List<String> lines) {
    return value(lines, "model name")
        .or(
            () ->
                value(lines, "CPU implementer")
                    .flatMap(
                        maker ->
                            value(lines, "CPU part").map(part -> "ARM " + maker + " " + part)));
  }

  private static Optional<String> value(List<String> lines, String key) {
    return lines.stream()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(line.indexOf(':') + 1).trim())
        .findFirst();
  }
}
