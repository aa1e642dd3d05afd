package io.resnet4j.backend.onednn;

import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/** One allocation outside the Java heap, outside JavaCPP's accounting and garbage collection. */
final class Memory implements AutoCloseable {
  /** Every region starts at a multiple of this many bytes: a cache line and an AVX-512 register. */
  static final long ALIGNMENT = 64;

  private final Pointer allocation;
  private final long address;
  private final long bytes;
  private @Nullable FloatBuffer floats;
  private boolean closed;

  /**
   * Zeroed memory.
   *
   * @throws OutOfMemoryError if the system refuses
   */
  Memory(long bytes) {
    this.bytes = bytes;
    allocation = Pointer.calloc(1, bytes + ALIGNMENT);
    if (allocation == null || allocation.isNull()) {
      throw new OutOfMemoryError("could not allocate " + bytes + " bytes of native memory");
    }
    address = (allocation.address() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  long address() {
    return address;
  }

  long bytes() {
    return bytes;
  }

  /** All of it as floats; at most 2 GiB. The view is made once. */
  FloatBuffer floats() {
    if (floats == null) {
      floats = floats(address, bytes / Float.BYTES);
    }
    return floats;
  }

  static Pointer pointer(long address) {
    return new Address(address);
  }

  /** A view of {@code count} floats; at most 2 GiB. */
  static FloatBuffer floats(long address, long count) {
    if (count * Float.BYTES > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(count + " floats pass the 2 GiB of a view");
    }
    BytePointer bytes = new BytePointer(pointer(address));
    return bytes
        .capacity(count * Float.BYTES)
        .asByteBuffer()
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Pointer.free(allocation);
    }
  }

  /** A bare address as JavaCPP's pointer type. */
  private static final class Address extends Pointer {
    Address(long address) {
      super((Pointer) null);
      this.address = address;
    }
  }
}
