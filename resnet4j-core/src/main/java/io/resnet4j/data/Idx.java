package io.resnet4j.data;

import io.resnet4j.InvalidInputException;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * One idx file of unsigned bytes, plain or gzip: two zero bytes, the type 0x08, the number of
 * dimensions, each dimension as a big-endian 32-bit integer, then the bytes, last dimension
 * fastest.
 */
final class Idx {
  /** Deflate cannot do better than 1032:1, so a larger claim is a lie and not worth an array. */
  private static final long BEST_COMPRESSION = 1032;

  private final int[] dimensions;
  private final byte[] bytes;

  private Idx(int[] dimensions, byte[] bytes) {
    this.dimensions = dimensions;
    this.bytes = bytes;
  }

  int dimension(int i) {
    return dimensions[i];
  }

  /** The file's contents; the array belongs to the caller. */
  byte[] bytes() {
    return bytes;
  }

  /**
   * Reads {@code file}, which must have {@code rank} dimensions.
   *
   * @throws InvalidInputException if it is not such a file, is truncated, too long or corrupt
   */
  static Idx read(Path file, int rank) {
    long length = DataFiles.requireFile(file, "expected an idx file");
    boolean gzip = file.getFileName().toString().endsWith(".gz");
    try (InputStream raw = Files.newInputStream(file);
        DataInputStream in =
            new DataInputStream(
                gzip ? new GZIPInputStream(raw, 1 << 16) : new BufferedInputStream(raw))) {
      return read(in, file, rank, gzip ? length * BEST_COMPRESSION : length, gzip);
    } catch (EOFException e) {
      throw new InvalidInputException(
          file + ": truncated; expected a whole idx file; download it again", e);
    } catch (ZipException e) {
      throw new InvalidInputException(
          file + ": not a sound gzip file (" + e.getMessage() + "); download it again", e);
    } catch (IOException e) {
      throw DataFiles.unreadable(file, e);
    }
  }

  private static Idx read(DataInputStream in, Path file, int rank, long mostBytes, boolean gzip)
      throws IOException {
    int magic = in.readInt();
    int expected = 0x800 + rank;
    if (magic != expected) {
      throw new InvalidInputException(
          String.format(
              "%s: begins with 0x%08x, expected 0x%08x (idx, unsigned bytes, %d dimension%s)%s",
              file, magic, expected, rank, rank == 1 ? "" : "s", hint(magic)));
    }
    int[] dimensions = new int[rank];
    long size = 1;
    for (int i = 0; i < rank; i++) {
      dimensions[i] = in.readInt();
      if (dimensions[i] < 1) {
        throw new InvalidInputException(
            file + ": dimension " + i + " is " + dimensions[i] + ", expected at least 1");
      }
      size = Math.min(size * dimensions[i], Long.MAX_VALUE >> 32);
    }
    String claim =
        file + ": its header claims " + Arrays.toString(dimensions) + " = " + size + " bytes";
    if (size > MemoryDataset.LARGEST_ARRAY) {
      throw new InvalidInputException(claim + ", expected less than 2 GiB");
    }
    if (size > mostBytes) {
      throw new InvalidInputException(
          claim + ", more than the file can hold: truncated or corrupt; download it again");
    }
    byte[] bytes = new byte[(int) size];
    int got = in.readNBytes(bytes, 0, bytes.length);
    if (got < size) {
      throw new InvalidInputException(
          claim + ", but it ends after " + got + ": truncated; download it again");
    }
    // Reading past the end also makes the gzip reader compare its checksum.
    if (in.read() >= 0) {
      throw new InvalidInputException(
          claim
              + ", but there are more"
              + (gzip ? " after decompression" : "")
              + "; this is not the file its header describes; download it again");
    }
    return new Idx(dimensions, bytes);
  }

  private static String hint(int magic) {
    if (magic >>> 16 == 0x1f8b) {
      return "; it is compressed: name it with .gz at the end";
    }
    if (magic >>> 8 == 0x8) {
      return "; images and labels may be swapped";
    }
    return "; download it again";
  }
}
