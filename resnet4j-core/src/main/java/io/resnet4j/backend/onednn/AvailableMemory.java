package io.resnet4j.backend.onednn;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** How much memory the process may still take, as far as the system tells. */
final class AvailableMemory {
  private AvailableMemory() {}

  /** Bytes: the lesser of what the machine and the control group have left; empty if unknown. */
  static OptionalLong bytes() {
    long machine = machine();
    long group = controlGroup();
    long least = Math.min(machine, group);
    return least == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(least);
  }

  private static long machine() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
        if (line.startsWith("MemAvailable:")) {
          return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
        }
      }
    } catch (IOException | NumberFormatException e) {
      // Not Linux, or a /proc of another form: unknown.
    }
    return Long.MAX_VALUE;
  }

  private static long controlGroup() {
    try {
      String limit = Files.readString(Path.of("/sys/fs/cgroup/memory.max")).trim();
      String used = Files.readString(Path.of("/sys/fs/cgroup/memory.current")).trim();
      return limit.equals("max")
          ? Long.MAX_VALUE
          : Math.max(0, Long.parseLong(limit) - Long.parseLong(used));
    } catch (IOException | NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }
}
