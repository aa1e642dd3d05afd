package io.resnet4j.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class AtomicFileTest {
  @TempDir private Path folder;

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
}
