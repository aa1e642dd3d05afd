package io.resnet4j.backend.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AvailableMemoryTest {
  @TempDir Path root;

  @AfterEach
  void clear() {
    System.clearProperty(AvailableMemory.LIMIT);
  }

  private void file(String path, String text) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private long least() {
    return new AvailableMemory(root).least();
  }

  @Test
  void theMachineSaysWhatIsAvailable() throws IOException {
    assertEquals(Long.MAX_VALUE, least());
    file("proc/meminfo", "MemTotal: 9000 kB\nMemAvailable:    7000 kB\n");
    assertEquals(7000 * 1024, least());
    file("proc/meminfo", "nonsense");
    assertEquals(Long.MAX_VALUE, least());
  }

  @Test
  void aControlGroupLimitsIt() throws IOException {
    file("proc/meminfo", "MemAvailable: 7000 kB\n");
    file("sys/fs/cgroup/memory.max", "max\n");
    file("sys/fs/cgroup/memory.current", "100\n");
    assertEquals(7000 * 1024, least());
    file("sys/fs/cgroup/memory.max", "5000\n");
    assertEquals(4900, least());
    // Files that were read are no reason to refuse.
    file("sys/fs/cgroup/memory.stat", "anon 30\ninactive_file 60\n");
    assertEquals(4960, least());
    file("sys/fs/cgroup/memory.current", "6000\n");
    assertEquals(0, least());
  }

  @Test
  void soDoesOneOfTheOldKind() throws IOException {
    file("sys/fs/cgroup/memory/memory.limit_in_bytes", "5000\n");
    file("sys/fs/cgroup/memory/memory.usage_in_bytes", "4000\n");
    assertEquals(1000, least());
    file("sys/fs/cgroup/memory/memory.stat", "total_inactive_file 500\n");
    assertEquals(1500, least());
  }

  @Test
  void thePropertyCapsIt() {
    System.setProperty(AvailableMemory.LIMIT, "3m");
    assertEquals(OptionalLong.of(3 << 20), AvailableMemory.bytes());
    System.setProperty(AvailableMemory.LIMIT, "17");
    assertEquals(OptionalLong.of(17), AvailableMemory.bytes());
    System.setProperty(AvailableMemory.LIMIT, "much");
    String message = assertThrows(InvalidInputException.class, AvailableMemory::bytes).getMessage();
    assertTrue(message.contains("'much'") && message.contains("800m"), message);
  }
}
