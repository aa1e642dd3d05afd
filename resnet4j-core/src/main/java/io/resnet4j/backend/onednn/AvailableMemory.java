package io.resnet4j.backend.onednn;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.ControlGroups;
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
   * Bytes: the least of what the machine and the control groups have left and of {@link #LIMIT};
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
    long left = ControlGroups.below(root).memoryLeft().orElse(Long.MAX_VALUE);
    return Math.min(machine(), left);
  }

  private long machine() {
    try {
      for (String line : Files.readAllLines(root.resolve("proc/meminfo"))) {
        String[] words = line.strip().split("\\s+");
        if (words.length > 1 && words[0].equals("MemAvailable:")) {
          return Long.parseLong(words[1]) * 1024;
        }
      }
    } catch (IOException | NumberFormatException e) {
      // Not Linux, or a file of another form: unknown.
    }
    return Long.MAX_VALUE;
  }
}
