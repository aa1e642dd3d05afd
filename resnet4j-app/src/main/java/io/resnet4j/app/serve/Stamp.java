package io.resnet4j.app.serve;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * What tells one state of a file from another.
 *
 * @param key the system's number of the file, which a renamed one brings with it
 */
record Stamp(long size, long modifiedMillis, String key) {
  /** How long a file must not have changed to count as whole. */
  private static final long SETTLED_MILLIS = 2000;

  static Stamp of(Path file) {
    try {
      BasicFileAttributes is = Files.readAttributes(file, BasicFileAttributes.class);
      return new Stamp(is.size(), is.lastModifiedTime().toMillis(), String.valueOf(is.fileKey()));
    } catch (IOException e) {
      return new Stamp(-1, 0, "");
    }
  }

  /** Whether nobody has written to it lately; a date in the future does not count as lately. */
  boolean settled(long nowMillis) {
    long age = nowMillis - modifiedMillis;
    return age > SETTLED_MILLIS || age < -SETTLED_MILLIS;
  }
}
