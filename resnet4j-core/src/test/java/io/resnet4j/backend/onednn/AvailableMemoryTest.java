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
  void aGroupOfItsOwnAndThoseAboveLimitItToo() throws IOException {
    file("proc/meminfo", "MemAvailable: 7000 kB\n");
    file("proc/self/cgroup", "0::/a/b\n");
    file("sys/fs/cgroup/a/memory.max", "5000\n");
    file("sys/fs/cgroup/a/memory.current", "1000\n");
    file("sys/fs/cgroup/a/memory.stat", "inactive_file 100\n");
    assertEquals(4100, least());
    file("sys/fs/cgroup/a/b/memory.max", "max\n");
    file("sys/fs/cgroup/a/b/memory.current", "900\n");
    assertEquals(4100, least());
    file("sys/fs/cgroup/a/b/memory.max", "2000\n");
    assertEquals(1100, least());
    file("sys/fs/cgroup/other/memory.max", "10\n");
    file("sys/fs/cgroup/other/memory.current", "0\n");
    assertEquals(1100, least());
  }

  @Test
  void soDoGroupsOfTheOldKind() throws IOException {
    file("proc/self/cgroup", "4:memory:/a/b\n1:name=systemd:/x\n0::/\n");
    file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    file("sys/fs/cgroup/memory/memory.usage_in_bytes", "4000\n");
    assertEquals(Long.MAX_VALUE, least());
    file("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "5000\n");
    file("sys/fs/cgroup/memory/a/memory.usage_in_bytes", "4000\n");
    file("sys/fs/cgroup/memory/a/memory.stat", "inactive_file 1\ntotal_inactive_file 500\n");
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
