package io.resnet4j.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlGroupsTest {
  @TempDir Path root;

  private void limit(String file, String text) throws IOException {
    write("sys/fs/cgroup/" + file, text);
  }

  private void write(String file, String text) throws IOException {
    Path to = root.resolve(file);
    Files.createDirectories(to.getParent());
    Files.writeString(to, text + "\n");
  }

  private ControlGroups groups(String own) throws IOException {
    write("proc/self/cgroup", own);
    return ControlGroups.below(root);
  }

  @Test
  void theTightestOfNestedGroupsHolds() throws IOException {
    limit("cpu.max", "max 100000");
    limit("a.slice/cpu.max", "400000 100000");
    limit("a.slice/b.service/cpu.max", "max 100000");
    limit("a.slice/memory.max", "max");
    limit("a.slice/b.service/memory.max", "1073741824");
    limit("other/cpu.max", "1 100000");
    ControlGroups nested = groups("0::/a.slice/b.service");
    assertEquals(Optional.of(4.0), nested.processors());
    assertEquals(Optional.of(1L << 30), nested.memory());
    ControlGroups above = groups("0::/");
    assertEquals(Optional.empty(), above.processors());
    assertEquals(Optional.empty(), above.memory());
    // In a container's own tree the group can lie outside of what is to be seen.
    assertEquals(Optional.empty(), groups("0::/../../other").processors());
    assertEquals(Optional.empty(), ControlGroups.below(root.resolve("x")).memory());
  }

  @Test
  void groupsOfVersionOneAreReadToo() throws IOException {
    limit("cpu/docker/1/cpu.cfs_quota_us", "150000");
    limit("cpu/docker/1/cpu.cfs_period_us", "100000");
    limit("cpu/cpu.cfs_quota_us", "-1");
    limit("cpu/cpu.cfs_period_us", "100000");
    limit("memory/memory.limit_in_bytes", "9223372036854771712");
    String own = "5:memory:/docker/1\n4:cpu,cpuacct:/docker/1\n1:name=systemd:/x\nodd";
    ControlGroups groups = groups(own);
    assertEquals(Optional.of(1.5), groups.processors());
    assertEquals(Optional.empty(), groups.memory());
    limit("memory/docker/1/memory.limit_in_bytes", "536870912");
    assertEquals(Optional.of(1L << 29), groups.memory());
  }

  @Test
  void whatIsLeftIsUnknownWhereTheUseIs() throws IOException {
    limit("memory.max", "5000");
    ControlGroups groups = groups("0::/");
    assertEquals(Optional.of(5000L), groups.memory());
    assertEquals(Optional.empty(), groups.memoryLeft());
    limit("memory.current", "7000");
    assertEquals(Optional.of(0L), groups.memoryLeft());
    limit("memory.stat", "inactive_file 6000\nactive_file 9");
    assertEquals(Optional.of(4000L), groups.memoryLeft());
  }
}
