package io.resnet4j.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What Linux's control groups allow a process, as containers and services limit it: those of
 * version 2, in one tree, and of version 1, in a tree for each controller. A group has at most what
 * the groups above it have. Where a container hides them, the tree begins at its own group.
 */
final class ControlGroups {
  private static final Path MOUNT = Path.of("/sys/fs/cgroup");
  private static final Path OWN = Path.of("/proc/self/cgroup");

  /** The one tree of version 2. */
  private static final String UNIFIED = "";

  /** Version 1 writes a number near 2^63 for no limit. */
  private static final long UNLIMITED = 1L << 60;

  private final Path mount;
  private final Map<String, String> groups = new HashMap<>();

  /**
   * Reads where a process belongs.
   *
   * @param own lines of a tree's number, its controllers and the group, between colons
   */
  ControlGroups(Path mount, String own) {
    this.mount = mount;
    for (String line : own.lines().toList()) {
      String[] parts = line.split(":", 3);
      if (parts.length == 3) {
        for (String controller : parts[1].split(",")) {
          groups.put(controller, parts[2]);
        }
      }
    }
  }

  /** Those of this process; without any where the system has none. */
  static ControlGroups own() {
    return new ControlGroups(MOUNT, text(OWN).orElse(""));
  }

  /** How many processors' time there is, where that is limited. */
  Optional<Double> processors() {
    Stream<String> unified = folders(UNIFIED).stream().flatMap(f -> text(f, "cpu.max"));
    Stream<String> single =
        folders("cpu").stream()
            .flatMap(
                f ->
                    text(f, "cpu.cfs_quota_us")
                        .flatMap(
                            quota -> text(f, "cpu.cfs_period_us").map(each -> quota + " " + each)));
    return Stream.concat(unified, single)
        .filter(text -> text.matches("\\d{1,18} [1-9]\\d{0,17}"))
        .map(text -> text.split(" "))
        .map(parts -> Double.parseDouble(parts[0]) / Double.parseDouble(parts[1]))
        .min(Double::compare);
  }

  /** The most bytes of memory, where they are limited. */
  Optional<Long> memory() {
    return Stream.concat(
            folders(UNIFIED).stream().flatMap(f -> text(f, "memory.max")),
            folders("memory").stream().flatMap(f -> text(f, "memory.limit_in_bytes")))
        .filter(text -> text.matches("\\d{1,19}"))
        .map(Long::parseUnsignedLong)
        .filter(bytes -> bytes >= 0 && bytes < UNLIMITED)
        .min(Long::compare);
  }

  /** The group of a controller and those above it. */
  private List<Path> folders(String controller) {
    Path root = controller.equals(UNIFIED) ? mount : mount.resolve(controller);
    List<Path> found = new ArrayList<>(List.of(root));
    Path group = root.resolve("." + groups.getOrDefault(controller, "/")).normalize();
    while (group.startsWith(root) && !group.equals(root)) {
      found.add(group);
      group = group.getParent();
    }
    return found;
  }

  private static Stream<String> text(Path folder, String name) {
    return text(folder.resolve(name)).stream();
  }

  private static Optional<String> text(Path file) {
    try {
      return Optional.of(Files.readString(file).strip());
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
