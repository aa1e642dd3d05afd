package io.resnet4j.fetch;

import io.resnet4j.InvalidInputException;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.apache.commons.compress.archivers.ArchiveException;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Unpacks {@code .tar.gz} archives of plain files and folders. Anything else in one (links,
 * devices, sparse files), a path that leads out of the folder, a second file of one name, and more
 * bytes or entries than the caller expects, refuse the whole archive.
 */
final class TarGz {
  /** Headers, padding and folders; also what one long name may take. */
  private static final long OVERHEAD = 1 << 20;

  private static final int MOST_ENTRIES = 1000;

  private TarGz() {}

  /**
   * Unpacks {@code archive} into the existing {@code folder}.
   *
   * @param mostBytes that all files together may have
   * @throws InvalidInputException if the archive is damaged or refused; some files may be there
   */
  static void unpack(Path archive, Path folder, long mostBytes) {
    try (InputStream raw = Files.newInputStream(archive);
        InputStream plain =
            new Limited(new GZIPInputStream(raw, 1 << 16), archive, mostBytes + OVERHEAD);
        TarArchiveInputStream tar = new TarArchiveInputStream(plain)) {
      int entries = 0;
      for (TarArchiveEntry entry; (entry = tar.getNextEntry()) != null; ) {
        if (++entries > MOST_ENTRIES) {
          throw refused(archive, "more than " + MOST_ENTRIES + " entries");
        }
        unpack(archive, tar, entry, folder, mostBytes);
      }
      if (entries == 0) {
        throw refused(archive, "nothing");
      }
    } catch (ZipException | EOFException | ArchiveException e) {
      throw new InvalidInputException(
          archive + ": not a sound .tar.gz (" + e.getMessage() + "); remove and fetch it again", e);
    } catch (IllegalArgumentException e) {
      throw e instanceof InvalidInputException
          ? e
          : new InvalidInputException(
              archive + ": not a sound .tar.gz (" + e.getMessage() + ")", e);
    } catch (IOException e) {
      throw Disk.failed(folder, "unpacked into", e);
    }
  }

  private static void unpack(
      Path archive, TarArchiveInputStream tar, TarArchiveEntry entry, Path folder, long mostBytes)
      throws IOException {
    Path target = inside(archive, folder, entry.getName());
    if (entry.isDirectory()) {
      Files.createDirectories(target);
      return;
    }
    if (!isPlain(entry)) {
      throw refused(archive, "'" + entry.getName() + "', which is no plain file");
    }
    if (entry.getSize() > mostBytes) {
      throw refused(archive, "'" + entry.getName() + "' of " + entry.getSize() + " bytes");
    }
    Files.createDirectories(target.getParent());
    // Not CREATE_NEW's exception: that would be taken for a file in the way of the cache.
    if (Files.exists(target)) {
      throw refused(archive, "'" + entry.getName() + "' twice");
    }
    try (OutputStream out = Files.newOutputStream(target)) {
      tar.transferTo(out);
    }
  }

  /** By the flag: the library's own {@code isFile} takes devices for files. */
  private static boolean isPlain(TarArchiveEntry entry) {
    byte flag = entry.getLinkFlag();
    return (flag == TarConstants.LF_NORMAL || flag == TarConstants.LF_OLDNORM) && !entry.isSparse();
  }

  private static Path inside(Path archive, Path folder, String name) {
    try {
      Path relative = Path.of(name);
      Path target = folder.resolve(relative).normalize();
      boolean climbs = false;
      for (Path part : relative) {
        climbs |= part.toString().equals("..");
      }
      // The backslash and the colon mean something to Windows only, and nobody needs them here.
      if (!relative.isAbsolute()
          && !climbs
          && target.startsWith(folder.normalize())
          && !name.contains("\\")
          && !name.contains(":")) {
        return target;
      }
    } catch (InvalidPathException e) {
      // Told below.
    }
    throw refused(archive, "'" + name + "', which leads out of the folder");
  }

  private static InvalidInputException refused(Path archive, String what) {
    return new InvalidInputException(
        archive + ": holds " + what + "; refused, this is not the archive that was expected");
  }

  /** Ends an archive that unfolds to more than was expected. */
  private static final class Limited extends FilterInputStream {
    private final Path archive;
    private final long most;
    private long left;

    Limited(InputStream in, Path archive, long most) {
      super(in);
      this.archive = archive;
      this.most = most;
      left = most;
    }

    @Override
    public int read() throws IOException {
      int value = in.read();
      count(value < 0 ? 0 : 1);
      return value;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      int n = in.read(to, offset, length);
      count(Math.max(0, n));
      return n;
    }

    @Override
    public long skip(long n) throws IOException {
      long skipped = in.skip(n);
      count(skipped);
      return skipped;
    }

    @Override
    public boolean markSupported() {
      return false;
    }

    private void count(long n) {
      left -= n;
      if (left < 0) {
        throw refused(archive, "more than " + most + " bytes when unpacked");
      }
    }
  }
}
