package io.resnet4j.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class AtomicFileTest {
  private static final int THREADS = 8;
  private static final int WRITES = 8;

  @TempDir private Path folder;

  /** Of a length of their own, and nothing but their number. */
  private static byte[] bytesOf(int number) {
    byte[] bytes = new byte[100_000 + 10_000 * number];
    Arrays.fill(bytes, (byte) number);
    return bytes;
  }

  @Test
  void threadsThatWriteOneFileDoNotDisturbEachOther() throws Exception {
    Path file = folder.resolve("shared.bin");
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<?>> writers = new ArrayList<>();
      for (int number = 1; number <= THREADS; number++) {
        byte[] bytes = bytesOf(number);
        writers.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < WRITES; i++) {
                    AtomicFile.write(file, bytes);
                    byte[] read = Files.readAllBytes(file);
                    assertArrayEquals(bytesOf(read[0]), read);
                  }
                  return null;
                }));
      }
      for (Future<?> writer : writers) {
        writer.get();
      }
    } finally {
      threads.shutdownNow();
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }
  }

  /** As a disk does that is nearly full. */
  @Test
  void whatTakesLittleAtATimeGetsAllOfIt() throws Exception {
    ByteArrayOutputStream taken = new ByteArrayOutputStream();
    WritableByteChannel sparing =
        new WritableByteChannel() {
          @Override
          public int write(ByteBuffer bytes) {
            int some = Math.min(7, bytes.remaining());
            for (int i = 0; i < some; i++) {
              taken.write(bytes.get());
            }
            return some;
          }

          @Override
          public boolean isOpen() {
            return true;
          }

          @Override
          public void close() {}
        };
    byte[] bytes = "a text of more than seven bytes".getBytes(StandardCharsets.UTF_8);
    AtomicFile.writeAll(sparing, ByteBuffer.wrap(bytes));
    assertArrayEquals(bytes, taken.toByteArray());
    Path file = folder.resolve("a.txt");
    AtomicFile.write(file, bytes);
    assertArrayEquals(bytes, Files.readAllBytes(file));
  }

  /** A process of the same number may have been killed, or write in another container. */
  @Test
  void whatAnotherWriterLeftIsNotTouched() throws Exception {
    Path file = folder.resolve("a.bin");
    List<Path> asides = new ArrayList<>();
    AtomicFile.write(
        file,
        out -> {
          try (Stream<Path> files = Files.list(folder)) {
            files.forEach(asides::add);
          }
        });
    Path left = Files.write(asides.get(0), bytesOf(1));
    AtomicFile.write(file, bytesOf(2));
    assertArrayEquals(bytesOf(1), Files.readAllBytes(left));
    assertArrayEquals(bytesOf(2), Files.readAllBytes(file));
  }
}
