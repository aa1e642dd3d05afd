package io.resnet4j.backend.onednn;

import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How much memory the process may still take, as far as the system tells. */
final class AvailableMemory {
  /** A system property that caps it: a number of bytes, or of KiB, MiB, GiB with k, m, g. */
  static final String LIMIT = "resnet4j.memory";

  private static final Pattern SIZE = Pattern.compile("([0-9]{1,12})([kmgKMG]?)");

  private final Path root;

  /**
   * What the files below {@code root} say.
   *
   * @param root of the file system, {@code /} but in tests
   */
  AvailableMemory(Path root) {
    this.root = root;
  }

  /**
   * Bytes: the least of what the machine and the control group have left and of {@link #LIMIT};
   * empty if unknown.
   */
  static OptionalLong bytes() {
    long least = Math.min(new AvailableMemory(Path.of("/")).least(), limit());
    return least == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(least);
  }

  private static long limit() {
    String text = System.getProperty(LIMIT);
    if (text == null) {
      return Long.MAX_VALUE;
    }
    Matcher size = SIZE.matcher(text.strip());
    if (!size.matches()) {
      throw new InvalidInputException(
          "system property " + LIMIT + ": '" + text + "' is no size; expected such as 800m or 4g");
    }
    int shift = 10 * ("kmg".indexOf(size.group(2).toLowerCase(Locale.ROOT)) + 1);
    return Long.parseLong(size.group(1)) << (size.group(2).isEmpty() ? 0 : shift);
  }

  /** {@link Long#MAX_VALUE} where nothing is said. */
  long least() {
    long unified = group("sys/fs/cgroup", "memory.max", "memory.current", "inactive_file");
    long legacy =
        group(
            "sys/fs/cgroup/memory",
            "memory.limit_in_bytes",
            "memory.usage_in_bytes",
            "total_inactive_file");
    return Math.min(machine(), Math.min(unified, legacy));
  }

  private long machine() {
    long kibibytes = field(root.resolve("proc/meminfo"), "MemAvailable:");
    return kibibytes < 0 ? Long.MAX_VALUE : kibibytes * 1024;
  }

  /** What files were read into counts as used, but is given up when memory is wanted. */
  private long group(String folder, String limitFile, String usedFile, String reclaimable) {
    Path group = root.resolve(folder);
    try {
      String limit = Files.readString(group.resolve(limitFile)).strip();
      long used = Long.parseLong(Files.readString(group.resolve(usedFile)).strip());
      long cached = Math.max(0, field(group.resolve("memory.stat"), reclaimable));
      return limit.equals("max")
          ? Long.MAX_VALUE
          : Math.max(0, Long.parseLong(limit) - Math.max(0, used - cached));
    } catch (IOException | NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }

  /** The number behind a word at the beginning of a line; -1 if there is none. */
  private static long field(Path file, String word) {
    try {
      for (String line : Files.readAllLines(file)) {
        String[] words = line.strip().split("\\s+");
        if (words.length > 1 && words[0].equals(word)) {
          return Long.parseLong(words[1]);
        }
      }
    } catch (IOException | NumberFormatException e) {
      // Not Linux, or files of another form: unknown.
    }
    return -1;
  }
}
