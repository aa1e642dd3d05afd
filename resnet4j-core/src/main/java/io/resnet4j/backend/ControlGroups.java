package io.resnet4j.backend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/**
 * What Linux's control groups allow a process, as containers and services limit it: those of
 * version 2, in one tree, and of version 1, in a tree for each controller. A group has at most what
 * the groups above it have. Where a container hides them, the tree begins at its own group.
 */
public final class ControlGroups {
  /** The one tree of version 2. */
  private static final String UNIFIED = "";

  /** Version 1 writes a number near 2^63 for no limit. */
  private static final long UNLIMITED = 1L << 60;

  private static final List<MemoryFiles> MEMORY =
      List.of(
          new MemoryFiles(UNIFIED, "memory.max", "memory.current", "inactive_file"),
          new MemoryFiles(
              "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"));

  private final Path mount;
  private final Map<String, String> groups = new HashMap<>();

  /**
   * Where a version tells of a group's memory.
   *
   * @param controller whose tree it is
   * @param limit file of the most that it may use
   * @param used file of what it uses, with all groups below it
   * @param cached word in {@code memory.stat} before what was read from files and lies idle
   */
  private record MemoryFiles(String controller, String limit, String used, String cached) {}

  /** Reads lines of a tree's number, its controllers and the group, between colons. */
  private ControlGroups(Path root) {
    mount = root.resolve("sys/fs/cgroup");
    String own = text(root.resolve("proc/self/cgroup")).orElse("");
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
  public static ControlGroups own() {
    return below(Path.of("/"));
  }

  /**
   * The same by the files of another place.
   *
   * @param root of the file system, {@code /} but in tests
   */
  public static ControlGroups below(Path root) {
    return new ControlGroups(root);
  }

  /** How many processors' time there is, where that is limited. */
  public Optional<Double> processors() {
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
  public Optional<Long> memory() {
    return least(ControlGroups::limit);
  }

  /**
   * Bytes of memory that may still be taken, where they are limited. What files were read into
   * counts as used, but is given up when memory is wanted.
   */
  public Optional<Long> memoryLeft() {
    return least(ControlGroups::left);
  }

  private Optional<Long> least(BiFunction<Path, MemoryFiles, Stream<Long>> bytes) {
    return MEMORY.stream()
        .flatMap(files -> folders(files.controller()).stream().flatMap(f -> bytes.apply(f, files)))
        .min(Long::compare);
  }

  private static Stream<Long> limit(Path folder, MemoryFiles files) {
    return text(folder, files.limit())
        .flatMap(ControlGroups::number)
        .filter(bytes -> bytes < UNLIMITED);
  }

  private static Stream<Long> left(Path folder, MemoryFiles files) {
    return limit(folder, files)
        .flatMap(
            most ->
                text(folder, files.used())
                    .flatMap(ControlGroups::number)
                    .map(used -> Math.max(0, used - cached(folder, files)))
                    .map(used -> Math.max(0, most - used)));
  }

  private static long cached(Path folder, MemoryFiles files) {
    String before = files.cached() + " ";
    return text(folder, "memory.stat")
        .flatMap(String::lines)
        .filter(line -> line.startsWith(before))
        .flatMap(line -> number(line.substring(before.length())))
        .findFirst()
        .orElse(0L);
  }

  private static Stream<Long> number(String text) {
    return Stream.of(text)
        .filter(digits -> digits.matches("\\d{1,19}"))
        .map(Long::parseUnsignedLong)
        .filter(bytes -> bytes >= 0);
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
