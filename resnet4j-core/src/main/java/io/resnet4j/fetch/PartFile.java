package io.resnet4j.fetch;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.resnet4j.interop.AtomicFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * What has arrived of a file, in {@code NAME.part}, with its origin in {@code NAME.part.json} and
 * its SHA-256 so far. It outlives the process, so that a later one goes on where this one stopped.
 * Not a {@code FileChannel}: that would close when its thread is interrupted.
 */
final class PartFile implements AutoCloseable {
  private static final int CHUNK = 1 << 16;

  /**
   * Where the bytes are from.
   *
   * @param address where the file was asked for
   * @param validator of the version that they are of, if the server gave one
   * @param total bytes of the whole, -1 if unknown
   */
  record Origin(URI address, @Nullable String validator, long total) {}

  private final Path target;
  private final Path path;
  private final Path originPath;
  private final RandomAccessFile file;
  private final byte[] chunk = new byte[CHUNK];
  private MessageDigest digest = sha256();
  private Origin origin;
  private long length;

  private PartFile(Path target, RandomAccessFile file, Origin origin) {
    this.target = target;
    path = part(target);
    originPath = origin(target);
    this.file = file;
    this.origin = origin;
  }

  private static Path part(Path target) {
    return target.resolveSibling(target.getFileName() + ".part");
  }

  private static Path origin(Path target) {
    return target.resolveSibling(target.getFileName() + ".part.json");
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** What there is of {@code target} from {@code address}; nothing if it is from elsewhere. */
  static PartFile open(Path target, URI address) {
    Origin none = new Origin(address, null, -1);
    try {
      PartFile part = new PartFile(target, new RandomAccessFile(part(target).toFile(), "rw"), none);
      try {
        part.takeUp(address);
        return part;
      } catch (IOException | RuntimeException e) {
        part.file.close();
        throw e;
      }
    } catch (IOException e) {
      throw Disk.failed(part(target), "written", e);
    }
  }

  private void takeUp(URI address) throws IOException {
    @Nullable Origin known = knownOrigin();
    if (known == null || !known.address().equals(address)) {
      file.setLength(0);
      return;
    }
    origin = known;
    for (int n; (n = file.read(chunk)) > 0; ) {
      digest.update(chunk, 0, n);
      length += n;
    }
  }

  private @Nullable Origin knownOrigin() throws IOException {
    if (file.length() == 0 || !Files.isRegularFile(originPath)) {
      return null;
    }
    try {
      return Catalogue.JSON.readValue(Files.readString(originPath), Origin.class);
    } catch (IOException e) {
      return null; // Cut off while it was written: the bytes are of unknown origin.
    }
  }

  long length() {
    return length;
  }

  Origin origin() {
    return origin;
  }

  /** Drops what has arrived and begins again with bytes from {@code from}. */
  void restart(Origin from) {
    try {
      origin = from;
      length = 0;
      digest = sha256();
      file.setLength(0);
      String json = Catalogue.JSON.writeValueAsString(from);
      AtomicFile.write(originPath, json.getBytes(StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw Disk.failed(originPath, "written", e);
    }
  }

  void append(ByteBuffer bytes) {
    try {
      while (bytes.hasRemaining()) {
        int n = Math.min(chunk.length, bytes.remaining());
        bytes.get(chunk, 0, n);
        file.write(chunk, 0, n);
        digest.update(chunk, 0, n);
        length += n;
      }
    } catch (IOException e) {
      throw Disk.failed(path, "written after " + Words.bytes(length), e);
    }
  }

  /** The SHA-256 of all that has arrived; afterwards nothing more can be appended. */
  String digest() {
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Gives the file its final name. */
  void finish() {
    try {
      file.getFD().sync();
      file.close();
      AtomicFile.move(path, target);
      Files.deleteIfExists(originPath);
    } catch (IOException e) {
      throw Disk.failed(target, "written", e);
    }
  }

  /** Removes what has arrived. */
  void remove() {
    try {
      file.close();
      Files.deleteIfExists(path);
      Files.deleteIfExists(originPath);
    } catch (IOException e) {
      throw Disk.failed(path, "removed", e);
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw Disk.failed(path, "written", e);
    }
  }
}
