package io.resnet4j.fetch;

import io.resnet4j.CacheFolder;
import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;

/** The cache's files, and words for what goes wrong with them. */
final class Disk {
  private static final String REMEDY =
      "; choose another cache with --cache or " + CacheFolder.VARIABLE;

  private Disk() {}

  /** The user's mistake if the place cannot be used, a failure of the machine otherwise. */
  static RuntimeException failed(Path path, String what, IOException e) {
    if (e instanceof AccessDeniedException) {
      return new InvalidInputException(path + ": may not be " + what + REMEDY, e);
    }
    String reason =
        e instanceof FileSystemException system && system.getReason() != null
            ? system.getReason()
            : String.valueOf(e.getMessage());
    return new UncheckedIOException(path + ": cannot be " + what + ": " + reason + REMEDY, e);
  }

  static Path folder(Path folder) {
    for (Path each = folder; each != null; each = each.getParent()) {
      if (Files.exists(each) && !Files.isDirectory(each)) {
        throw new InvalidInputException(folder + ": " + each + " is a file" + REMEDY);
      }
    }
    try {
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw failed(folder, "made a folder", e);
    }
  }

  /**
   * Fails before the disk is full.
   *
   * @throws UncheckedIOException if fewer than {@code bytes} are free
   */
  static void requireFree(Path folder, long bytes) {
    try {
      long free = Files.getFileStore(folder).getUsableSpace();
      if (free < bytes) {
        throw new UncheckedIOException(
            folder
                + ": "
                + Words.bytes(bytes)
                + " are needed, "
                + Words.bytes(free)
                + " are free; make room there or"
                + REMEDY.substring(1),
            new IOException("no space"));
      }
    } catch (IOException e) {
      throw failed(folder, "looked at", e);
    }
  }

  static String sha256(Path file) {
    MessageDigest digest = PartFile.sha256();
    byte[] chunk = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n; (n = in.read(chunk)) > 0; ) {
        digest.update(chunk, 0, n);
      }
    } catch (IOException e) {
      throw failed(file, "read", e);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw failed(file, "read", e);
    }
  }
}
