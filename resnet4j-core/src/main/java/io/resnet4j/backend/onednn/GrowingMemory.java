package io.resnet4j.backend.onednn;

import java.nio.FloatBuffer;
import java.util.Optional;
import java.util.function.LongFunction;

/**
 * Memory that grows and loses its content as it does. The old is given back before the new is
 * taken, so that never both are held.
 */
final class GrowingMemory implements AutoCloseable {
  private final LongFunction<Memory> allocator;
  private Optional<Memory> memory = Optional.empty();

  GrowingMemory(LongFunction<Memory> allocator) {
    this.allocator = allocator;
  }

  /** 0 where it holds none. */
  long bytes() {
    return memory.map(Memory::bytes).orElse(0L);
  }

  /** Where it lies until it grows; 0 where it holds none. */
  long address() {
    return memory.map(Memory::address).orElse(0L);
  }

  FloatBuffer floats() {
    return memory.orElseThrow().floats();
  }

  /**
   * Takes so many bytes in place of those that it holds.
   *
   * @throws OutOfMemoryError if the system refuses; it holds as many as before then, elsewhere, or
   *     none if the system refuses those too
   */
  void replace(long bytes) {
    long before = bytes();
    close();
    try {
      memory = Optional.of(allocator.apply(bytes));
    } catch (OutOfMemoryError e) {
      if (before > 0) {
        takeAgain(before, e);
      }
      throw e;
    }
  }

  private void takeAgain(long bytes, OutOfMemoryError refusal) {
    try {
      memory = Optional.of(allocator.apply(bytes));
    } catch (OutOfMemoryError e) {
      refusal.addSuppressed(e);
    }
  }

  @Override
  public void close() {
    memory.ifPresent(Memory::close);
    memory = Optional.empty();
  }
}
