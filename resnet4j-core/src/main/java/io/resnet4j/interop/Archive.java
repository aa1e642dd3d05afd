package io.resnet4j.interop;

import io.resnet4j.InvalidInputException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * A zip archive from outside, read by the name of an entry; nothing is ever unpacked to the disk.
 * All that is read of it together takes at most {@value #MOST_GROWTH} times the archive's size, so
 * that neither compression nor entries over the same bytes can fill the memory.
 */
final class Archive implements AutoCloseable {
  private static final int MOST_GROWTH = 8;
  private static final long SMALL = 1 << 16;

  private final String where;
  private final ZipFile zip;
  private final long fileBytes;
  private final Map<String, ZipEntry> entries = new HashMap<>();
  private long budget;

  private Archive(String where, ZipFile zip, long fileBytes) {
    this.where = where;
    this.zip = zip;
    this.fileBytes = fileBytes;
    this.budget = MOST_GROWTH * fileBytes + SMALL;
  }

  /** What is done with an open archive. */
  @FunctionalInterface
  interface Reader<T> {
    /** Reads what is wanted. */
    T read(Archive archive) throws IOException;
  }

  /**
   * Opens, reads and closes the archive.
   *
   * @throws InvalidInputException if it is damaged
   * @throws IOException if reading fails
   */
  static <T> T read(Path file, Reader<T> reader) throws IOException {
    try (Archive archive =
        new Archive(file.toString(), new ZipFile(file.toFile()), Files.size(file))) {
      archive.list();
      return reader.read(archive);
    } catch (ZipException | EOFException e) {
      throw new InvalidInputException(
          file
              + ": not a valid zip archive, or cut short ("
              + Excerpt.of(String.valueOf(e.getMessage()))
              + "); fetch or save it again",
          e);
    }
  }

  private void list() {
    for (ZipEntry entry : directory()) {
      String name = entry.getName();
      if (name.startsWith("/") || name.contains("\\") || ("/" + name + "/").contains("/../")) {
        throw error("entry '" + Excerpt.of(name) + "' lies outside the archive");
      }
      if (entries.put(name, entry) != null) {
        throw error("two entries are called '" + Excerpt.of(name) + "'");
      }
    }
  }

  private List<? extends ZipEntry> directory() {
    try {
      return zip.stream().toList();
    } catch (IllegalArgumentException e) {
      // The JDK's answer to names and comments that are not UTF-8.
      throw new InvalidInputException(
          where + ": not a valid zip archive: its directory is damaged; fetch or save it again", e);
    }
  }

  /** Whether there is an entry of this name. */
  boolean holds(String name) {
    return entries.containsKey(name);
  }

  /**
   * The folder with the one entry called {@code folder/name}, without the slash.
   *
   * @throws InvalidInputException if there is none, or more than one
   */
  String folderOf(String name) {
    String found = null;
    for (String entry : entries.keySet()) {
      if (entry.endsWith("/" + name) && entry.indexOf('/') == entry.length() - name.length() - 1) {
        if (found != null) {
          throw error("more than one folder holds a " + name);
        }
        found = entry.substring(0, entry.indexOf('/'));
      }
    }
    if (found == null) {
      throw error(
          "a zip archive without "
              + name
              + "; expected what torch.save writes: save the weights with"
              + " torch.save(model.state_dict(), ...)");
    }
    return found;
  }

  /** Bytes of an entry as its directory tells them; -1 where it is missing. */
  long size(String name) {
    ZipEntry entry = entries.get(name);
    return entry == null ? -1 : entry.getSize();
  }

  /**
   * The content of an entry that is there.
   *
   * @param most bytes that it may have
   * @throws InvalidInputException if it has more, or is damaged
   */
  byte[] bytes(String name, int most) throws IOException {
    ZipEntry entry = entries.get(name);
    long size = entry.getSize();
    boolean stored = entry.getMethod() == ZipEntry.STORED;
    if (size < 0
        || size > most
        || stored && (size > fileBytes || size != entry.getCompressedSize())) {
      throw error(
          "entry '"
              + Excerpt.of(name)
              + "' says it has "
              + size
              + " bytes; expected at most "
              + most);
    }
    charge(size);
    byte[] content = new byte[(int) size];
    CRC32 sum = new CRC32();
    try (InputStream in = zip.getInputStream(entry)) {
      if (in == null || in.readNBytes(content, 0, content.length) < size || in.read() >= 0) {
        throw error("entry '" + Excerpt.of(name) + "' has not the " + size + " bytes it says");
      }
    }
    sum.update(content);
    if (sum.getValue() != entry.getCrc()) {
      throw error(
          String.format(
              "entry '%s' is damaged: its checksum is %08x, expected %08x; fetch or save it again",
              Excerpt.of(name), sum.getValue(), entry.getCrc()));
    }
    return content;
  }

  /**
   * Counts memory that is about to be taken for what is in the archive.
   *
   * @throws InvalidInputException if that is more than any honest archive of its size needs
   */
  void charge(long bytes) {
    budget -= bytes;
    if (budget < 0) {
      throw error("unpacks to more than " + MOST_GROWTH + " times its size; refused as a zip bomb");
    }
  }

  private InvalidInputException error(String what) {
    return new InvalidInputException(where + ": " + what);
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
