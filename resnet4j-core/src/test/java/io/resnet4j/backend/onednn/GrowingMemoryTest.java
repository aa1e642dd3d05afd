package io.resnet4j.backend.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class GrowingMemoryTest {
  private long most = Long.MAX_VALUE;

  private Memory allocate(long bytes) {
    if (bytes > most) {
      throw new OutOfMemoryError("more than " + most);
    }
    return new Memory(bytes);
  }

  @Test
  void isAsLargeAsBeforeOrEmptyWhereTheSystemRefuses() {
    try (GrowingMemory memory = new GrowingMemory(this::allocate)) {
      assertEquals(0, memory.bytes());
      memory.replace(64);
      assertEquals(64, memory.bytes());
      most = 100;
      assertThrows(OutOfMemoryError.class, () -> memory.replace(128));
      assertEquals(64, memory.bytes());
      memory.floats().put(15, 1);
      most = 10;
      assertThrows(OutOfMemoryError.class, () -> memory.replace(128));
      assertEquals(0, memory.bytes());
      assertEquals(0, memory.address());
      most = Long.MAX_VALUE;
      memory.replace(32);
      assertEquals(0, memory.floats().get(7));
    }
  }
}
