package io.resnet4j.fetch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives, sound and hostile. */
class TarGzTest {
  private static final byte[] TEXT = "data".getBytes(StandardCharsets.UTF_8);

  @TempDir Path folder;
  private Path archive;
  private Path into;

  @BeforeEach
  void name() throws IOException {
    archive = folder.resolve("set.tar.gz");
    into = Files.createDirectories(folder.resolve("a/into"));
  }

  /** What fills an archive. */
  interface Content {
    void write(TarArchiveOutputStream tar) throws IOException;
  }

  static void write(Path archive, Content content) throws IOException {
    try (OutputStream out = Files.newOutputStream(archive);
        TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(out))) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      content.write(tar);
    }
  }

  static void file(TarArchiveOutputStream tar, String name, byte[] bytes) throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name, true);
    entry.setSize(bytes.length);
    tar.putArchiveEntry(entry);
    tar.write(bytes);
    tar.closeArchiveEntry();
  }

  private static void special(TarArchiveOutputStream tar, String name, byte kind, String to)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name, kind);
    entry.setLinkName(to);
    tar.putArchiveEntry(entry);
    tar.closeArchiveEntry();
  }

  private String refusal(long mostBytes) throws IOException {
    String message =
        assertThrows(InvalidInputException.class, () -> TarGz.unpack(archive, into, mostBytes))
            .getMessage();
    assertTrue(message.startsWith(archive.toString()), message);
    try (Stream<Path> all = Files.walk(folder)) {
      List<Path> outside =
          all.filter(path -> !path.startsWith(into) && !Files.isDirectory(path)).toList();
      assertEquals(List.of(archive), outside, "nothing is written elsewhere");
    }
    return message;
  }

  @Test
  void filesAndFoldersAreUnpacked() throws IOException {
    String longName = "set/" + "n".repeat(150) + ".bin";
    write(
        archive,
        tar -> {
          special(tar, "set/", TarConstants.LF_DIR, "");
          file(tar, "set/one.bin", TEXT);
          file(tar, longName, TEXT);
        });
    TarGz.unpack(archive, into, 8);
    assertArrayEquals(TEXT, Files.readAllBytes(into.resolve("set/one.bin")));
    assertArrayEquals(TEXT, Files.readAllBytes(into.resolve(longName)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../evil", "set/../../evil", "/tmp/resnet4j-evil", "..", "a\\..\\evil", "C:evil"})
  void pathsThatLeadOutAreRefused(String name) throws IOException {
    write(archive, tar -> file(tar, name, TEXT));
    assertTrue(refusal(100).contains("leads out of the folder"));
    assertFalse(Files.exists(Path.of("/tmp/resnet4j-evil")));
  }

  @Test
  void linksAndDevicesAreRefused() throws IOException {
    for (byte kind :
        new byte[] {
          TarConstants.LF_SYMLINK, TarConstants.LF_LINK, TarConstants.LF_CHR, TarConstants.LF_FIFO
        }) {
      write(archive, tar -> special(tar, "link", kind, "/etc/passwd"));
      assertTrue(refusal(100).contains("no plain file"), "kind " + kind);
    }
  }

  @Test
  void aFileCannotComeTwice() throws IOException {
    write(
        archive,
        tar -> {
          file(tar, "one", TEXT);
          file(tar, "./one", TEXT);
        });
    assertTrue(refusal(100).contains("twice"));
  }

  @Test
  void bombsAreRefused() throws IOException {
    byte[] zeros = new byte[4 << 20];
    write(archive, tar -> file(tar, "bomb", zeros));
    assertTrue(Files.size(archive) < 10_000, "small as it is packed");
    assertTrue(refusal(1000).contains("of " + zeros.length + " bytes"));
    write(
        archive,
        tar -> {
          for (int i = 0; i < 10; i++) {
            file(tar, "part" + i, new byte[1 << 20]);
          }
        });
    assertTrue(refusal(2 << 20).contains("when unpacked"));
    write(
        archive,
        tar -> {
          for (int i = 0; i < 1001; i++) {
            file(tar, "f" + i, new byte[0]);
          }
        });
    assertTrue(refusal(1000).contains("more than 1000 entries"));
  }

  @Test
  void damagedArchivesAreTold() throws IOException {
    write(archive, tar -> file(tar, "one", new byte[100_000]));
    byte[] good = Files.readAllBytes(archive);
    Files.write(archive, java.util.Arrays.copyOf(good, good.length / 2));
    assertTrue(refusal(200_000).contains("not a sound .tar.gz"));
    Files.write(archive, TEXT);
    assertTrue(refusal(200_000).contains("not a sound .tar.gz"));
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(archive))) {
      out.write(new byte[] {1, 2, 3});
    }
    assertTrue(refusal(200_000).contains("set.tar.gz"));
  }
}
